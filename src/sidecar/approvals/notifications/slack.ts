/**
 * A channel of Slack: one message an approval, posted when the call is held and updated in place as it goes on
 * (https://docs.slack.dev/reference/methods/chat.postMessage and chat.update). It has no button: a link locates, identity
 * decides.
 */
import type { ApprovalState } from "../../../contract/approval.ts";
import { failureOf, post, type Channel, type Delivery } from "./channel.ts";
import type { Notice } from "./notice.ts";

export interface SlackOptions {
  readonly name: string;
  /** A bot's token with `chat:write`. */
  readonly token: string;
  /** A channel's id. */
  readonly channel: string;
  /** Where Slack's methods are, with a slash at the end. */
  readonly api: string;
}

const says: Readonly<Record<ApprovalState, string>> = {
  pending: ":hourglass_flowing_sand: waits for a decision",
  approved: ":white_check_mark: approved, about to run",
  executing: ":white_check_mark: approved, running",
  executed: ":white_check_mark: approved and executed",
  failed: ":warning: approved, but it failed: nothing was written",
  unknown: ":rotating_light: approved, and nobody knows whether it ran: check the resource",
  denied: ":no_entry: denied",
  expired: ":zzz: expired, nobody decided in time",
  cancelled: ":heavy_minus_sign: cancelled",
  stale: ":heavy_minus_sign: stale: the rules or the operation changed",
};

/** Slack's three characters of control (https://docs.slack.dev/messaging/formatting-message-text). */
function plain(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Everybody is told, in a message of its own: one that is updated in place rings nowhere. */
function alarmOf({ release, requester, app, summary, url }: Notice): string {
  const who = plain(release?.subject ?? "");
  const why = plain(release?.note ?? "");
  return [
    `<!channel> :rotating_light: *${who}* broke the glass and released alone what *${plain(requester)}* asks in ${plain(app)}: \`${plain(summary)}\``,
    why,
    `<${url}|Review it in govern>`,
  ].join("\n");
}

/** What people said of it after it was decided. */
function lateLines({ release, resolution }: Notice): string[] {
  const review = release?.review;
  const found = resolution?.ran === true ? "it ran" : "it did not run";
  return [
    ...(release === null
      ? []
      : [`Released alone by ${plain(release.subject)}: ${plain(release.note)}`]),
    ...(review ? [`Reviewed by ${plain(review.subject)}: ${plain(review.note)}`] : []),
    ...(resolution === null
      ? []
      : [`${plain(resolution.subject)} found that ${found}: ${plain(resolution.note)}`]),
  ];
}

function textOf(notice: Notice): string {
  const votes = notice.votes.map(({ subject, decision, reason }) => {
    const why = reason === null ? "" : `: ${plain(reason)}`;
    return `${decision === "approve" ? "Approved" : "Denied"} by ${plain(subject)}${why}`;
  });
  return [
    `*${plain(notice.requester)}* asks in ${plain(notice.app)}: \`${plain(notice.summary)}\``,
    says[notice.state],
    ...votes,
    ...lateLines(notice),
    `<${notice.url}|Open in govern>`,
  ].join("\n");
}

/** Errors of Slack that another attempt may not meet. */
const passing = new Set(["ratelimited", "internal_error", "fatal_error", "service_unavailable"]);

interface SlackAnswer {
  readonly ok: boolean;
  readonly error?: string;
  readonly channel?: string;
  readonly ts?: string;
}

function readAnswer(text: string): SlackAnswer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "ok" in value
      ? (value as SlackAnswer)
      : undefined;
  } catch {
    return undefined;
  }
}

export function createSlack({ name, token, channel, api }: SlackOptions): Channel {
  const call = async (method: string, body: object): Promise<Delivery> => {
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json; charset=utf-8",
    };
    const posted = await post(`${api}${method}`, headers, JSON.stringify(body));
    const answer = posted.status === 200 ? readAnswer(posted.text) : undefined;
    if (answer === undefined)
      return failureOf(posted.status === 200 ? { ...posted, status: 502 } : posted);
    if (answer.ok) {
      return { kind: "sent", reference: JSON.stringify([answer.channel, answer.ts]) };
    }
    const error = answer.error ?? "no reason";
    return { kind: passing.has(error) ? "later" : "refused", why: `Slack said ${error}` };
  };
  return {
    name,
    async deliver(notice, reference) {
      if (notice.type === "approval.break-glass") {
        const alarm = { text: alarmOf(notice), unfurl_links: false, channel };
        const told = await call("chat.postMessage", alarm);
        // The message of the call itself goes on as before.
        return told.kind === "sent" ? { ...told, reference: reference ?? null } : told;
      }
      const message = { text: textOf(notice), unfurl_links: false };
      if (reference === undefined) return call("chat.postMessage", { ...message, channel });
      const [where, ts] = JSON.parse(reference) as [string, string];
      return call("chat.update", { text: message.text, channel: where, ts });
    },
  };
}
