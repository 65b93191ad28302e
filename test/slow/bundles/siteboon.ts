/** `@siteboon/claude-code-ui`: an assistant's desk with projects, files, git and settings (vite, fetch behind wrappers). */
import type { Asked, Given } from "../../side-by-side/upstream.ts";
import type { RealApp } from "./real-app.ts";

const session = {
  id: "5e55",
  title: "Fix the login",
  summary: "Fix the login",
  messageCount: 2,
  lastActivity: "2026-01-05T10:00:00Z",
};
const project = {
  name: "shop",
  path: "/home/sam/shop",
  fullPath: "/home/sam/shop",
  displayName: "Web shop",
  sessions: [session],
  sessionMeta: { hasMore: false, total: 1 },
  cursorSessions: [],
};
const message = (type: string, content: string, second: number): unknown => ({
  type,
  timestamp: `2026-01-05T10:00:0${second}Z`,
  message: { role: type, content },
});

const answers: Readonly<Record<string, unknown>> = {
  "GET /api/auth/status": { needsSetup: false, isAuthenticated: false },
  "GET /api/auth/user": { user: { id: 1, username: "sam" } },
  "GET /api/user/onboarding-status": { success: true, hasCompletedOnboarding: true },
  "GET /api/projects": [project],
  "GET /api/projects/shop/sessions": { sessions: [session], hasMore: false, total: 1 },
  "GET /api/projects/shop/sessions/5e55/messages": {
    messages: [
      message("user", "Why does the login fail?", 1),
      message("assistant", "The cookie lacks its path.", 2),
    ],
    total: 2,
    hasMore: false,
  },
  "GET /api/projects/shop/sessions/5e55/token-usage": { used: 1200, total: 160_000 },
  "GET /api/projects/shop/files": [
    { name: "src", type: "directory", path: "/home/sam/shop/src", children: [] },
    { name: "README.md", type: "file", path: "/home/sam/shop/README.md", size: 42 },
  ],
  "GET /api/projects/shop/file": { content: "# Web shop\n", path: "/home/sam/shop/README.md" },
  "GET /api/git/status": {
    branch: "main",
    hasCommits: true,
    modified: ["src/login.ts"],
    added: [],
    deleted: [],
    untracked: [],
  },
  "GET /api/git/branches": { branches: ["main", "next"] },
  "GET /api/git/remote-status": { hasRemote: true, branch: "main", ahead: 1, behind: 0 },
  "GET /api/git/diff": { diff: "@@ -1 +1 @@\n-a\n+b\n" },
  "GET /api/git/commits": {
    commits: [
      { hash: "abc1234", author: "sam", date: "2026-01-05", message: "Start", stats: "1 file" },
    ],
  },
  "POST /api/git/fetch": { success: true, output: "fetched" },
  "GET /api/settings/api-keys": {
    apiKeys: [
      { id: 7, key_name: "ci", api_key: "ck_…", is_active: true, created_at: "2026-01-05" },
    ],
  },
  "GET /api/settings/credentials": { credentials: [] },
  "POST /api/settings/api-keys": {
    success: true,
    apiKey: { id: 8, keyName: "desk", apiKey: "ck_test_1" },
  },
  "GET /api/taskmaster/installation-status": {
    installation: { isInstalled: false },
    isReady: false,
  },
  "GET /api/mcp-utils/taskmaster-server": { hasMCPServer: false },
  "POST /api/commands/list": { builtIn: [], custom: [], count: 0 },
  "GET /api/cursor/sessions": { success: true, sessions: [] },
  "GET /api/cursor/config": { success: true, config: {} },
  "GET /api/cursor/mcp": { success: true, servers: [] },
  "GET /api/mcp/config/read": { success: true, servers: [] },
  "GET /api/mcp/cli/list": { success: true, servers: [] },
  "GET /api/mcp/servers": { servers: [] },
  "GET /repos/siteboon/claudecodeui/releases/latest": { tag_name: "v1.12.0", body: "" },
};

function answer({ method, url }: Asked): Given | undefined {
  const body = answers[`${method} ${url.replace(/\?.*$/, "")}`];
  return body === undefined ? undefined : { body };
}

export const siteboon: RealApp = {
  name: "siteboon",
  package: ["@siteboon/claude-code-ui", "1.12.0"],
  folderIn: (pkg) => `${pkg}/dist`,
  keys: ["same-origin", "https://api.github.com"],
  held: ["POST /api/settings/api-keys"],
  answers: answer,
  // Sockets are not relayed.
  refused: /WebSocket connection to '\/ws/,
  async prepare(context, governed) {
    await context.addInitScript("localStorage.setItem('auth-token', 't0ken')");
    if (governed) return;
    await context.route("https://api.github.com/**", (route) =>
      route.fulfill({ json: answers["GET /repos/siteboon/claudecodeui/releases/latest"] }),
    );
  },
  async script({ page, home, look, approve }) {
    await page.goto(home);
    const shown = (text: string) => page.locator(`text=${text} >> visible=true`).first();
    await shown("Web shop").waitFor();
    await look("projects");
    await shown("Web shop").click();
    await shown("Fix the login").click();
    await shown("The cookie lacks its path.").waitFor();
    await look("chat");
    await page.getByRole("button", { name: "Source Control" }).click();
    await shown("src/login.ts").waitFor();
    await look("git");
    await page.getByRole("button", { name: "History" }).click();
    await shown("Start").waitFor();
    await look("git-history");
    await page.getByRole("button", { name: "Files" }).click();
    await shown("README.md").click();
    await shown("# Web shop").waitFor();
    await look("file");
    await page.getByTitle("Close").first().click();
    await page.getByRole("button", { name: "Settings" }).click();
    await shown("API & Tokens").click();
    await shown("ci").waitFor();
    await look("settings");
    await page.getByRole("button", { name: "New API Key" }).click();
    await page.getByPlaceholder(/API Key Name/i).fill("desk");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await approve();
    await shown("ck_test_1").waitFor();
    await look("key");
  },
};
