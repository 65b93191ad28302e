/** The pages around signing in and out. */
import { escapeHtml, pageAnswer } from "../../html-page.ts";
import type { Answer, Refusal } from "../../lifecycle.ts";
import { paths } from "../../../contract/wire.ts";
import { errorCodes } from "../../../errors/codes.ts";
import { headers } from "../../../contract/wire.ts";

const link = (href: string, text: string): string =>
  `<p><a class="button" href="${escapeHtml(href)}">${escapeHtml(text)}</a></p>`;

const signInAgain = (text: string): string => link(`${paths.login}?return=%2F`, text);

export function signedOutPage(title: string): Answer {
  return pageAnswer(
    "Signed out",
    `<h1>You are signed out</h1>
<p class="quiet">Your session with ${escapeHtml(title)} has ended.</p>${signInAgain("Sign in again")}`,
  );
}

/** Sends the browser on to the provider. A redirect in answer to a form would be stopped by the page's own policy. */
export function leavingPage(title: string, url: string): Answer {
  const answer = pageAnswer(
    "Signing out",
    `<h1>Signing out</h1><p class="quiet">Your session with ${escapeHtml(title)} has ended. Now signing out at your identity provider.</p>
${link(url, "Continue")}`,
  );
  return { ...answer, headers: [...answer.headers, ["refresh", `0; url=${url}`]] };
}

/** A sign-in that went no further, and the way to try again. */
export function failedPage(refusal: Refusal, correlation: string): Answer {
  const { status } = errorCodes[refusal.code];
  const isOutage = refusal.code === "provider-unavailable";
  const answer = pageAnswer(
    "Not signed in",
    `<h1>${isOutage ? "Signing in is not possible now" : "You are not signed in"}</h1>
<p>${escapeHtml(refusal.detail)}</p>${signInAgain("Try again")}<p class="quiet"><small>Reference ${escapeHtml(correlation)}</small></p>`,
    status,
  );
  return { ...answer, headers: [...answer.headers, [headers.error, refusal.code]] };
}

/** Where a proxy signs people in, and this request did not come through it. */
export function behindProxyPage(detail: string): Answer {
  return pageAnswer(
    "Not signed in",
    `<h1>You are not signed in</h1><p>${escapeHtml(detail)}</p>
<p class="quiet">A proxy in front of this address signs people in. Open the address that you were given for it.</p>`,
    errorCodes.unauthenticated.status,
  );
}
