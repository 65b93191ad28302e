/** Constructions of SQL clients: which database they are of, the credentials in them, and the cut that replaces them. */
import type { SqlDriver } from "../analysis.ts";
import { plainText, type Entry, type TextPart, type Value } from "../evaluate/values.ts";
import type { Node } from "../modules/syntax.ts";
import { connectionDrafts, tokenDrafts, type CredentialDraft } from "../operations/credentials.ts";
import type { CutDraft, RecognizerContext, SiteDraft } from "./recognizer.ts";
import type { Call } from "./sql-calls.ts";
import type { SqlClient } from "./sql-statements.ts";

export interface Construction {
  readonly call: Call;
  readonly database: string | undefined;
  /** Literals that hold a connection string with a password. */
  readonly connections: readonly TextPart[];
  /** Literals that hold a password alone. */
  readonly passwords: readonly TextPart[];
  /** Keys of its options. */
  readonly keys: ReadonlySet<string>;
}

function named(text: string | undefined): string | undefined {
  const name = text
    ?.toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return name === "" ? undefined : name;
}

/** The database of a connection string. */
function databaseOf(connection: string): string | undefined {
  return named(/^[a-z+]+:\/\/[^/]*\/([^?#]*)/i.exec(connection)?.[1]);
}

const connectionKeys = new Set(["connectionString", "uri", "url"]);

function textParts(values: readonly Value[]): TextPart[] {
  return values.flatMap((value) =>
    value.kind === "text" ? value.parts.filter((part) => part.kind === "text") : [],
  );
}

const hasPassword = ({ text }: TextPart): boolean => /:\/\/[^:@/]*:[^@]+@/.test(text);

/** What the arguments of a construction say: a connection string, or an object with its parts. */
export function readConstruction(context: RecognizerContext, call: Call): Construction {
  const { evaluator } = context;
  const evaluate = (node: Node): readonly Value[] => {
    evaluator.budget = 10_000;
    return evaluator.evaluate(node, evaluator.bareRoot);
  };
  const given = call.arguments.flatMap((one) =>
    one.type === "SpreadElement" ? [] : evaluate(one),
  );
  const entries = given.flatMap((value): readonly Entry[] =>
    value.kind === "object" ? value.entries : [],
  );
  const under = (keys: ReadonlySet<string>): Value[] =>
    entries.flatMap(({ key, node, frame, values }) => {
      if (key === undefined || !keys.has(key)) return [];
      evaluator.budget = 10_000;
      return node === null ? (values ?? []) : evaluator.evaluate(node, frame);
    });
  const connections = [...given, ...under(connectionKeys)].filter(({ kind }) => kind === "text");
  const texts = connections.flatMap((value) => plainText(value) ?? []);
  const own = under(new Set(["database", "db"])).flatMap((value) => plainText(value) ?? []);
  return {
    call,
    database: texts.map(databaseOf).find((name) => name !== undefined) ?? named(own[0]),
    connections: textParts(connections).filter(hasPassword),
    passwords: textParts(under(new Set(["password"]))),
    keys: new Set(entries.flatMap(({ key }) => key ?? [])),
  };
}

/** Names of the clients that a driver builds: its own, with the database's where there are several. */
function clientNames(driver: string, constructions: readonly Construction[]): string[] {
  const several = new Set(constructions.map(({ database }) => database)).size > 1;
  return constructions.map(({ database }) =>
    several && database !== undefined ? `${driver}-${database}` : driver,
  );
}

/** Options that change what a client sends or gives, with the reason why its calls are open. */
export type OptionFaults = readonly (readonly [key: string, reason: string])[];

/** Why the calls of a client stay open: the first of its options that is not supported. */
function optionFault({ keys }: Construction, faults: OptionFaults): string | undefined {
  return faults.find(([key]) => keys.has(key))?.[1];
}

/** A construction, and what takes its place. */
interface Made {
  readonly construction: Construction;
  /** The stand-in, where it is not that of the recognizer's own driver. */
  readonly standIn?: SqlDriver;
  /** The argument that the stand-in takes over. */
  readonly options?: Node | null;
}

interface Replaced {
  readonly made: Made;
  readonly driver: SqlDriver;
  readonly client: SqlClient;
  /** The sites of its calls. */
  readonly sites: readonly SiteDraft[];
  /** What else must not run. */
  readonly cuts: readonly CutDraft[];
  /** Why none of its calls is registered. */
  readonly fault: string | undefined;
}

/** The site of a construction: replaced, credential and all, by the driver's stand-in. */
function constructionSite(replaced: Replaced): SiteDraft {
  const { made, client, sites, cuts, fault } = replaced;
  const { construction, standIn: driver = replaced.driver, options = null } = made;
  const { call, connections, passwords } = construction;
  const found: CredentialDraft[] = [
    ...connections.flatMap((part) => connectionDrafts(part, client.name)),
    ...passwords.flatMap((part) => tokenDrafts(part, client.name)),
  ];
  const own = { kind: "client", driver, client: client.name } as const;
  return {
    recognizer: client.recognizer,
    at: call,
    ...(fault === undefined ? { status: "resolved" } : { status: "open", reason: fault }),
    operations: sites.flatMap(({ operations }) => operations),
    cuts: [{ at: call, cut: own, options }, ...cuts, ...found.map(({ cut }) => cut)],
    findings: found.flatMap(({ finding }) => finding ?? []),
  };
}

/** What a recognizer knows of the driver whose constructions it found. */
interface FoundDriver<M extends Made> {
  /** Also the name of its recognizer. */
  readonly driver: SqlDriver;
  readonly dialect: SqlClient["dialect"];
  /** What else of it must not run. */
  readonly cuts: readonly CutDraft[];
  readonly faults?: OptionFaults;
  /** The sites of the calls of one client; not asked where an option keeps them open. */
  readonly sitesOf: (made: M, client: SqlClient) => Promise<readonly SiteDraft[]>;
}

/** Reports the sites of constructions and of their clients' calls. */
export async function reportClients<M extends Made>(
  context: RecognizerContext,
  constructions: readonly M[],
  { driver, dialect, cuts, faults = [], sitesOf }: FoundDriver<M>,
): Promise<void> {
  const names = clientNames(
    driver,
    constructions.map(({ construction }) => construction),
  );
  for (const [at, made] of constructions.entries()) {
    const client: SqlClient = { recognizer: driver, name: names[at] ?? driver, dialect };
    const fault = optionFault(made.construction, faults);
    const sites = fault === undefined ? await sitesOf(made, client) : [];
    context.report(constructionSite({ made, driver, client, sites, cuts, fault }));
    for (const site of sites) context.report(site);
  }
}
