/** How approvals read in a terminal. Nothing of a call is shortened in `show`: it is what people decide on. */
import type {
  ApprovalDetail,
  ApprovalPreview,
  ApprovalState,
  ApprovalView,
  Said,
  Vote,
} from "../contract/approval.ts";
import { canonicalJson, type JsonValue } from "../contract/canonical-json.ts";
import type { Look } from "./output.ts";
import { renderTable, type Cell } from "./table.ts";
import { counted, padEnd, visibleText } from "./text.ts";
import { ago, listTime, roughDuration } from "./time.ts";

const idLength = 8;

const stateColors = {
  pending: "yellow",
  approved: "cyan",
  executing: "cyan",
  executed: "green",
  failed: "red",
  unknown: "red",
  denied: "red",
  expired: "gray",
  cancelled: "gray",
  stale: "gray",
} as const satisfies Record<ApprovalState, string>;

function paintState(state: ApprovalState, look: Look): (text: string) => string {
  return (text) => look.paint[stateColors[state]](text);
}

function timeLeft(approval: ApprovalView, now: Date): string {
  if (approval.state !== "pending") return "";
  return roughDuration(Date.parse(approval.expiresAt) - now.getTime());
}

/** The shortest beginnings of at least eight characters that tell the ids apart. */
function shortIds(ids: readonly string[]): ReadonlyMap<string, string> {
  const short = new Map<string, string>();
  for (const id of ids) {
    let length = idLength;
    const twin = (other: string): boolean =>
      other !== id && other.slice(0, length) === id.slice(0, length);
    while (length < id.length && ids.some(twin)) length += 1;
    short.set(id, id.slice(0, length));
  }
  return short;
}

/** A table of approvals, or the sentence that there are none. */
export function renderApprovals(
  approvals: readonly ApprovalView[],
  state: string,
  look: Look,
  now: Date,
): string {
  if (approvals.length === 0) {
    return state === "all" ? "No approvals yet." : `No ${state} approvals.`;
  }
  const short = shortIds(approvals.map((approval) => approval.id));
  const rows = approvals.map((approval): Cell[] => [
    { text: short.get(approval.id) ?? approval.id, paint: (text) => look.paint.bold(text) },
    { text: approval.state, paint: paintState(approval.state, look) },
    approval.requester.subject,
    `${approval.app}/${approval.operation}`,
    canonicalJson(approval.arguments),
    ago(approval.createdAt, now),
    timeLeft(approval, now),
  ]);
  return renderTable(
    [
      { head: "ID", min: 8 },
      { head: "STATE", min: 9 },
      { head: "WHO", min: 4 },
      { head: "OPERATION", min: 16 },
      { head: "ARGUMENTS", min: 16 },
      { head: "ASKED", min: 7 },
      { head: "EXPIRES", min: 4 },
    ],
    rows,
    look,
  );
}

function approversText(approval: ApprovalView): string {
  if (approval.approvers === null)
    return "nobody: no rule matches, it can only be cancelled or expire";
  const { all, any } = approval.approvers;
  const groups =
    all === undefined ? `any of ${(any ?? []).join(", ")}` : `a member of ${all.join(" and of ")}`;
  return `${counted(approval.quorum, "vote")} by ${groups}`;
}

function voteText(vote: Vote): string {
  const ticket = vote.ticket === null ? "" : ` under ${vote.ticket}`;
  const reason = vote.reason === null ? "" : `: ${vote.reason}`;
  return `${vote.decision} by ${vote.subject} (${vote.groups.join(", ")}) at ${listTime(vote.time)}${ticket}${reason}`;
}

/** What the rule that holds it asks for beside votes. */
function demandText({ demand }: ApprovalDetail): string {
  const reason = demand.justification ? ["a reason"] : [];
  const ticket = demand.ticket === null ? [] : [`a ticket that fits ${demand.ticket}`];
  return [...reason, ...ticket].map((one) => `, and ${one}`).join("");
}

function ruleRows({ rule }: ApprovalView): (readonly [string, readonly string[]])[] {
  if (rule === null) return [];
  return [["rule", [`${rule.name} (${rule.place})`, ...rule.text.split("\n")]]];
}

function saidText({ subject, time, note }: Said): string {
  return `${subject} at ${listTime(time)}: ${note}`;
}

/** A release by one person alone, and what a person found out about a doubtful write. */
function lateRows({ release, resolution }: ApprovalView): (readonly [string, readonly string[]])[] {
  const review = release?.review ?? null;
  return [
    ...(release === null
      ? []
      : [
          ["released", [`alone by ${saidText(release)} (${release.rule})`]] as const,
          [
            "review",
            [
              review === null
                ? `open: by ${release.reviewers.join(" or ")}`
                : `by ${saidText(review)}`,
            ],
          ] as const,
        ]),
    ...(resolution === null
      ? []
      : [
          [
            "found",
            [`${resolution.ran ? "it ran" : "it did not run"}, by ${saidText(resolution)}`],
          ] as const,
        ]),
  ];
}

function argumentLines(value: JsonValue): string[] {
  if (value === null) return ["removed: the approval is finished"];
  return JSON.stringify(value, undefined, 2).split("\n");
}

function outcomeRows(approval: ApprovalView): (readonly [string, readonly string[]])[] {
  return [
    ...(approval.decidedAt === null ? [] : [["decided", [listTime(approval.decidedAt)]] as const]),
    ...(approval.finishedAt === null
      ? []
      : [["finished", [listTime(approval.finishedAt)]] as const]),
    ...(approval.resultStatus === null
      ? []
      : [["result", [`HTTP ${approval.resultStatus}`]] as const]),
    ...(approval.detached ? [["page", ["gave up: it runs only if asked for again"]] as const] : []),
    ...(approval.identical.length > 0 ? [["identical", approval.identical] as const] : []),
  ];
}

function statementRows({
  statements,
  summary,
}: ApprovalDetail): (readonly [string, readonly string[]])[] {
  if (statements.length === 0) return [["call", summary.split("\n")]];
  return statements.map((text) => ["statement", text.split("\n")] as const);
}

/** What became of calls of the same operation. */
function likeRows({ like }: ApprovalDetail): (readonly [string, readonly string[]])[] {
  const { approved, denied, other, latest } = like;
  if (latest.length === 0) return [["before", ["nothing like it was decided"]]];
  const counts = `${approved} approved, ${denied} denied, ${other} otherwise`;
  const lines = latest.map(({ state, requester, time, identical, reason }) => {
    const same = identical ? ", identical" : "";
    return `${listTime(time)} ${state} (${requester}${same})${reason === null ? "" : `: ${reason}`}`;
  });
  return [["before", [counts, ...lines]]];
}

const previewLimits =
  "Rolled back again. Not shown: what triggers do elsewhere, sequences, and what others change until it runs.";

/** What a held statement would change. */
export function renderPreview({ rows, more, reason }: ApprovalPreview, look: Look): string {
  if (rows === null) return `No preview: ${visibleText(reason ?? "")}`;
  const blocks = rows.map(({ before, after }) =>
    Object.keys({ ...before, ...after })
      .map((name) => {
        const [old, now] = [before?.[name], after?.[name]];
        if (before !== null && after !== null && old === now) return `  ${name}: ${old ?? "NULL"}`;
        const was = before === null ? "" : look.paint.red(`- ${old ?? "NULL"}`);
        const is = after === null ? "" : look.paint.green(`+ ${now ?? "NULL"}`);
        return `  ${name}: ${[was, is].filter((part) => part !== "").join("  ")}`;
      })
      .map(visibleText)
      .join("\n"),
  );
  const count = `${rows.length}${more ? " and more" : ""} ${rows.length === 1 ? "row" : "rows"}`;
  return [`Would change ${count}:`, ...blocks, look.paint.dim(previewLimits)].join("\n\n");
}

/** Everything about one approval, with every character of its arguments visible. */
export function renderApproval(approval: ApprovalDetail, look: Look, now: Date): string {
  const { requester, words, places } = approval;
  const rows: (readonly [string, readonly string[]])[] = [
    ["id", [approval.id]],
    ["state", [approval.state]],
    ...(words === null ? [] : [["does", [words]] as const]),
    ["operation", [`${approval.app}/${approval.operation}`]],
    ...(places.length === 0
      ? []
      : [["asked in", places.map(({ screen, at }) => `${screen} (${at})`)] as const]),
    ...statementRows(approval),
    ["arguments", argumentLines(approval.arguments)],
    ["digest", [approval.argumentsDigest]],
    ["asked by", [`${requester.subject} (${requester.groups.join(", ")}; ${requester.issuer})`]],
    ["asked", [`${listTime(approval.createdAt)} (${ago(approval.createdAt, now)})`]],
    ["expires", [listTime(approval.expiresAt)]],
    ["resource", [approval.resource]],
    ["needs", [`${approversText(approval)}${demandText(approval)}`]],
    ...ruleRows(approval),
    ["votes", approval.votes.length === 0 ? ["none"] : approval.votes.map(voteText)],
    ...outcomeRows(approval),
    ...likeRows(approval),
    ...lateRows(approval),
    ["correlation", [approval.correlation]],
  ];
  const label = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows
    .flatMap(([name, lines]) =>
      lines.map((line, index) => {
        const text = visibleText(line);
        const shown = name === "state" ? paintState(approval.state, look)(text) : text;
        return look.paint.dim(padEnd(index === 0 ? name : "", label)) + shown;
      }),
    )
    .join("\n");
}

/** One line about what happened to an approval. */
export function renderEvent(approval: ApprovalView, look: Look): string {
  const { id, state, requester, app, operation, createdAt, finishedAt, decidedAt } = approval;
  const time = listTime(finishedAt ?? decidedAt ?? createdAt);
  const args = approval.arguments === null ? "" : ` ${canonicalJson(approval.arguments)}`;
  const text = `${requester.subject} ${app}/${operation}${args}`;
  const painted = paintState(state, look)(padEnd(state, 9));
  return `${look.paint.dim(time)} ${look.paint.bold(id)} ${painted} ${visibleText(text)}`;
}
