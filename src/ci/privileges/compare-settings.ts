/** Compares the workspace's settings that are no rules: whom the sidecar believes, what it keeps, whom it tells. */
import type { Workspace } from "../../contract/workspace.ts";
import {
  atMost,
  changed,
  guarding,
  listed,
  narrower,
  networks,
  noLonger,
  parts,
  toRuleChanges,
  untold,
  wider,
  type Compare,
} from "./compare-parts.ts";
import type { RuleChange } from "./rule-change.ts";

type Server = NonNullable<Workspace["server"]>;
type Identity = NonNullable<Workspace["identity"]>;
type Bearer = NonNullable<Identity["bearer"]>;

/** Without any key an app is served that nobody signed. */
const trustedKeys: Compare<Server["trustedKeys"]> = (old, now) => {
  if (old !== undefined && now === undefined) return wider("is gone: apps need no signature");
  if (old === undefined) return now === undefined ? [] : narrower("is new");
  return listed<string>()(old, now);
};

const compareServer = parts<Server>({
  operatorUrl: changed,
  pendingPerPerson: atMost(100),
  trustedProxies: networks,
  trustedKeys,
});

const toldByOthers: Compare<unknown> = (old, now) =>
  changed(old, now).map((change) => ({
    ...change,
    what: `${change.what}: who people are is told by others`,
  }));

const compareBearer = parts<Bearer>({
  audiences: toldByOthers,
  algorithms: toldByOthers,
  type: toldByOthers,
  maxAge: noLonger("1h"),
  clients: (old, now) => {
    if (old === undefined) return now === undefined ? [] : narrower("is new");
    return now === undefined
      ? wider("is gone: any client's tokens count")
      : listed<string>()(old, now);
  },
});

/** Without the secret, which changes by itself. */
function withoutSecret(oidc: Identity["oidc"]): Identity["oidc"] {
  return oidc === undefined ? undefined : { ...oidc, clientSecret: "" };
}

const compareIdentity = parts<Identity>({
  oidc: (old, now) => toldByOthers(withoutSecret(old), withoutSecret(now)),
  bearer: (old, now) => {
    if (now === undefined) return old === undefined ? [] : narrower("is gone");
    return old === undefined ? toldByOthers(old, now) : compareBearer(old, now);
  },
  proxy: toldByOthers,
  sessions: parts<NonNullable<Identity["sessions"]>>({
    idle: noLonger("2h"),
    absolute: noLonger("12h"),
    groupsMaxAge: noLonger("15m"),
  }),
  // Read under --dev alone.
  dev: untold,
  local: (old = {}, now = {}) => listed()(Object.entries(old), Object.entries(now)),
});

const compareTrail = parts<NonNullable<Workspace["audit"]>>({
  redact: changed,
  signingKey: guarding,
  checkpoints: changed,
  anchors: (old = [], now = []) => {
    const [gone] = listed()(now, old);
    if (gone === undefined) return [];
    return gone.widens ? wider("has fewer, or others") : narrower("has more");
  },
  retention: changed,
});

export function compareServers(old: Workspace, now: Workspace): RuleChange[] {
  return toRuleChanges(["server"], compareServer(old.server, now.server));
}

export function compareIdentities(old: Workspace, now: Workspace): RuleChange[] {
  return toRuleChanges(["identity"], compareIdentity(old.identity, now.identity));
}

export function compareAudit(old: Workspace, now: Workspace): RuleChange[] {
  return toRuleChanges(["audit"], compareTrail(old.audit, now.audit));
}

/** Whom approvals are told: nobody who was told may go missing, and nobody else may learn of them. */
export function compareNotifications(old: Workspace, now: Workspace): RuleChange[] {
  return toRuleChanges(["notifications"], parts<object>({})(old.notifications, now.notifications));
}

/** Findings that are accepted: another one, or for longer, is wider. */
export function compareSuppressions(old: Workspace, now: Workspace): RuleChange[] {
  const [before, after] = [old.suppress ?? [], now.suppress ?? []];
  type Entry = (typeof before)[number];
  const isSaid = (entry: Entry, by: readonly Entry[]): boolean =>
    by.some(
      ({ rule, operation, file, until }) =>
        rule === entry.rule &&
        operation === entry.operation &&
        file === entry.file &&
        until >= entry.until,
    );
  const text = ({ rule, operation, file, until }: Entry): string =>
    `${rule} is accepted for ${operation ?? file ?? ""} until ${until}`;
  const came = after.flatMap((entry, index): RuleChange[] =>
    isSaid(entry, before)
      ? []
      : [{ widens: true, message: text(entry), path: ["suppress", index] }],
  );
  const went = before
    .filter((entry) => !isSaid(entry, after))
    .map((entry) => ({
      widens: false,
      message: `no longer: ${text(entry)}`,
      path: ["suppress"],
    }));
  return [...came, ...went];
}
