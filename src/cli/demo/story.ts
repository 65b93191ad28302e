/**
 * The story of the bundled support console, told by running it: every command is spawned, every call of the page is
 * sent, every expectation is checked.
 */
import type { ApprovalView } from "../../contract/approval.ts";
import type { AuditEntry } from "../../contract/audit-entry.ts";
import { originId } from "../../contract/operation-id.ts";
import { paths } from "../../contract/wire.ts";
import { openPage, refusalOf, ticketOf, type Page, type PageAnswer } from "./page.ts";
import type { Finished, Stage } from "./stage.ts";
import { expectSame, type Telling } from "./telling.ts";

export interface Story {
  readonly stage: Stage;
  readonly telling: Telling;
  readonly port: number;
  readonly operatorPort: number;
}

export interface Addresses {
  readonly app: string;
  readonly operator: string;
}

const app = "support-console";
const api = "https://api.acme.example";
const account = "acc-1001";
const amount = 25;

/** Where the page calls the API, on the app's own origin. */
const governedApi = `${paths.http}${originId(api)}`;

export function addressesOf({ port, operatorPort }: Story): Addresses {
  return {
    app: `http://${app}.localhost:${port}`,
    operator: `http://govern.localhost:${operatorPort}`,
  };
}

/** Runs a command of the story and shows it. */
async function play(
  { stage, telling }: Story,
  args: readonly string[],
  expected: { readonly code: number; readonly last?: number },
): Promise<Finished> {
  const typed = ["govern", ...args].join(" ");
  telling.command(typed);
  const finished = await stage.govern(args);
  const printed = finished.stdout + finished.stderr;
  telling.printed(printed, expected.last);
  expectSame(`Exit code of \`${typed}\``, expected.code, finished.code, printed);
  return finished;
}

async function readJson<T>({ stage }: Story, args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await stage.govern([...args, "--json"]);
  expectSame(`Exit code of \`govern ${args.join(" ")} --json\``, 0, code, stderr);
  return JSON.parse(stdout) as T;
}

function money(cents: number): string {
  return `$${(cents / 100).toFixed(2)}`;
}

async function readBalance(page: Page): Promise<number> {
  const answer = await page.send("GET", `${governedApi}/api/accounts/${account}`);
  expectSame("Status of sam's read of the account", 200, answer.status, answer.text);
  return (JSON.parse(answer.text) as { balance_cents: number }).balance_cents;
}

async function govern(story: Story): Promise<void> {
  const { stage, telling } = story;
  telling.step("An agent built a support console. Its build does not pass");
  const before = await play(story, ["check", "dist"], { code: 1 });
  expectSame(
    "`govern check` names the ungated write",
    true,
    before.stdout.includes("ungated-write"),
  );
  telling.fact("exit 1: writes that nobody reviewed, and credentials in the bundle");

  telling.step("Import compiles each data call and puts the app behind a boundary");
  const apiPort = await stage.startApi();
  const upstreams = [`${api}=http://127.0.0.1:${apiPort}`, "sql:neon=sqlite:./ledger.db"];
  const options = upstreams.flatMap((upstream) => ["--upstream", upstream]);
  await play(story, ["import", "dist", "--yes", ...options], { code: 0 });
  telling.fact(
    "the app is in governed/, its contract in operations.json, its rules in govern.yaml",
  );

  telling.step("Now the same build passes, and so does what import wrote");
  await play(story, ["check", "dist"], { code: 0, last: 1 });
  await play(story, ["check", `governed/apps/${app}`], { code: 0, last: 1 });
  telling.fact("exit 0, twice");
}

async function serve(story: Story): Promise<void> {
  const { stage, telling, port, operatorPort } = story;
  telling.step("The sidecar serves the app; it alone holds the credentials");
  const args = ["serve", "--dev", "--port", String(port), "--operator-port", String(operatorPort)];
  telling.command(["govern", ...args].join(" "));
  const page = openPage(addressesOf(story).app);
  await stage.startSidecar(args, async () => {
    const answer = await page.send("GET", paths.me).catch(() => undefined);
    return answer?.status === 401;
  });
  telling.fact(`the app is at ${addressesOf(story).app}`);
}

/** Signs a user of `identity.dev` in, as the sign-in page does. */
async function signIn(story: Story, user: string): Promise<Page> {
  const page = openPage(addressesOf(story).app);
  const answer = await page.send("POST", paths.login, {
    type: "application/x-www-form-urlencoded",
    text: new URLSearchParams({ user }).toString(),
  });
  expectSame(`${user} signs in`, true, answer.status < 400, answer.text);
  return page;
}

function postCredit(page: Page): Promise<PageAnswer> {
  return page.send("POST", `${governedApi}/api/accounts/${account}/credits`, {
    type: "application/json",
    text: JSON.stringify({ amount, reason: "late delivery" }),
  });
}

interface Held {
  readonly page: Page;
  readonly ticket: string;
  readonly balance: number;
}

async function hold(story: Story): Promise<Held> {
  const { telling } = story;
  telling.step("sam, of group dev, clicks the button: the credit is held");
  const page = await signIn(story, "sam");
  const balance = await readBalance(page);
  telling.command(`(page) POST ${api}/api/accounts/${account}/credits {"amount":${amount}}`);
  const answer = await postCredit(page);
  expectSame("Status of the credit", 202, answer.status, answer.text);
  const ticket = ticketOf(answer) ?? "";
  expectSame("The credit is held under a ticket", true, ticket !== "");
  expectSame("Balance while the credit is held", balance, await readBalance(page));
  telling.fact(`held under ticket ${ticket.slice(0, 8)}; the balance is still ${money(balance)}`);
  return { page, ticket, balance };
}

async function decide(story: Story, held: Held): Promise<void> {
  const { telling } = story;
  const [pending] = await readJson<readonly ApprovalView[]>(story, ["approvals", "list"]);
  expectSame("Requester of the one pending approval", "sam", pending?.requester.subject);
  const id = (pending?.id ?? "").slice(0, 8);

  telling.step("sam tries to approve it himself: refused");
  const own = await play(story, ["approvals", "approve", id, "--as", "sam"], { code: 1 });
  expectSame("The refusal is `own-request`", true, own.stderr.includes("own-request"), own.stderr);
  expectSame("Balance after the refusal", held.balance, await readBalance(held.page));
  telling.fact("nobody decides their own request");

  telling.step("ana, of group leads, looks at it and approves");
  await play(story, ["approvals", "show", id, "--as", "ana"], { code: 0 });
  await play(story, ["approvals", "approve", id, "--as", "ana", "--reason", "agreed"], { code: 0 });
  const result = await held.page.awaitResult(held.ticket);
  expectSame("Status of the result that sam's page gets", 201, result.status, result.text);
  const balance = await readBalance(held.page);
  expectSame("Balance after the approval", held.balance + amount * 100, balance);
  telling.fact(`sam's page got the API's own answer; the balance is ${money(balance)}`);
}

async function forge(story: Story, held: Held): Promise<void> {
  const { telling } = story;
  telling.step("A forged call that the app never had: refused, and recorded");
  telling.command(`(page) DELETE ${api}/api/accounts/${account}`);
  const forged = await held.page.send("DELETE", `${governedApi}/api/accounts/${account}`);
  expectSame("Status of the forged call", 403, forged.status, forged.text);
  expectSame("Code of its refusal", "unregistered", refusalOf(forged));
  telling.fact("403 unregistered: only what was imported can be called");
}

async function audit(story: Story): Promise<void> {
  const { telling } = story;
  telling.step("The trail lists all of it, and verifies");
  await play(story, ["audit", "list"], { code: 0 });
  const entries = await readJson<readonly AuditEntry[]>(story, ["audit", "list"]);
  const types = new Set(entries.map((entry) => entry.type));
  for (const type of ["held", "decision", "intent", "outcome", "refused"] as const) {
    expectSame(`The trail has an entry of type ${type}`, true, types.has(type));
  }
  const forged = entries.some(
    (entry) => entry.type === "refused" && JSON.stringify(entry).includes("unregistered"),
  );
  expectSame("The trail has the forged call", true, forged);
  await play(story, ["audit", "verify"], { code: 0 });
  telling.fact("every entry is in the Merkle tree, and none was changed");
}

/** Plays the whole story; throws `demo-failed` at the first thing that does not come out as told. */
export async function playStory(story: Story): Promise<void> {
  await govern(story);
  await serve(story);
  const held = await hold(story);
  await decide(story, held);
  await forge(story, held);
  await audit(story);
}
