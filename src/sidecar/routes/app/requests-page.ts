/**
 * The page of a person's own requests in one app: the same list for every tab and session of theirs, by the store alone. No
 * script and nothing to press; what is decided is decided on the operators' origin.
 */
import type { ApprovalState } from "../../../contract/approval.ts";
import type { CallArguments } from "../../../contract/arguments.ts";
import { describeCall } from "../../approvals/words.ts";
import { escapeHtml, pageAnswer } from "../../html-page.ts";
import type { Identity } from "../../identity/identity.ts";
import type { Answer } from "../../lifecycle.ts";
import type { AppSnapshot } from "../../snapshot.ts";
import type { ApprovalRecord, Store } from "../../store/store.ts";

const listed = 50;

const says: Readonly<Record<ApprovalState, string>> = {
  pending: "waits for approval",
  approved: "approved, about to run",
  executing: "running",
  executed: "done",
  failed: "failed: nothing was done",
  unknown: "it may have been done: ask before you repeat it",
  denied: "denied",
  expired: "expired undecided",
  cancelled: "cancelled",
  stale: "not run: the rules changed meanwhile",
};

/** Control and direction-changing characters are written out: what is shown is what is there. */
function shown(text: string): string {
  const visible = text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return escapeHtml(visible);
}

function wordsOf(record: ApprovalRecord, app: AppSnapshot): string {
  const target = app.operations.get(record.operation);
  if (target === undefined || target.digest !== record.operationDigest) return record.summary;
  const args = (record.call?.arguments as CallArguments | undefined) ?? null;
  return describeCall(target.operation, target.statements, args);
}

function itemOf(record: ApprovalRecord, app: AppSnapshot): string {
  const { state, detached, votes, createdAt } = record;
  const waits = detached && /^(?:pending|approved)$/.test(state);
  const note = waits ? `${says[state]}; its page gave up, ask again to run it` : says[state];
  const reason = votes.find(({ decision }) => decision === "deny")?.reason ?? null;
  const why = reason === null ? "" : `: ${reason}`;
  const time = createdAt.replace("T", " ").slice(0, 16);
  return `<li><article><strong>${shown(wordsOf(record, app))}</strong><br>${shown(`${note}${why}`)}<br>
<small>asked ${shown(time)} UTC</small></article></li>`;
}

/** The page for somebody who is signed in to the app. */
export async function requestsPage(
  store: Store,
  app: AppSnapshot,
  { subject, issuer }: Identity,
): Promise<Answer> {
  const requester = { subject, issuer };
  const records = await store.approvals({ requester, app: app.name, limit: listed });
  const items = records.map((record) => itemOf(record, app)).join("");
  const list = items === "" ? "<p>You have asked for nothing that waits.</p>" : `<ul>${items}</ul>`;
  return pageAnswer(
    "My requests",
    `<h1>My requests</h1><p class="quiet">${shown(subject)} in ${shown(app.name)}</p>${list}`,
  );
}
