/** Binds the holes of an interpolated Postgres text as parameters, each by its place, and proves the result on its tree. */
import { refuse, type BoundText } from "../bound-text.ts";
import { readHoles, type Piece } from "./holes.ts";
import { parameterNumber, parameterPlaces, type Place } from "./parameters.ts";
import { parseText, type TreeNode } from "./parser.ts";
import { takesValues, valuePlaceFault } from "./value-place.ts";

type LiteralPiece = Extract<Piece, { kind: "literal" }>;

/** Keywords after which an expression begins: a literal there is no `type 'text'` constant. */
const beforeExpression: ReadonlySet<string> = new Set(
  (
    "like ilike to and or not when then else in between symmetric values select where having on limit offset from for " +
    "all any some distinct escape case return returning is default by"
  ).split(" "),
);

/** Types whose `type 'text'` constants are rewritten as casts. */
const castable: ReadonlySet<string> = new Set(
  "interval date time timestamp timestamptz timetz uuid json jsonb numeric text".split(" "),
);

const intervalFields = /^\s*(?:year|month|day|hour|minute|second)\b/i;

function literalFault({ after, before, firstHole }: LiteralPiece): string | null {
  if (after === "" || beforeExpression.has(after)) return null;
  if (!castable.has(after))
    return `hole ${firstHole + 1} stands in a literal after the name ${after}`;
  return intervalFields.test(before)
    ? `hole ${firstHole + 1} stands before an interval field`
    : null;
}

/** `'${x}'` is the value itself; `'%${x}%'` is `('%' || $1 || '%')`. */
function literalText({ parts, prefix, firstHole }: LiteralPiece, first: number): string {
  const operands = parts.flatMap((part, index) => [
    ...(part === "" ? [] : [`${prefix}'${part}'`]),
    ...(index < parts.length - 1 ? [`$${first + firstHole + index}`] : []),
  ]);
  if (operands.length === 1) return operands[0] ?? "";
  // Two values alone would be joined by their own type: the blank text makes it a text.
  const whole = parts.every((part) => part === "") ? ["''", ...operands] : operands;
  return `(${whole.join(" || ")})`;
}

/** Takes back the type's name that was written before a literal; the cast names it after. */
function takeTypeName(out: string[]): string {
  let at = out.length - 1;
  while (at >= 0 && (out[at] ?? "").trim() === "") at -= 1;
  const name = out[at] ?? "";
  out.splice(at, 1);
  return name;
}

/** Writes the text; `first` is the number of the first hole. */
function render(pieces: readonly Piece[], first: number): string {
  const out: string[] = [];
  for (const piece of pieces) {
    if (piece.kind === "bare") out.push(`$${first + piece.hole}`);
    else if (piece.kind !== "literal") out.push(piece.text);
    else if (castable.has(piece.after)) {
      const type = takeTypeName(out);
      out.push(`CAST(${literalText(piece, first)} AS ${type})`);
    } else out.push(literalText(piece, first));
  }
  return out.join("");
}

const tableWords = /^(?:from|join|into|update|table|only|using)$/;

/** What a hole must be where no value parses. */
function syntaxReason(pieces: readonly Piece[], reason: string, first: number): string {
  const number = Number(/near "\$(\d+)"/.exec(reason)?.[1]);
  const hole = number - first;
  const piece = pieces.find((one) => one.kind === "bare" && one.hole === hole);
  if (piece?.kind !== "bare") return `the text does not parse with values in its holes: ${reason}`;
  const what = tableWords.test(piece.after)
    ? "a table's name"
    : "a name, a keyword or a piece of SQL";
  const where = piece.after === "" ? "" : ` (after ${piece.after.toUpperCase()})`;
  return `hole ${hole + 1} stands for ${what}${where}`;
}

/** Parameters by place in the text: a row that is assigned to several columns stands in the tree once for each. */
function distinctPlaces(places: readonly Place[]): Place[] {
  return [...new Map(places.map((place) => [String(place.node["location"]), place])).values()];
}

interface Candidate {
  readonly pieces: readonly Piece[];
  readonly first: number;
  readonly holes: number;
}

function quotedHoles(pieces: readonly Piece[]): ReadonlySet<number> {
  return new Set(
    pieces.flatMap((piece) =>
      piece.kind === "literal"
        ? piece.parts.slice(1).map((_part, index) => piece.firstHole + index)
        : [],
    ),
  );
}

const sorted = (numbers: readonly number[]): string => numbers.toSorted((a, b) => a - b).join();

/** Proves that the tree holds exactly the parameters that were written, and each hole's where a value stands. */
function proofFault(statement: TreeNode, { pieces, first, holes }: Candidate): string | null {
  if (!takesValues(statement)) return "a statement of this kind takes no values";
  const places = parameterPlaces(statement);
  const written = pieces.flatMap((piece) => (piece.kind === "parameter" ? [piece.number] : []));
  for (let hole = 0; hole < holes; hole += 1) written.push(first + hole);
  const found = distinctPlaces(places).map(parameterNumber);
  if (sorted(found) !== sorted(written)) return "a value does not stand in the statement's tree";
  const quoted = quotedHoles(pieces);
  for (let hole = 0; hole < holes; hole += 1) {
    const faults = places
      .filter((place) => parameterNumber(place) === first + hole)
      .map((place) => valuePlaceFault(place, quoted.has(hole)));
    if (!faults.includes(null)) return `hole ${hole + 1} stands for ${faults[0]}`;
  }
  return null;
}

function bindPieces(candidate: Candidate): BoundText {
  const { pieces, first, holes } = candidate;
  for (const piece of pieces) {
    const fault = piece.kind === "literal" ? literalFault(piece) : null;
    if (fault !== null) return refuse(fault);
  }
  const statement = render(pieces, first);
  const parsed = parseText(statement);
  if (!parsed.ok) return refuse(syntaxReason(pieces, parsed.reason, first));
  const [tree, ...others] = parsed.statements;
  if (tree === undefined || others.length > 0) return refuse("the text is not one statement");
  const fault = proofFault(tree, candidate);
  if (fault !== null) return refuse(fault);
  return { ok: true, statement, holes: Array.from({ length: holes }, (_, hole) => first + hole) };
}

/** Binds a text; needs the parser loaded. Never throws for any text. */
export function bindPostgres(parts: readonly string[]): BoundText {
  const read = readHoles(parts);
  if (!read.ok) return refuse(read.reason);
  const numbers = read.pieces.map((piece) => (piece.kind === "parameter" ? piece.number : 0));
  const candidate = {
    pieces: read.pieces,
    first: numbers.reduce((most, number) => Math.max(most, number), 0) + 1,
    holes: Math.max(0, parts.length - 1),
  };
  if (candidate.first + candidate.holes > 65_535) return refuse("too many parameters");
  try {
    return bindPieces(candidate);
  } catch (error) {
    if (error instanceof RangeError) return refuse("nested too deeply");
    throw error;
  }
}
