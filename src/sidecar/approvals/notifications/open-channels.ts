/** Opens the channels of `notifications` in govern.yaml. The one place that knows all kinds of channels. */
import type { NotificationRule, Workspace } from "../../../contract/workspace.ts";
import { GovernError } from "../../../errors/govern-error.ts";
import type { Secrets } from "../../secrets.ts";
import type { Channel } from "./channel.ts";
import { createSlack } from "./slack.ts";
import { createWebhook } from "./webhook.ts";

const slackApi = "https://slack.com/api/";

function invalid(place: string, message: string, next: string): GovernError {
  return new GovernError("workspace-invalid", `${place} ${message}`, { next });
}

function openWebhook(
  name: string,
  rule: Extract<NotificationRule, { kind: "webhook" }>,
  secrets: Secrets,
): Channel {
  const place = `notifications.${name}`;
  const url = secrets.resolve(rule.url, `${place}.url`);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw invalid(
      place,
      "has a url that is no http(s) address.",
      "Write it like https://hooks.example/govern.",
    );
  }
  const secret = secrets.resolve(rule.secret, `${place}.secret`);
  const key = /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret)
    ? Buffer.from(secret.slice(6), "base64")
    : "";
  if (key.length < 24 || key.length > 64) {
    throw invalid(
      place,
      "has a secret that is none of the Standard Webhooks specification.",
      'Make one: echo "whsec_$(openssl rand -base64 32)".',
    );
  }
  return createWebhook({ name, url, secret });
}

/** Throws `workspace-invalid` or `secret-missing` for one that could never be told. */
export function openChannels({ notifications }: Workspace, secrets: Secrets): readonly Channel[] {
  return Object.entries(notifications ?? {}).map(([name, rule]) => {
    if (rule.kind === "webhook") return openWebhook(name, rule, secrets);
    const token = secrets.resolve(rule.token, `notifications.${name}.token`);
    const api = (rule.api ?? slackApi).replace(/\/*$/, "/");
    return createSlack({ name, token, channel: rule.channel, api });
  });
}
