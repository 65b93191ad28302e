/** Channels: where notices go, one file each. A channel sends one notice and says what became of it; it keeps nothing. */
import { request } from "undici";
import type { Notice } from "./notice.ts";

/** `later`: not now, try again. `refused`: it never will be taken. */
export type Delivery =
  | { readonly kind: "sent"; readonly reference: string | null }
  | { readonly kind: "later" | "refused"; readonly why: string };

export interface Channel {
  /** Its name in govern.yaml. */
  readonly name: string;
  /** `reference`: what an earlier notice of the same approval was sent as. Never throws, and gives up after 10 s. */
  deliver(notice: Notice, reference: string | undefined): Promise<Delivery>;
}

const patience = 10_000;
const longestAnswer = 64 * 1024;

export interface Posted {
  readonly status: number;
  readonly text: string;
}

/** Posts a text; a network's failure is a status of 0. */
export async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<Posted> {
  try {
    const answer = await request(url, {
      method: "POST",
      headers: { "user-agent": "govern", ...headers },
      body,
      signal: AbortSignal.timeout(patience),
    });
    let text = "";
    for await (const chunk of answer.body.setEncoding("utf8")) {
      text += String(chunk);
      if (text.length > longestAnswer) break;
    }
    return { status: answer.statusCode, text };
  } catch (error) {
    return { status: 0, text: error instanceof Error ? error.name : "" };
  }
}

/** What a status means for what was sent, where it does not say that it was taken. */
export function failureOf({ status }: Posted): Exclude<Delivery, { kind: "sent" }> {
  if (status === 0) return { kind: "later", why: "it could not be reached" };
  const isLater = status >= 500 || status === 408 || status === 429;
  return { kind: isLater ? "later" : "refused", why: `it answered ${status}` };
}
