/** A held call in words, and where its app asks for it. For people to find their way; what binds is shown beside it. */
import type { CallArguments } from "../../contract/arguments.ts";
import type { Site } from "../../contract/build.ts";
import type { HttpOperation, Operation, SqlOperation } from "../../contract/operation.ts";

/** Where an app asks for an operation, in its source where maps told, else in its bundle. */
export interface CallPlace {
  /** e.g. `Credit form`: the file's name as words. */
  readonly screen: string;
  /** e.g. `src/CreditForm.tsx:41`. */
  readonly at: string;
}

const verbs: Readonly<Record<string, string>> = {
  POST: "Create",
  PUT: "Replace",
  PATCH: "Change",
  DELETE: "Delete",
  GET: "Read",
};

/** `creditNotes`, `credit-notes` → `credit notes`. */
function wordsOf(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/[-_.]+/g, " ")
    .trim()
    .toLowerCase();
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function singular(noun: string): string {
  if (/(?:ss|us|is)$/.test(noun)) return noun;
  return noun
    .replace(/ies$/, "y")
    .replace(/(x|ch|sh)es$/, "$1")
    .replace(/s$/, "");
}

interface Step {
  readonly noun: string;
  /** The value in the hole behind it; null for none. */
  readonly value: string | null;
}

/** A path's nouns, each with the value behind it. */
function stepsOf(path: string, holes: Readonly<Record<string, string>>): Step[] {
  const steps: Step[] = [];
  for (const part of path.split("/").filter((one) => one !== "" && !/^(?:api|v\d+)$/.test(one))) {
    const hole = /^\{(\w+)\*?\}$/.exec(part)?.[1];
    const last = steps.at(-1);
    if (hole === undefined) steps.push({ noun: wordsOf(part), value: null });
    else if (last !== undefined && last.value === null) {
      steps[steps.length - 1] = { ...last, value: holes[hole] ?? `{${hole}}` };
    }
  }
  return steps;
}

const thing = ({ noun, value }: Step): string =>
  value === null ? noun : `${singular(noun)} ${value}`;

function httpWords(
  { method, path }: HttpOperation,
  holes: Readonly<Record<string, string>>,
): string {
  const steps = stepsOf(path, holes);
  const last = steps.at(-1);
  if (last === undefined) return `${method} ${path}`;
  const within = steps
    .slice(0, -1)
    .toReversed()
    .map((step) => ` of ${thing(step)}`);
  const isOfMany = last.value === null && method === "POST";
  if (isOfMany && singular(last.noun) === last.noun && within.length > 0) {
    return `${capital(last.noun)}${within.join("")}`;
  }
  const what = isOfMany ? singular(last.noun) : thing(last);
  return `${verbs[method] ?? method} ${what}${within.join("")}`;
}

const statementVerbs: readonly (readonly [RegExp, string])[] = [
  [/^\s*insert\b/i, "Insert into"],
  [/^\s*update\b/i, "Change rows of"],
  [/^\s*delete\b/i, "Delete rows of"],
  [/^\s*truncate\b/i, "Delete all rows of"],
  [/^\s*select\b/i, "Read"],
];

function sqlWords({ statement, tables }: SqlOperation): string {
  const verb =
    statementVerbs.find(([pattern]) => pattern.test(statement))?.[1] ?? "Run a statement on";
  return `${verb} ${tables.length === 0 ? "unknown tables" : tables.join(", ")}`;
}

/** What a call does, in words. Values of its path are those that were asked for. */
export function describeCall(
  operation: Operation,
  statements: readonly SqlOperation[],
  args: CallArguments | null,
): string {
  switch (operation.kind) {
    case "http":
      return httpWords(operation, args !== null && "path" in args ? args.path : {});
    case "sql":
      return sqlWords(operation);
    case "sql-batch":
      return statements.map(sqlWords).join(", then ");
    case "graphql":
      return capital(wordsOf(operation.operationName ?? "run a document"));
    case "stream":
      return `Listen to ${operation.path}`;
  }
}

function placeOf({ file, line, source }: Pick<Site, "file" | "line" | "source">): CallPlace {
  const found = source ?? { file, line };
  const name =
    found.file
      .split("/")
      .at(-1)
      ?.replace(/\.\w+$/, "") ?? "";
  return { screen: capital(wordsOf(name)), at: `${found.file}:${found.line}` };
}

/** Where an app asks for each of its operations: behind a wrapper, where the wrapper is called. */
export function callPlaces(sites: readonly Site[]): ReadonlyMap<string, readonly CallPlace[]> {
  const places = new Map<string, Map<string, CallPlace>>();
  for (const site of sites) {
    for (const operation of site.operations) {
      const calls = (site.calls ?? []).filter((call) => call.operation === operation);
      const known = places.get(operation) ?? new Map<string, CallPlace>();
      places.set(operation, known);
      for (const call of calls.length === 0 ? [site] : calls) {
        const place = placeOf(call);
        known.set(place.at, place);
      }
    }
  }
  // A site behind a wrapper says less than the wrapper's callers do.
  const bare = new Set(
    sites.filter(({ calls = [] }) => calls.length > 0).map((one) => placeOf(one).at),
  );
  return new Map(
    [...places].map(([operation, known]) => {
      const all = [...known.values()];
      const told = all.filter(({ at }) => !bare.has(at));
      return [operation, told.length === 0 ? all : told];
    }),
  );
}
