/** The operator origin's page: who is signed in, and what waits for a decision. Plain forms; no script. */
import { paths } from "../../../contract/wire.ts";
import type { ApprovalView } from "../../../contract/approval.ts";
import { escapeHtml, pageAnswer } from "../../html-page.ts";
import type { Identity } from "../../identity/identity.ts";
import type { Answer } from "../../lifecycle.ts";

/** Makes control and direction-changing characters visible: what is shown is what is there. Line ends stay. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) =>
    char === "\n" ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

const shown = (text: string): string => escapeHtml(visible(text));

function card(approval: ApprovalView): string {
  const id = encodeURIComponent(approval.id);
  const twins = approval.identical.length;
  const note = twins === 0 ? "" : `<p class="quiet">${twins} identical pending</p>`;
  return `<li><article><strong>${shown(approval.app)}</strong> <small>asked by ${shown(approval.requester.subject)} · ${shown(approval.createdAt)}</small>
<pre>${shown(approval.summary)}</pre><pre>${shown(JSON.stringify(approval.arguments, null, 2))}</pre>${note}
<form class="row" method="post" action="/decide/${id}"><button name="decision" value="approve">Approve</button><button name="decision" value="deny">Deny</button></form></article></li>`;
}

/** The page for somebody who is signed in. */
export function landingPage(
  identity: Identity,
  pending: readonly ApprovalView[],
  told: string | undefined,
): Answer {
  const list =
    pending.length === 0
      ? "<p>Nothing waits for a decision.</p>"
      : `<ul>${pending.map(card).join("")}</ul>`;
  const note = told === undefined ? "" : `<p role="status">${shown(told)}</p>`;
  return pageAnswer(
    "Approvals",
    `<h1>Approvals</h1><p class="quiet">Signed in as ${shown(identity.subject)} (${shown(identity.groups.join(", "))}) · <a href="/audit">Audit trail</a></p>
${note}${list}<form method="post" action="${paths.logout}"><p><button>Sign out</button></p></form>`,
  );
}
