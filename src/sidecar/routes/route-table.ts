/**
 * Every route of the sidecar, in one table: a listener asks no handler for what is not listed here. What each role may do
 * with each row is tested row by row, so that a new route is not served before it is said who may use it.
 */
import { paths } from "../../contract/wire.ts";
import { signInPaths } from "./sign-in/way.ts";

export interface Route {
  readonly method: "GET" | "POST" | "DELETE" | "*";
  /** `{name}` is one segment, `{rest*}` anything. */
  readonly path: string;
}

/** On either origin. */
export const signInRoutes: readonly Route[] = [
  { method: "GET", path: paths.me },
  { method: "GET", path: paths.login },
  { method: "POST", path: paths.login },
  { method: "POST", path: paths.logout },
  { method: "GET", path: signInPaths.callback },
  { method: "GET", path: signInPaths.signedOut },
  { method: "GET", path: signInPaths.device },
];

/** On each app's origin. */
export const appRoutes: readonly Route[] = [
  ...signInRoutes,
  { method: "GET", path: paths.tickets },
  { method: "GET", path: paths.requests },
  { method: "DELETE", path: `${paths.tickets}/{id}` },
  { method: "GET", path: `${paths.tickets}/{id}/result` },
  { method: "POST", path: paths.reports },
  { method: "*", path: `${paths.http}{rest*}` },
  { method: "*", path: `${paths.sql}{rest*}` },
  // The app's own files and its calls at their native paths; whatever begins with /_govern/ is listed above or is none.
  { method: "*", path: "/{rest*}" },
];

/** On the operator origin; of these the API is the control socket's too. */
export const operatorRoutes: readonly Route[] = [
  ...signInRoutes,
  { method: "GET", path: "/healthz" },
  { method: "GET", path: "/readyz" },
  { method: "GET", path: "/.well-known/jwks.json" },
  { method: "GET", path: "/" },
  { method: "GET", path: "/approvals/{id}" },
  { method: "GET", path: "/api/status" },
  { method: "GET", path: "/api/approvals" },
  { method: "GET", path: "/api/approvals/events" },
  { method: "GET", path: "/api/approvals/figures" },
  { method: "GET", path: "/api/approvals/{id}" },
  { method: "GET", path: "/api/approvals/{id}/preview" },
  { method: "POST", path: "/api/approvals/{id}/decision" },
  { method: "POST", path: "/api/approvals/{id}/cancel" },
  { method: "POST", path: "/api/approvals/{id}/break-glass" },
  { method: "POST", path: "/api/approvals/{id}/review" },
  { method: "POST", path: "/api/approvals/{id}/resolve" },
  { method: "GET", path: "/audit" },
  { method: "GET", path: "/assets/{file}" },
  { method: "GET", path: "/api/audit" },
  { method: "GET", path: "/api/audit/status" },
  { method: "GET", path: "/api/audit/verify" },
];

/** A table as it is asked: whole paths first, for most are. */
interface Compiled {
  /** `GET /path` */
  readonly exact: ReadonlySet<string>;
  readonly others: readonly Route[];
  /** Whether it takes whatever does not begin with /_govern/. */
  readonly hasRest: boolean;
}

const rest = "/{rest*}";
const compiled = new WeakMap<readonly Route[], Compiled>();

function compile(routes: readonly Route[]): Compiled {
  const known = compiled.get(routes);
  if (known !== undefined) return known;
  const isExact = ({ method, path }: Route): boolean => method !== "*" && !path.includes("{");
  const table = {
    exact: new Set(routes.filter(isExact).map(({ method, path }) => `${method} ${path}`)),
    others: routes.filter((route) => !isExact(route) && route.path !== rest),
    hasRest: routes.some(({ path }) => path === rest),
  };
  compiled.set(routes, table);
  return table;
}

function matches(route: Route, method: string, path: string): boolean {
  if (route.method !== "*" && route.method !== method) return false;
  if (route.path.endsWith("{rest*}"))
    return path.startsWith(route.path.slice(0, -"{rest*}".length));
  const [wanted, given] = [route.path.split("/"), path.split("/")];
  return (
    wanted.length === given.length &&
    wanted.every((part, at) => (part.startsWith("{") ? given[at] !== "" : part === given[at]))
  );
}

/** Whether a table lists what is asked for. */
export function isRoute(routes: readonly Route[], method: string, path: string): boolean {
  const { exact, others, hasRest } = compile(routes);
  if (hasRest && !path.startsWith("/_govern/")) return true;
  const asked = method === "HEAD" ? "GET" : method;
  return exact.has(`${asked} ${path}`) || others.some((route) => matches(route, asked, path));
}
