/**
 * Takes values out of a JSON text by the names that lead to them. Every other byte stays as it was, so that no number loses a
 * digit. Reads any text of RFC 8259; of a key that occurs twice, both values are taken.
 */

/** Whether the value that these names lead to is one to take out; the names of lists' places are left out. */
export type IsMasked = (path: readonly string[]) => boolean;

const maxDepth = 256;

/** Internal: the text is nested deeper than is followed. */
class TooDeep extends Error {}

/** Over a text that JSON.parse has read: what stands where is known. */
class Masker {
  readonly #text: string;
  readonly #isMasked: IsMasked;
  readonly #path: string[];
  #kept = "";
  #from = 0;
  #at = 0;
  #depth = 0;
  /** Within a value that is taken out as a whole. */
  #isCutting = false;

  constructor(text: string, path: readonly string[], isMasked: IsMasked) {
    this.#text = text;
    this.#path = [...path];
    this.#isMasked = isMasked;
  }

  mask(): string {
    this.#value();
    return this.#kept + this.#text.slice(this.#from);
  }

  #char(): string {
    while (" \t\n\r".includes(this.#text[this.#at] ?? "x")) this.#at += 1;
    return this.#text[this.#at] ?? "";
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    this.#at += 1;
    return this.#text.slice(start, this.#at);
  }

  #value(): void {
    const char = this.#char();
    if (char === "{") this.#members("}", () => this.#member());
    else if (char === "[") this.#members("]", () => this.#value());
    else if (char === '"') this.#string();
    else while (/[-+.\w]/.test(this.#text[this.#at] ?? "")) this.#at += 1;
  }

  #members(close: string, each: () => void): void {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new TooDeep();
    do {
      this.#at += 1;
      if (this.#char() === close) break;
      each();
    } while (this.#char() === ",");
    this.#at += 1;
    this.#depth -= 1;
  }

  #member(): void {
    this.#path.push(JSON.parse(this.#string()) as string);
    this.#char();
    this.#at += 1;
    this.#char();
    const start = this.#at;
    const isCut = !this.#isCutting && this.#isMasked(this.#path);
    if (isCut) this.#isCutting = true;
    this.#value();
    if (isCut) {
      this.#isCutting = false;
      this.#kept += `${this.#text.slice(this.#from, start)}null`;
      this.#from = this.#at;
    }
    this.#path.pop();
  }
}

/**
 * The text without the values that `isMasked` names; `path` leads to the text itself. Undefined for what is no JSON, or is
 * nested deeper than 256 levels.
 */
export function maskJson(
  text: string,
  path: readonly string[],
  isMasked: IsMasked,
): string | undefined {
  try {
    JSON.parse(text);
    return new Masker(text, path, isMasked).mask();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TooDeep) return undefined;
    throw error;
  }
}
