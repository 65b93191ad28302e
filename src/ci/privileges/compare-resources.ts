/** Compares where the calls of an app lead and as whom, and what its page may load. */
import type { Resource } from "../../contract/resource.ts";
import type { App, Workspace } from "../../contract/workspace.ts";
import {
  changed,
  narrower,
  networks,
  parts,
  toRuleChanges,
  untold,
  wider,
  type Compare,
  type PartChange,
} from "./compare-parts.ts";
import type { RuleChange } from "./rule-change.ts";

/** Approvers see more by it. */
const preview: Compare<boolean | undefined> = (old = false, now = false) => {
  if (old === now) return [];
  return now ? wider("shows approvers what a statement would change") : narrower("is off");
};

const compareHttp = parts<Extract<Resource, { kind: "http" }>>({
  kind: changed,
  upstream: changed,
  auth: changed,
  headers: changed,
  query: changed,
  networks,
  timeout: untold,
  idempotency: changed,
});

const comparePostgres = parts<Extract<Resource, { kind: "postgres" }>>({
  kind: changed,
  url: changed,
  timeout: untold,
  preview,
  set: changed,
});

const compareDatabase = parts<Extract<Resource, { kind: "sqlite" | "mysql" }>>({
  kind: changed,
  url: changed,
  timeout: untold,
  preview,
});

function compareResource(old: Resource, now: Resource): readonly PartChange[] {
  if (old.kind === "http" && now.kind === "http") return compareHttp(old, now);
  if (old.kind === "postgres" && now.kind === "postgres") return comparePostgres(old, now);
  if (old.kind !== "http" && old.kind !== "postgres" && now.kind === old.kind) {
    return compareDatabase(old, now);
  }
  return wider("is of another kind");
}

function appOf({ apps = {} }: Workspace, name: string): App | undefined {
  return Object.hasOwn(apps, name) ? apps[name] : undefined;
}

/** The resource that calls to a key lead to: statements of a client that is not mapped go where `sql` leads. */
function leadsTo(app: App | undefined, key: string): string | undefined {
  const mapped = new Map(Object.entries(app?.resources ?? {}));
  return mapped.get(key) ?? (key.startsWith("sql:") ? mapped.get("sql") : undefined);
}

/** Another resource is wider though it were the same: rules name resources. */
function compareLead(key: string, old: Workspace, now: Workspace, app: string): RuleChange[] {
  const [was, is] = [leadsTo(appOf(old, app), key), leadsTo(appOf(now, app), key)];
  const path = ["apps", app, "resources", key];
  if (is === undefined) {
    return [{ widens: false, message: `calls to ${key} reach nothing any more`, path }];
  }
  const [before, after] = [old.resources?.[was ?? ""], now.resources?.[is]];
  if (was === undefined || (before === undefined && after !== undefined)) {
    return [{ widens: true, message: `calls to ${key} reach a resource: ${is}`, path }];
  }
  const text = `calls to ${key} reach another resource, or as somebody else`;
  if (was !== is) return [{ widens: true, message: `${text}: ${is} instead of ${was}`, path }];
  if (before === undefined || after === undefined) return [];
  return toRuleChanges(["resources", is], compareResource(before, after)).map((change) => ({
    ...change,
    message: change.widens ? `${text}: ${change.message}` : change.message,
  }));
}

/** Every resource that the app's calls lead to. */
export function compareLeads(old: Workspace, now: Workspace, app: string): RuleChange[] {
  const keys = new Set(
    [old, now].flatMap((side) => Object.keys(appOf(side, app)?.resources ?? {})),
  );
  return [...keys].toSorted().flatMap((key) => compareLead(key, old, now, app));
}

type Page = NonNullable<App["page"]>;

function loads(page: Page | undefined): Map<string, RuleChange["path"]> {
  return new Map(
    Object.entries(page ?? {}).flatMap(([kind, origins]) =>
      (origins ?? []).map(
        ({ origin }) => [`the page may load ${kind} from ${origin}`, [kind]] as const,
      ),
    ),
  );
}

function comparePage(old: App | undefined, now: App | undefined, app: string): RuleChange[] {
  const [before, after] = [loads(old?.page), loads(now?.page)];
  const came = [...after].filter(([text]) => !before.has(text));
  const went = [...before].filter(([text]) => !after.has(text));
  return [
    ...came.map(([message, path]) => ({
      widens: true,
      message,
      path: ["apps", app, "page", ...path],
    })),
    ...went.map(([text]) => ({
      widens: false,
      message: `no longer: ${text}`,
      path: ["apps", app],
    })),
  ];
}

/** Mappings, page and hand-written operations have comparers of their own. */
const compareRest = parts<App>({
  url: changed,
  resources: untold,
  page: untold,
  operations: untold,
});

export function compareApp(old: Workspace, now: Workspace, app: string): RuleChange[] {
  const [before, after] = [appOf(old, app), appOf(now, app)];
  return [
    ...comparePage(before, after, app),
    ...toRuleChanges(["apps", app], compareRest(before, after)),
  ];
}
