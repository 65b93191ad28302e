/**
 * Binds the holes of an interpolated MySQL or SQLite text as parameters, each by its place, and proves the result on its
 * tree: what is not surely a value's place is refused.
 */
import { refuse, type BoundText } from "../bound-text.ts";
import { textFault } from "../text-limits.ts";
import { holeMark, lexText, type LexedDialect, type Token } from "./lexer.ts";
import { parameterNumbers, placeholders } from "./numbering.ts";
import { insertAbove, meetingOf, parameterPlaces, type Place } from "./parameters.ts";
import { isTreeNode, parseTokens, variantOf, type TreeNode } from "./parser.ts";

/** Keywords after which an expression begins: a literal there is no `type 'text'` constant. */
const beforeExpression: ReadonlySet<string> = new Set(
  (
    "like and or not when then else in between values select where having on limit offset glob match regexp rlike case " +
    "return returning is default by set"
  ).split(" "),
);

/** A token of the bound text; `quoted`: the hole stood in a literal, which proves that a value does. */
interface Part {
  readonly token: Token;
  readonly quoted: boolean;
}

const gap = ({ kind }: Token) => kind === "space" || kind === "comment";

const plain = (kind: Token["kind"], text: string): Part => ({
  token: { kind, text },
  quoted: false,
});
const holePart = (quoted: boolean): Part => ({ token: { kind: "hole", text: "?" }, quoted });

function between(parts: readonly Part[], open: string, join: string, close: string): Part[] {
  const joined = parts.flatMap((part, index) =>
    index === 0 ? [part] : [plain("sign", join), part],
  );
  return [plain("sign", open), ...joined, plain("sign", close)];
}

/** `'${x}'` is the value itself; `'%${x}%'` is a concatenation. */
function literalParts(text: string, dialect: LexedDialect): Part[] {
  const quote = text.at(-1) ?? "'";
  const pieces = text.slice(1, -1).split(holeMark);
  const operands = pieces.flatMap((piece, index) => [
    ...(piece === "" ? [] : [plain("text", `${quote}${piece}${quote}`)]),
    ...(index < pieces.length - 1 ? [holePart(true)] : []),
  ]);
  if (operands.length === 1) return operands;
  return dialect === "mysql"
    ? [plain("word", "CONCAT"), ...between(operands, "(", ",", ")")]
    : between(operands, "(", " || ", ")");
}

function holesIn(text: string): number {
  return text.split(holeMark).length - 1;
}

function literalFault(token: Token, lastWord: string): string | null {
  if (!/^['"]/.test(token.text)) return "stands inside a literal of another kind";
  if (token.text.includes(`\\${holeMark}`)) return "stands after a backslash";
  return lastWord === "" || beforeExpression.has(lastWord)
    ? null
    : `stands in a literal after the name ${lastWord}`;
}

const touchable: ReadonlySet<string> = new Set(["space", "comment", "sign"]);

function bareFault(tokens: readonly Token[], at: number): string | null {
  const around = [tokens[at - 1], tokens[at + 1]];
  const free = around.every(
    (token) => token === undefined || (touchable.has(token.kind) && token.text !== "."),
  );
  return free ? null : "is part of a name or a token";
}

function tokenFault(tokens: readonly Token[], at: number, lastWord: string): string | null {
  const token = tokens[at];
  if (token === undefined || !token.text.includes(holeMark)) return null;
  if (token.kind === "hole") return bareFault(tokens, at);
  if (token.kind === "text") return literalFault(token, lastWord);
  return token.kind === "comment" ? "stands inside a comment" : "stands inside a quoted name";
}

class Refusal extends Error {}

function partsOf(tokens: readonly Token[], dialect: LexedDialect): Part[] {
  const parts: Part[] = [];
  let hole = 1;
  let lastWord = "";
  for (const [at, token] of tokens.entries()) {
    const fault = tokenFault(tokens, at, lastWord);
    if (fault !== null) throw new Refusal(`hole ${hole} ${fault}`);
    const count = holesIn(token.text);
    hole += count;
    if (token.kind === "hole") parts.push(holePart(false));
    else if (count > 0) parts.push(...literalParts(token.text, dialect));
    else parts.push({ token, quoted: false });
    if (!gap(token)) lastWord = token.kind === "word" ? token.text.toLowerCase() : "";
  }
  return parts;
}

const keyLists: ReadonlySet<string> = new Set(["order_by", "group_by", "partition_by", "OrderBy"]);
const conditions: ReadonlySet<string> = new Set(["selection", "having", "On", "filter"]);

function isSortKey(place: Place): boolean {
  for (let at = place.parent; at !== null; at = at.parent) {
    if (keyLists.has(at.key)) return true;
    if (at.key === "projection" || at.key === "returning") return false;
  }
  return false;
}

/** A whole list may have been joined into the only hole of `IN (…)` or `VALUES (…)`. */
function isListPlace(place: Place): boolean {
  const list = place.parent?.parent ?? null;
  if (!Array.isArray(list?.node) || list.node.length !== 1) return false;
  if (list.key === "list") return true;
  if (list.key !== "content") return false;
  const columns = insertAbove(list)?.["columns"];
  return !Array.isArray(columns) || columns.length !== 1;
}

/** One of several values of a row: `VALUES (…, …)`. */
function isRowValue(place: Place): boolean {
  const list = place.parent?.parent ?? null;
  return list?.key === "content" && Array.isArray(list.node);
}

/** What a whole place is when it is no value's. */
function structuralFault(place: Place): string | null {
  if (isSortKey(place)) return "a sort or group key";
  if (conditions.has(place.parent?.key ?? "")) return "a condition";
  return isListPlace(place) ? "a list" : null;
}

/** What stands left of a pattern, a range or a list is the column. */
function isLeft(place: Place): boolean {
  return place.parent?.key === "expr";
}

function placeFault(place: Place, quoted: boolean): string | null {
  const fault = structuralFault(place);
  if (fault !== null || quoted) return fault;
  if (isRowValue(place)) return null;
  const meeting = meetingOf(place);
  if (meeting === null) return "a place that a column may take";
  return isLeft(place) || meeting.how === "subselect" ? "the left side of a comparison" : null;
}

const withValues: ReadonlySet<string> = new Set(["Query", "Insert", "Update", "Delete"]);

function proofFault(statement: TreeNode, parts: readonly Part[]): string | null {
  if (!withValues.has(variantOf(statement)?.[0] ?? ""))
    return "a statement of this kind takes no values";
  const places = parameterPlaces(statement);
  const written = parts.filter(({ token }) => token.kind === "hole" || token.kind === "parameter");
  if (places.length !== written.length) return "a value does not stand in the statement's tree";
  let hole = 0;
  for (const [index, { token, quoted }] of written.entries()) {
    if (token.kind !== "hole") continue;
    hole += 1;
    const place = places[index];
    const fault =
      place === undefined || !isTreeNode(place.node) ? "nothing" : placeFault(place, quoted);
    if (fault !== null) return `hole ${hole} stands for ${fault}`;
  }
  return null;
}

function bindTokens(tokens: readonly Token[], dialect: LexedDialect): BoundText {
  const parts = partsOf(tokens, dialect);
  const bound = parts.map(({ token }) => token);
  const parsed = parseTokens(bound, dialect);
  if (!parsed.ok) return refuse("the text does not parse with values in its holes");
  const [statement, ...others] = parsed.statements;
  if (statement === undefined || others.length > 0) return refuse("the text is not one statement");
  const fault = proofFault(statement, parts);
  if (fault !== null) return refuse(fault);
  const numbers = parameterNumbers(bound, dialect);
  const holes = placeholders(bound).flatMap(({ kind }, index) =>
    kind === "hole" ? [numbers[index] ?? 0] : [],
  );
  return { ok: true, statement: bound.map(({ text }) => text).join(""), holes };
}

/** Binds a text; needs the parser loaded. Never throws for any text. */
export function bindLexed(parts: readonly string[], dialect: LexedDialect): BoundText {
  const text = parts.join(holeMark);
  if (parts.some((part) => part.includes(holeMark)))
    return refuse("the text holds a character that no statement has");
  const limit = textFault(text);
  if (limit !== null) return refuse(limit);
  const lexed = lexText(text, dialect);
  if (!lexed.ok) return refuse(lexed.reason);
  // A number of its own may meet the one that a hole would take.
  if (
    parts.length > 1 &&
    lexed.tokens.some(({ kind, text: own }) => kind === "parameter" && own !== "?")
  )
    return refuse("the text has placeholders of its own numbering");
  try {
    return bindTokens(lexed.tokens, dialect);
  } catch (error) {
    if (error instanceof Refusal) return refuse(error.message);
    if (error instanceof RangeError) return refuse("nested too deeply");
    throw error;
  }
}
