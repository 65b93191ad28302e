/**
 * Reads JSON the way every reader of it agrees on: RFC 8259 without duplicate keys, without `__proto__`, within a depth,
 * and without numbers that a double does not hold. So what is hashed, shown, judged and rendered is one value.
 */
import type { JsonValue } from "../../contract/canonical-json.ts";

export type ParsedJson =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly reason: string };

const maxDepth = 64;

/** Internal: unwinds the recursive descent; never leaves this file. */
class Unreadable extends Error {}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const blank = /[ \t\n\r]*/y;

const loneSurrogate = /\p{Surrogate}/u;

/** JSON.parse judges one string token: its escapes, and raw control characters. */
function stringOf(token: string): string {
  try {
    const value: unknown = JSON.parse(token);
    if (typeof value === "string") return value;
  } catch {
    // refused below
  }
  throw new Unreadable("a malformed string");
}

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): JsonValue {
    const value = this.#readValue(0);
    this.#skipBlank();
    if (this.#at !== this.#text.length) throw new Unreadable("text after the value");
    return value;
  }

  #skipBlank(): void {
    blank.lastIndex = this.#at;
    blank.exec(this.#text);
    this.#at = blank.lastIndex;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    if (token !== undefined) this.#at += token.length;
    return token;
  }

  #takeChar(char: string): boolean {
    this.#skipBlank();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #readValue(depth: number): JsonValue {
    if (depth > maxDepth) throw new Unreadable(`deeper than ${maxDepth} levels`);
    if (this.#takeChar("{")) return this.#readObject(depth);
    if (this.#takeChar("[")) return this.#readArray(depth);
    if (this.#text[this.#at] === '"') return this.#readString();
    for (const [word, value] of [
      ["true", true],
      ["false", false],
      ["null", null],
    ] as const) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#readNumber();
  }

  #readString(): string {
    const start = this.#at;
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') {
      end += this.#text[end] === "\\" ? 2 : 1;
    }
    this.#at = end + 1;
    const value = stringOf(this.#text.slice(start, this.#at));
    if (loneSurrogate.test(value)) throw new Unreadable("a lone surrogate");
    return value;
  }

  #readNumber(): number {
    const token = this.#take(number);
    if (token === undefined) throw new Unreadable("not a JSON value");
    const value = Number(token);
    const exact = Number.isSafeInteger(value) || !/^-?\d+$/.test(token) || String(value) === token;
    if (!Number.isFinite(value) || !exact) throw new Unreadable("a number out of range");
    return Object.is(value, -0) ? 0 : value;
  }

  #readArray(depth: number): JsonValue[] {
    const list: JsonValue[] = [];
    if (this.#takeChar("]")) return list;
    do list.push(this.#readValue(depth + 1));
    while (this.#takeChar(","));
    if (!this.#takeChar("]")) throw new Unreadable("an unclosed list");
    return list;
  }

  #readObject(depth: number): { [key: string]: JsonValue } {
    const object: { [key: string]: JsonValue } = {};
    if (this.#takeChar("}")) return object;
    do {
      this.#skipBlank();
      const key = this.#readString();
      if (key === "__proto__") throw new Unreadable("the key __proto__");
      if (Object.hasOwn(object, key)) throw new Unreadable("a repeated key");
      if (!this.#takeChar(":")) throw new Unreadable("a key without a value");
      object[key] = this.#readValue(depth + 1);
    } while (this.#takeChar(","));
    if (!this.#takeChar("}")) throw new Unreadable("an unclosed object");
    return object;
  }
}

/** Parses UTF-8 bytes or a text strictly. The reason never quotes the input. */
export function parseStrictJson(input: Uint8Array | string): ParsedJson {
  try {
    const text =
      typeof input === "string"
        ? input
        : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(input);
    return { ok: true, value: new JsonReader(text).readDocument() };
  } catch (error) {
    return { ok: false, reason: error instanceof Unreadable ? error.message : "not UTF-8" };
  }
}
