// Takes the pictures of the README: the console while a credit waits, and the report of `govern check`, from the real
// things. Needs a build and Chromium. Look at them before committing.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const root = new URL("..", import.meta.url).pathname;
const fixture = join(root, "fixtures/support-console");
const images = join(root, "docs/images");
const govern = join(root, "bin/govern.js");
const workspace = mkdtempSync(join(tmpdir(), "govern-screenshots-"));
const children = [];
mkdirSync(images, { recursive: true });

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a program and resolves with its output once that matches. */
function start(args, ready) {
  const child = spawn(process.execPath, args, {
    cwd: workspace,
    env: { ...process.env, NO_COLOR: "1" },
  });
  children.push(child);
  let seen = "";
  return new Promise((resolve, reject) => {
    const read = (text) => {
      seen += text;
      const match = ready.exec(seen);
      if (match) resolve(match);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("close", () => reject(new Error(seen)));
  });
}

const escape = String.fromCharCode(27);
const colors = {
  30: "#4b5563",
  31: "#f87171",
  32: "#4ade80",
  33: "#fbbf24",
  34: "#60a5fa",
  35: "#c084fc",
  36: "#22d3ee",
  37: "#e5e7eb",
  90: "#8b95a5",
  91: "#fca5a5",
  92: "#86efac",
  93: "#fde047",
  94: "#93c5fd",
  95: "#d8b4fe",
  96: "#67e8f9",
  97: "#ffffff",
};
const styles = {
  1: "font-weight:700",
  2: "opacity:.62",
  3: "font-style:italic",
  4: "text-decoration:underline",
};

/** Terminal output with SGR sequences as HTML spans. */
function terminalHtml(text) {
  let active = [];
  let html = "";
  for (const part of text.split(new RegExp(`(${escape}\\[[0-9;]*m)`))) {
    const codes = new RegExp(`^${escape}\\[([0-9;]*)m$`).exec(part)?.[1]?.split(";").map(Number);
    if (codes === undefined) {
      const escaped = part.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
      html +=
        active.length === 0
          ? escaped
          : `<span style="${active.map(([, style]) => style).join(";")}">${escaped}</span>`;
      continue;
    }
    for (const code of codes) {
      if (code === 0) active = [];
      else if (code === 39) active = active.filter(([kind]) => kind !== "color");
      else if (code === 22) active = active.filter(([kind]) => kind !== 1 && kind !== 2);
      else if (code === 23 || code === 24) active = active.filter(([kind]) => kind !== code - 20);
      else if (colors[code])
        active = [
          ...active.filter(([kind]) => kind !== "color"),
          ["color", `color:${colors[code]}`],
        ];
      else if (styles[code]) active = [...active, [code, styles[code]]];
    }
  }
  return html;
}

async function shootTerminal(browser, command, text, file) {
  const page = await browser.newPage({
    viewport: { width: 1180, height: 400 },
    deviceScaleFactor: 1.5,
  });
  await page.setContent(`<body style="margin:0;background:#fff"><div id="t" style="display:inline-block;background:#0f172a;
    border-radius:10px;padding:18px 22px;color:#e2e8f0;font:13.5px/1.42 'DejaVu Sans Mono',monospace;white-space:pre"><span
    style="color:#4ade80">$</span> ${command}\n\n${terminalHtml(text.trimEnd())}</div>`);
  await page.locator("#t").screenshot({ path: join(images, file) });
  await page.close();
}

try {
  cpSync(join(fixture, "dist"), join(workspace, "dist"), { recursive: true });
  writeFileSync(
    join(workspace, "package.json"),
    '{ "name": "support-console", "private": true }\n',
  );
  spawnSync(process.execPath, [
    join(fixture, "upstream/seed.mjs"),
    "--db",
    join(workspace, "ledger.db"),
  ]);
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
    ],
  });

  const check = spawnSync(process.execPath, [govern, "check", "dist"], {
    cwd: workspace,
    encoding: "utf8",
    env: { ...process.env, FORCE_COLOR: "1", COLUMNS: "112", NO_COLOR: undefined },
  });
  await shootTerminal(browser, "govern check dist", check.stdout + check.stderr, "check.png");

  const key = "acme_live_4f9b2c7d81e34a06b5";
  const api = await start(
    [join(fixture, "upstream/server.mjs"), "--db", "ledger.db", "--port", "0", "--key", key],
    /"port":\s*(\d+)/,
  );
  spawnSync(
    process.execPath,
    [
      govern,
      "import",
      "./dist",
      "--yes",
      "--upstream",
      `https://api.acme.example=http://127.0.0.1:${api[1]}`,
      "--upstream",
      "sql:neon=sqlite:./ledger.db",
    ],
    { cwd: workspace, stdio: "inherit" },
  );
  const [port, operatorPort] = [await freePort(), await freePort()];
  await start(
    [govern, "serve", "--dev", "--port", `${port}`, "--operator-port", `${operatorPort}`],
    new RegExp(`:${port}`),
  );

  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const url = `http://support-console.localhost:${port}/#acc-1001`;
  await page.goto(url);
  await page.screenshot({ path: join(workspace, "sign-in.png") });
  await page.getByRole("button", { name: /sam/ }).click();
  await page.goto(url);
  await page.getByTestId("balance").waitFor();
  await page.getByTestId("history").waitFor();
  await page.getByLabel("Reason").fill("late delivery");
  await page.getByRole("button", { name: "Issue credit" }).click();
  await page.locator("govern-notice").waitFor({ state: "attached" });
  await page.waitForTimeout(800);
  await page.screenshot({ path: join(images, "waiting.png") });
  if (process.argv.includes("--sign-in"))
    cpSync(join(workspace, "sign-in.png"), join(tmpdir(), "sign-in.png"));
  await browser.close();
} finally {
  for (const child of children) child.kill("SIGTERM");
  rmSync(workspace, { recursive: true, force: true });
}
