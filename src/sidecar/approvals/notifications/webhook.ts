/**
 * A signed webhook by the Standard Webhooks specification (https://www.standardwebhooks.com): `webhook-id` stays the same
 * over repeats, `webhook-signature` is an HMAC-SHA-256 over id, time and body.
 */
import { Webhook } from "standardwebhooks";
import { failureOf, post, type Channel } from "./channel.ts";

export interface WebhookOptions {
  readonly name: string;
  readonly url: string;
  /** `whsec_` and base64, 24 to 64 bytes of it. */
  readonly secret: string;
}

/** Throws an Error where the secret is not base64. */
export function createWebhook({ name, url, secret }: WebhookOptions): Channel {
  const signer = new Webhook(secret);
  return {
    name,
    async deliver(notice) {
      const { id, type, time, ...data } = notice;
      const body = JSON.stringify({ type, timestamp: time, data });
      const now = new Date();
      const headers = {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
        "webhook-signature": signer.sign(id, now, body),
      };
      const answer = await post(url, headers, body);
      if (answer.status >= 200 && answer.status < 300) return { kind: "sent", reference: null };
      return failureOf(answer);
    },
  };
}
