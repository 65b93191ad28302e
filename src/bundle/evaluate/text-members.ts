/** Members of texts, and of the URL objects that stand for theirs. */
import { knownStart } from "./texts.ts";
import {
  literalValue,
  plainText,
  textValue,
  undefinedValue,
  unknownSet,
  type Part,
  type TextValue,
  type Value,
  type Values,
} from "./values.ts";

/** A URL object is its text: the members that give it back. */
export function textProperty(value: TextValue, key: string): Values {
  if (key === "length") return [lengthOf(value)];
  if (/^\d+$/.test(key)) return [characterAt(value, Number(key))];
  if (key === "href") return [value];
  if (key === "pathname") return [pathOf(value)];
  if (key === "hash") return [textValue("")];
  // What is added to the query of a URL object later is not seen.
  return key === "search" ? [{ kind: "query", ...openQuery }] : unknownSet;
}

function lengthOf(value: TextValue): Value {
  const text = plainText(value);
  return text === undefined ? { kind: "unknown", type: "number" } : literalValue(text.length);
}

/** One character of the text that surely starts a value. */
export function characterAt(value: TextValue, at: number): Value {
  const { text, whole } = knownStart(value);
  const character = text[at];
  if (character !== undefined) return textValue(character);
  return whole ? undefinedValue : { kind: "unknown", type: "string" };
}

const openQuery = { fields: new Map<string, Values>(), open: true, multipart: false };

/** The text of an address without its origin and query. */
function pathOf({ parts }: TextValue): TextValue {
  const [first, ...rest] = parts;
  const start: Part[] =
    first?.kind === "text"
      ? [{ ...first, text: first.text.replace(/^(?:[a-z][a-z\d+.-]*:)?\/\/[^/?#]*/i, "") }]
      : first === undefined
        ? []
        : [first];
  const path: Part[] = [];
  for (const part of [...start, ...rest]) {
    const end = part.kind === "text" ? part.text.search(/[?#]/) : -1;
    if (part.kind === "query") break;
    path.push(part.kind === "text" && end >= 0 ? { ...part, text: part.text.slice(0, end) } : part);
    if (end >= 0) break;
  }
  return { kind: "text", parts: path };
}
