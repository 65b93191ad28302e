/** URL objects that are made of a path and a base. */
import type { Node } from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";
import { asText, joinTexts, knownStart } from "./texts.ts";
import {
  plainText,
  textValue,
  union,
  unknownSet,
  type Part,
  type TextValue,
  type Value,
  type Values,
} from "./values.ts";

/** The page's own address, which is that of the app's root. */
const ownAddress =
  /^(?:(?:document\.)?location(?:\.href|\.origin)?|document\.(?:baseURI|URL|documentURI))$/;

/** Where an address begins that is resolved against the page or a script: a path of the app's own origin. */
function ownBase(evaluation: Evaluation, value: Value, node: Node | null | undefined) {
  if (value.kind !== "global") return undefined;
  if (ownAddress.test(value.path)) return "/";
  if (value.path !== "import.meta.url" || !node) return undefined;
  const { file } = evaluation.program.unitOf(node).script;
  return `/${file.slice(0, file.lastIndexOf("/") + 1)}`;
}

interface GivenBase {
  readonly value: Value;
  readonly node: Node | null | undefined;
}

/** A path after a base that is the page's own address, or a value that callers or the page decide. */
function afterBase(evaluation: Evaluation, path: TextValue, { value, node }: GivenBase): Values {
  const isRooted = knownStart(path).text.startsWith("/");
  const own = ownBase(evaluation, value, node);
  if (own !== undefined) {
    return isRooted ? [path] : joinTexts([{ values: [textValue(own)] }, { values: [path] }]);
  }
  const { parts } = asText(value, node ?? undefined);
  const before = isRooted ? originOf(parts) : folderOf(parts);
  return before === undefined ? unknownSet : [{ kind: "text", parts: [...before, ...path.parts] }];
}

/** The origin of a base; of one that is only known at run time, the value that it begins with. */
export function originOf([first]: readonly Part[]): readonly Part[] | undefined {
  if (first?.kind !== "text") return first?.kind === "hole" ? [first] : undefined;
  if (first.text.startsWith("/") && !first.text.startsWith("//")) return [];
  const origin = /^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/?#]+(?=[/?#])/i.exec(first.text)?.[0];
  return origin === undefined ? undefined : [{ kind: "text", text: origin }];
}

/** A base up to its last slash; of a base without one, what comes after it is below it. */
function folderOf(parts: readonly Part[]): readonly Part[] | undefined {
  if (parts.some(({ kind }) => kind === "query")) return undefined;
  const at = parts.findLastIndex((part) => part.kind === "text" && part.text.includes("/"));
  const last = parts[at];
  if (last?.kind !== "text") return [...parts, { kind: "text", text: "/" }];
  if (/:\/\/[^/]*$/.test(last.text)) return undefined;
  return [
    ...parts.slice(0, at),
    { ...last, text: last.text.slice(0, last.text.lastIndexOf("/") + 1) },
  ];
}

/** An address against its base, as `new URL(path, base)` resolves it. */
export function resolvedUrl(
  evaluation: Evaluation,
  path: TextValue,
  { base, node }: { base: Values; node: Node | null | undefined },
): Values {
  const start = knownStart(path);
  if (/^(?:[a-z][a-z0-9+.-]*:)?\/\//i.test(start.text)) return [path];
  return union(
    ...base.map((value): Values => {
      const text = plainText(value);
      if (text === undefined) return afterBase(evaluation, path, { value, node });
      if (start.whole) {
        const made = URL.canParse(start.text, text) ? new URL(start.text, text).href : undefined;
        return made === undefined ? unknownSet : [textValue(made)];
      }
      if (!start.text.startsWith("/") || !URL.canParse(text)) return unknownSet;
      return joinTexts([{ values: [textValue(new URL(text).origin)] }, { values: [path] }]);
    }),
  );
}
