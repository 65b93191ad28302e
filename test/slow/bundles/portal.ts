/** `@tryghost/portal`: a site's sign-up dialog (vite as a library, one UMD script; its bases are attributes of its script). */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Asked, Given } from "../../side-by-side/upstream.ts";
import type { RealApp } from "./real-app.ts";

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Acme weekly</title><link rel="icon" href="data:,">
<script defer src="umd/portal.min.js" data-i18n="false" data-ghost="/" data-key="0123456789abcdef" data-api="/ghost/api/content/"></script>
<script>document.querySelector("script[data-ghost]").dataset.ghost = location.origin + "/"</script>
</head>
<body><h1>Acme weekly</h1>
<a href="#" data-portal="signin">Sign in</a> <a href="#" data-portal="signup">Subscribe</a> <a href="#" data-portal="support">Support</a>
</body>
</html>
`;

const settings = {
  title: "Acme weekly",
  description: "What happened in the shop",
  accent_color: "#4b5e40",
  url: "http://acme.example/",
  locale: "en",
  members_signup_access: "all",
  members_enabled: true,
  members_invite_only: false,
  paid_members_enabled: false,
  allow_self_signup: true,
  portal_name: true,
  portal_button: true,
  portal_button_style: "icon-and-text",
  portal_button_signup_text: "Subscribe",
  portal_plans: ["free"],
  portal_products: [],
  members_support_address: "help@acme.example",
};
const newsletter = { id: "n1", name: "Weekly", slug: "weekly", status: "active", sort_order: 0 };
const free = {
  id: "t1",
  name: "Free",
  slug: "free",
  type: "free",
  active: true,
  visibility: "public",
  benefits: [],
  trial_days: 0,
};

const content: Readonly<Record<string, unknown>> = {
  settings: { settings },
  tiers: { tiers: [free] },
  newsletters: { newsletters: [newsletter] },
  recommendations: { recommendations: [] },
};
const answers: Readonly<Record<string, unknown>> = {
  "GET /members/api/integrity-token/": "token-1",
  "POST /members/api/send-magic-link/": { otc_ref: "r1" },
};

/** Both bases of the app are one to the analysis: what it asks of its content API comes without that API's folder. */
function answer({ method, url }: Asked): Given | undefined {
  const path = url.replace(/\?.*$/, "");
  if (path === "/members/api/member/") return { status: 204, body: "" };
  const [, resource = ""] = /^(?:\/ghost\/api\/content)?\/(\w+)\/$/.exec(path) ?? [];
  const body = content[resource] ?? answers[`${method} ${path}`];
  return body === undefined ? undefined : { body };
}

export const portal: RealApp = {
  name: "portal",
  package: ["@tryghost/portal", "2.71.227"],
  folderIn(unpacked) {
    const folder = join(unpacked, "rendered");
    mkdirSync(folder, { recursive: true });
    cpSync(join(unpacked, "umd"), join(folder, "umd"), { recursive: true });
    writeFileSync(join(folder, "index.html"), page);
    return folder;
  },
  keys: ["{base}", "same-origin"],
  held: ["POST /members/api/send-magic-link/"],
  answers: answer,
  // The answer of the held call is not read: the browser gives it up when the page goes.
  refused: /send-magic-link\/ net::ERR_ABORTED$/,
  async script({ page: tab, home, look, approve }) {
    const dialog = tab.frameLocator("[data-testid=portal-popup-frame]");
    await tab.goto(home);
    await tab.locator("[data-testid=portal-trigger-frame]").waitFor();
    await look("site");
    await tab.getByText("Sign in", { exact: true }).click();
    await dialog.getByLabel("Email").waitFor();
    await look("sign-in");
    await dialog.getByLabel("Email").fill("ana@acme.example");
    await dialog.getByRole("button", { name: "Continue" }).click();
    await approve();
    await dialog
      .getByText(/check your email|inbox/i)
      .first()
      .waitFor();
    await look("sent");
    await tab.goto(home);
    await tab.getByText("Subscribe", { exact: true }).first().click();
    await dialog.getByLabel("Name").waitFor();
    await look("sign-up");
    await dialog.getByRole("button", { name: "Sign in" }).click();
    await look("back-to-sign-in");
  },
};
