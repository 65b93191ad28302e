/** Turns the analysis's cuts in one file into splices. */
import { GovernError } from "../../errors/govern-error.ts";
import { baseOrigin } from "../../contract/operation-id.ts";
import type {
  BaseCut,
  ClientCut,
  Cut,
  DriverCut,
  GlobalCut,
  LoadCut,
  TextCut,
} from "../analysis.ts";
import { attributeText } from "../files/attributes.ts";
import type { Script } from "../files/bundle.ts";
import { holds } from "../files/script-place.ts";
import { proxyCall } from "./proxy-call.ts";
import { headOf } from "./proxy-text.ts";
import type { Splice } from "./splices.ts";

const identifierEnd = /[\p{ID_Continue}$]$/u;

/** `new` right before what it constructs, white space and comments between; in parentheses it would bind anyway. */
const constructs = /(?:^|[^\w$.]|\.\.\.)new(?:\s|\/\*(?:(?!\*\/)[^])*\*\/|\/\/.*\n)*$/;

/** Generated code in the place of a run: apart from a keyword that stood against it, as in return`…`. */
function generated(text: string, at: number, code: string): string {
  return identifierEnd.test(text.slice(Math.max(0, at - 2), at)) ? ` ${code}` : code;
}

function globalSplice(cut: GlobalCut, text: string): Splice {
  const call = proxyCall(cut.global, [cut.site]).join("");
  // `new __govern.XMLHttpRequest("s1")` would construct the getter instead of calling it.
  const code = constructs.test(text.slice(Math.max(0, cut.start - 200), cut.start))
    ? `(${call})`
    : call;
  const replacement = cut.shorthand ? `${cut.global}:${call}` : generated(text, cut.start, code);
  return { start: cut.start, end: cut.end, text: replacement };
}

/** Replaces what stands around kept runs, so that cuts inside them still apply. */
function around(
  span: { start: number; end: number },
  kept: readonly { start: number; end: number }[],
  texts: readonly string[],
): Splice[] {
  const splices: Splice[] = [];
  let at = span.start;
  for (const [index, run] of [...kept, { start: span.end, end: span.end }].entries()) {
    if (run.start < at || run.end > span.end) {
      throw new GovernError("internal", "the parts of a cut are not in the order of the text");
    }
    splices.push({ start: at, end: run.start, text: texts[index] ?? "" });
    at = run.end;
  }
  return splices;
}

function clientSplices(cut: ClientCut, text: string): Splice[] {
  const kept = cut.options === null ? [] : [cut.options];
  const [head = "", ...rest] = proxyCall(cut.driver, [cut.site, cut.client, ...kept]);
  return around(cut, kept, [generated(text, cut.start, head), ...rest]);
}

/** The driver as a value that does nothing, under the names that an import would have given. */
function driverSplice({ start, end, names }: DriverCut, text: string): Splice {
  const code = "__govern.driver";
  if (names === null) return { start, end, text: generated(text, start, code) };
  const declared = names
    .map(
      ({ name, member }) =>
        `${name}=${code}${member === null ? "" : `[${JSON.stringify(member)}]`}`,
    )
    .join(",");
  return { start, end, text: declared === "" ? ";" : `const ${declared};` };
}

function textSplices(cut: TextCut, text: string): Splice[] {
  const [head = "", ...rest] = proxyCall("text", [cut.operation, cut.holes]);
  return around(cut, cut.holes, [generated(text, cut.start, head), ...rest]);
}

/** The address stays where it is, as an argument. */
function loadSplices(cut: LoadCut, text: string): Splice[] {
  const [head = "", ...rest] = proxyCall("load", [cut.site, cut]);
  return around(cut, [cut], [generated(text, cut.start, head), ...rest]);
}

/** A base in the place of the expression that gave it: with a slash at its end, which the proxy takes once. */
function baseSplice(cut: BaseCut, text: string): Splice {
  const origin = baseOrigin(cut.origin);
  const literal = JSON.stringify(cut.part === "host" ? new URL(origin).host : `${origin}/`);
  const code = cut.key === null ? generated(text, cut.start, literal) : `${cut.key}:${literal}`;
  return { start: cut.start, end: cut.end, text: code };
}

function cutSplices(cut: Cut, text: string): Splice[] {
  switch (cut.kind) {
    case "global":
      return [globalSplice(cut, text)];
    case "in-place":
      return [];
    case "load":
      return loadSplices(cut, text);
    case "client":
      return clientSplices(cut, text);
    case "driver":
      return [driverSplice(cut, text)];
    case "text":
      return textSplices(cut, text);
    case "base":
      return [baseSplice(cut, text)];
    case "address":
    case "credential":
      return [{ start: cut.start, end: cut.end, text: cut.replacement }];
  }
}

/** Cuts whose replacement calls the proxy. */
function needsProxy(cut: Cut): boolean {
  return cut.kind !== "credential" && cut.kind !== "base";
}

/** Whether the address of a load goes with the base that it is a part of. */
function isReplaced(load: LoadCut, cuts: readonly Cut[]): boolean {
  return cuts.some(
    ({ kind, start, end }) => kind === "base" && start < load.start && load.end <= end,
  );
}

/**
 * The splices of one script.
 * @param text the whole file's text; offsets are in it
 * @param statement the proxy as one statement, to be inlined; null where a page's head has it already
 */
export function scriptSplices(
  script: Script,
  cuts: readonly Cut[],
  text: string,
  statement: string | null,
): Splice[] {
  const held = cuts.filter((cut) => holds(script, cut));
  const own = held.filter((cut) => cut.kind !== "load" || !isReplaced(cut, held));
  const splices = own.flatMap((cut) => cutSplices(cut, text));
  if (script.type === "handler") {
    return splices.map((splice) => ({ ...splice, text: attributeText(splice.text) }));
  }
  if (statement === null || !own.some(needsProxy)) return splices;
  const { at, before } = headOf(script);
  const start = script.offset + at;
  return [{ start, end: start, text: `${before}${statement}` }, ...splices];
}
