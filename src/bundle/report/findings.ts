/** Findings: what people are told, with place and next step. No message holds a secret. */
import type { Finding, Site } from "../../contract/build.ts";
import { operationId } from "../../contract/operation-id.ts";
import type { Operation } from "../../contract/operation.ts";
import type { Bundle } from "../files/bundle.ts";
import { fileOffset } from "../files/script-place.ts";
import { isUtf8 } from "../files/read-bundle.ts";
import type { Program } from "../modules/program.ts";
import { ambiguousPairs } from "../operations/ambiguity.ts";
import type { CredentialDraft } from "../operations/credentials.ts";
import type { FindingDraft, OpenRule, SiteDraft } from "../recognizers/recognizer.ts";
import { missingScripts } from "./missing-scripts.ts";
import type { Places } from "./places.ts";

interface Found {
  readonly numbered: readonly { site: Site; draft: SiteDraft }[];
  /** Credentials that no site sends. */
  readonly loose: readonly CredentialDraft[];
  readonly operations: readonly Operation[];
  readonly places: Places;
}

function placed({
  file,
  line,
  column,
  source,
}: Pick<Site, "file" | "line" | "column" | "source">): Pick<
  Finding,
  "file" | "line" | "column" | "source"
> {
  return { file, line, column, ...(source === undefined ? {} : { source }) };
}

const callNames: Readonly<Record<string, string>> = {
  fetch: "fetch call",
  xhr: "XMLHttpRequest",
  beacon: "sendBeacon call",
  websocket: "WebSocket",
  eventsource: "EventSource",
  neon: "SQL call",
  indirect: "indirect call",
  forms: "form",
  loads: "load",
  axios: "axios call",
  ky: "ky call",
  ofetch: "ofetch call",
  "fetch-event-source": "fetchEventSource call",
};

/** What is told of an open site, and what to do. */
const openTexts: Readonly<
  Record<OpenRule, (name: string, reason: string) => readonly [string, string]>
> = {
  "unresolved-call": (name, reason) => [
    `What this ${name} sends cannot be told: ${reason}.`,
    "Give it a literal address or text, or register the operation by hand under apps.<app>.operations.",
  ],
  bypass: (_name, reason) => [
    `This can reach the network past the boundary: ${reason}.`,
    "Take it out of the app, or send its data by fetch.",
  ],
  "external-script": (_name, reason) => [
    `Code that nobody reviewed is loaded here: ${reason}.`,
    "Serve the script with the app: the governed page loads no other.",
  ],
  "interactive-transaction": (_name, reason) => [
    `A transaction that goes on by its own results cannot be approved as one call: ${reason}.`,
    "Read before the transaction, or put it into a function of the database.",
  ],
};

function unresolved({ site, draft }: Found["numbered"][number]): Finding {
  const name = callNames[site.recognizer] ?? "call";
  const count = site.operations.length;
  const rest =
    count === 0
      ? ""
      : ` ${count === 1 ? "1 operation of it is" : `${count} operations of it are`} known.`;
  const rule = draft.rule ?? "unresolved-call";
  const [message, fix] = openTexts[rule](name, site.reason ?? "it is computed at run time");
  return { rule, severity: "error", ...placed(site), message: `${message}${rest}`, fix };
}

function drafted(finding: FindingDraft, places: Places): Finding {
  return {
    rule: finding.rule,
    severity: finding.rule === "public-key" ? "note" : "error",
    ...placed(places.of(finding.at)),
    message: finding.message,
    ...(finding.fix === undefined ? {} : { fix: finding.fix }),
    ...(finding.operation === undefined ? {} : { operation: operationId(finding.operation) }),
  };
}

function ambiguous(found: Found): Finding[] {
  return ambiguousPairs(found.operations).flatMap(([one, other]) => {
    const owner = found.numbered.find(({ site }) => site.operations.includes(one.id));
    if (owner === undefined) return [];
    return [
      {
        rule: "ambiguous-operation" as const,
        severity: "error" as const,
        ...placed(owner.site),
        message: `One request can be both ${one.method} ${one.path} and ${other.method} ${other.path}: neither is more specific, so it would be refused.`,
        fix: "Give the two paths different literal segments.",
        operation: one.id,
      },
    ];
  });
}

/** Everything that inspect reports, but for files that cannot be read. */
export function findingsOf(found: Found): Finding[] {
  const { numbered, loose, places } = found;
  const seen = new Set<string>();
  const drafts = [
    ...numbered.flatMap(({ draft }) => draft.findings ?? []),
    ...loose.flatMap(({ finding }) => finding ?? []),
  ].map((finding) => drafted(finding, places));
  const once = drafts.filter((finding) => {
    const key = `${finding.rule} ${finding.file} ${finding.line} ${finding.column}`;
    return seen.has(key) ? false : Boolean(seen.add(key));
  });
  const open = numbered.filter(({ site }) => site.status === "open").map(unresolved);
  return [...open, ...once, ...ambiguous(found)];
}

/** A parser's words, which may show a character that cannot be seen, as a sentence. */
function sentence(reason: string): string {
  const shown = reason.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return `U+${code.padStart(4, "0")}`;
  });
  return `${shown.replace(/[.\s]+$/, "")}.`;
}

/** Files that are left out: not opened, not UTF-8, not parsed, or not there. */
export function unreadableFindings(bundle: Bundle, program: Program, places: Places): Finding[] {
  const fix = "What is in it is not seen: leave it out of the bundle, or mend it.";
  const base = { rule: "unreadable-file", severity: "error", fix } as const;
  const unparsed = program.unparsed.map(({ script, reason, offset }): Finding => {
    const place = places.at(script.file, fileOffset(script, offset));
    const message = `${script.file} cannot be parsed: ${sentence(reason)}`;
    return { ...base, ...placed(place), message };
  });
  const whole = (file: string, reason: string): Finding => {
    return { ...base, file, line: 1, column: 0, message: `${file} ${reason}.` };
  };
  const garbled = [...bundle.files.values()]
    .filter((file) => (file.kind === "script" || file.kind === "html") && !isUtf8(file))
    .map((file) => whole(file.path, "is not UTF-8 text"));
  const unread = (bundle.unread ?? []).map(({ path, reason }) => whole(path, reason));
  const missing = missingScripts(bundle, program).map(({ path, importer }) =>
    whole(path, `is not in the bundle, and ${importer} imports it`),
  );
  return [...unparsed, ...garbled, ...unread, ...missing];
}
