/** The text of govern.yaml: a starter where there is none, else only what is missing is added. */
import { isMap, isSeq, parseDocument, type Document } from "yaml";
import type { Resource } from "../../contract/resource.ts";
import type { Mapping } from "./mappings.ts";
import { insertLines, type Addition } from "./yaml-insertion.ts";

export interface WorkspaceAdditions {
  readonly app: string;
  readonly mappings: readonly Mapping[];
  /** Ids of the writes by which the app signs its users in: no person can approve these. */
  readonly signIn: readonly string[];
  /** Paths of arguments that people keep to themselves: the trail of a new workspace does not hold them. */
  readonly redact: readonly string[];
}

const signInReason = "sign-in of the app";

/** As a YAML scalar: quoted unless it is a plain word. */
function scalar(text: string): string {
  return /^[a-z][a-z0-9-]*$/.test(text) ? text : JSON.stringify(text);
}

function resourceText(name: string, resource: Resource): string {
  const lines = [`  ${scalar(name)}:`, `    kind: ${resource.kind}`];
  if (resource.kind === "http") {
    lines.push(`    upstream: ${scalar(resource.upstream)}`, `    auth: ${resource.auth}`);
    const headers = Object.entries(resource.headers ?? {});
    if (headers.length > 0) lines.push("    headers:");
    for (const [header, value] of headers) lines.push(`      ${scalar(header)}: ${scalar(value)}`);
    const query = Object.entries(resource.query ?? {});
    if (query.length > 0) lines.push("    query:");
    for (const [key, value] of query) lines.push(`      ${scalar(key)}: ${scalar(value)}`);
  } else {
    lines.push(`    url: ${scalar(resource.url)}`);
  }
  return `${lines.join("\n")}\n`;
}

function section(heading: string, body: string, empty: string): string {
  return body === "" ? `${heading} ${empty}\n` : `${heading}\n${body}`;
}

function redactText(paths: readonly string[]): string {
  if (paths.length === 0) return "";
  return `
# What the audit trail keeps as a digest alone.
audit:
  redact: [${paths.join(", ")}]
`;
}

/** A workspace that works under `govern serve --dev` as it is. */
export function starterText({ app, mappings, signIn, redact }: WorkspaceAdditions): string {
  const resources = mappings
    .map(({ resource, definition }) =>
      definition === null ? "" : resourceText(resource, definition),
    )
    .join("");
  const routes = mappings
    .map(({ key, resource }) => `      ${scalar(key)}: ${scalar(resource)}\n`)
    .join("");
  const exemptions = signIn
    .map(
      (id) => `  - match: { operation: ${app}/${id} }
    require: none
    reason: ${signInReason}
`,
    )
    .join("");
  return `# The govern workspace: who may do what with the apps that are governed here.
# Written once by govern import; it is yours now. Later imports add what is missing and touch nothing else.
# Keep it in git: a change of these rules is reviewed like a change of code.
version: 1

# Who is calling. A production workspace needs its identity provider here:
#   oidc: { issuer: https://sso.example.com, clientId: govern, clientSecret: "\${env:OIDC_SECRET}", groupsClaim: groups }
identity:
  # Read by govern serve --dev alone: people to try it with, and their groups.
  dev:
    users:
      sam: [dev]
      ana: [leads]

# With an identity provider, say who belongs to a group:
#   leads: { claims: { groups: support-leads }, members: [ana@example.com] }
groups:
  dev: {}
  leads: {}

# The real databases and APIs. Credentials are references: \${env:NAME} is read by the sidecar from its environment or
# from .govern/secrets.env, and never reaches a page.
${section("resources:", resources, "{}")}
apps:
  ${app}:
    # Which resource answers which calls of the app. Calls to anything else are refused.
${section("    resources:", routes, "{}")}
# Who may run which operations: app/operation, app/read, app/write. Nothing else is allowed; a deny wins.
# A condition narrows a permission: when: arguments.body.amount <= 500
permissions:
  - groups: [dev]
    allow: [${app}/read, ${app}/write]
  - groups: [leads]
    allow: [${app}/read]

# Which calls wait for a person. The most specific rule decides: an operation before a table, an app, an access.
# Nobody decides their own request.
approvals:
  - match: { access: write }
    approvers: { all: [leads] }
    quorum: 1
    expiresIn: 24h
${exemptions}${redactText(redact)}`;
}

function additionsOf(
  document: Document,
  { app, mappings, signIn }: WorkspaceAdditions,
): Addition[] {
  const definitions = mappings.flatMap(({ resource, definition }) =>
    definition === null ? [] : [[resource, definition] as const],
  );
  const routes = Object.fromEntries(mappings.map(({ key, resource }) => [key, resource]));
  const additions: Addition[] = [];
  if (definitions.length > 0) {
    additions.push({ path: ["resources"], value: Object.fromEntries(definitions) });
  }
  if (document.hasIn(["apps", app])) {
    return [...additions, { path: ["apps", app, "resources"], value: routes }];
  }
  additions.push({ path: ["apps"], value: { [app]: { resources: routes } } });
  const rules = signIn.map((id) => ({
    match: { operation: `${app}/${id}` },
    require: "none",
    reason: signInReason,
  }));
  return rules.length > 0 ? [...additions, { path: ["approvals"], value: rules }] : additions;
}

/** A key that is there without a value holds null, which nothing can be put into. */
function addNode(document: Document, { path, value }: Addition): void {
  const node: unknown = document.getIn(path, true);
  if (!isMap(node) && !isSeq(node)) {
    document.setIn(path, document.createNode(value));
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    const made = document.createNode(member);
    if (isMap(node)) node.set(key, made);
    else node.add(made);
  }
}

/**
 * A valid govern.yaml with the additions. What people wrote stays as it is, line by line, unless an addition belongs into
 * a list or mapping that is written in braces; comments stay then too. Without additions the text is returned as it is.
 */
export function extendedText(text: string, additions: WorkspaceAdditions): string {
  const document = parseDocument(text);
  if (document.hasIn(["apps", additions.app]) && additions.mappings.length === 0) return text;
  const parts = additionsOf(document, additions);
  const inserted = insertLines(document, text, parts);
  if (inserted !== null) return inserted;
  for (const part of parts) addNode(document, part);
  return document.toString({ lineWidth: 0 });
}
