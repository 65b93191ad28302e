/** Path templates: `/accounts/{accountId}/notes-{id}.json`, `/files/{rest*}`. Parsed once, matched and rendered often. */
import { GovernError } from "../../errors/govern-error.ts";

type Piece = { readonly text: string } | { readonly hole: string };

/** One segment of a template; `rank` orders them: literal 3, mixed 2, hole 1, many 0. */
type TemplateSegment =
  | { readonly kind: "literal"; readonly rank: 3; readonly raw: string; readonly text: string }
  | { readonly kind: "mixed"; readonly rank: 2; readonly pieces: readonly Piece[] }
  | { readonly kind: "hole"; readonly rank: 1; readonly hole: string }
  | { readonly kind: "many"; readonly rank: 0; readonly hole: string };

export interface PathTemplate {
  readonly segments: readonly TemplateSegment[];
  /** Holes whose value may hold slashes that the page encoded. */
  readonly encodedSlash: ReadonlySet<string>;
}

function decodedLiteral(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

function piecesOf(segment: string): Piece[] {
  return segment
    .split(/(\{[^{}]+\})/)
    .filter((piece) => piece !== "")
    .map((piece) =>
      piece.startsWith("{") ? { hole: piece.slice(1, -1) } : { text: decodedLiteral(piece) },
    );
}

function parseSegment(segment: string): TemplateSegment {
  const whole = /^\{([^{}*]+)(\*?)\}$/.exec(segment);
  if (whole?.[1] !== undefined) {
    return whole[2] === "*"
      ? { kind: "many", rank: 0, hole: whole[1] }
      : { kind: "hole", rank: 1, hole: whole[1] };
  }
  if (!segment.includes("{")) {
    return { kind: "literal", rank: 3, raw: segment, text: decodedLiteral(segment) };
  }
  return { kind: "mixed", rank: 2, pieces: piecesOf(segment) };
}

/** Parses a template; more than one `{rest*}` or a hole named twice is a GovernError `file-invalid`. */
export function parseTemplate(path: string, encodedSlash: readonly string[] = []): PathTemplate {
  const segments = path.slice(1).split("/").map(parseSegment);
  const holes = segments.flatMap(holesOf);
  const many = segments.filter((segment) => segment.kind === "many").length;
  if (many > 1 || new Set(holes).size !== holes.length) {
    throw new GovernError("file-invalid", `The path template ${path} cannot be matched.`, {
      next: "Run govern import again; a hand-written template needs distinct holes and one {rest*} at most.",
    });
  }
  return { segments, encodedSlash: new Set(encodedSlash) };
}

/** Names of the holes of a segment, in order. */
function holesOf(segment: TemplateSegment): string[] {
  if (segment.kind === "literal") return [];
  if (segment.kind === "mixed") {
    return segment.pieces.flatMap((piece) => ("hole" in piece ? [piece.hole] : []));
  }
  return [segment.hole];
}

type Holes = Map<string, string>;

/** Matches text and holes left to right, each hole as short as the text after it allows; linear in the segment. */
function matchPieces(pieces: readonly Piece[], segment: string, holes: Holes): boolean {
  let at = 0;
  let open: string | undefined;
  const last = pieces.length - 1;
  for (const [index, piece] of pieces.entries()) {
    if ("hole" in piece) {
      if (open !== undefined) {
        if (at >= segment.length) return false;
        holes.set(open, segment.slice(at, at + 1));
        at += 1;
      }
      open = piece.hole;
      continue;
    }
    const found = findText(segment, piece.text, {
      at,
      open: open !== undefined,
      last: index === last,
    });
    if (found === undefined) return false;
    if (open !== undefined) holes.set(open, segment.slice(at, found));
    open = undefined;
    at = found + piece.text.length;
  }
  if (open === undefined) return at === segment.length;
  if (at >= segment.length) return false;
  holes.set(open, segment.slice(at));
  return true;
}

function findText(
  segment: string,
  text: string,
  place: { readonly at: number; readonly open: boolean; readonly last: boolean },
): number | undefined {
  if (!place.open) return segment.startsWith(text, place.at) ? place.at : undefined;
  if (place.last) {
    const found = segment.length - text.length;
    return found > place.at && segment.endsWith(text) ? found : undefined;
  }
  const found = segment.indexOf(text, place.at + 1);
  return found < 0 ? undefined : found;
}

function takesSlash(template: PathTemplate, holes: readonly string[]): boolean {
  return holes.some((hole) => template.encodedSlash.has(hole));
}

function matchOne(
  template: PathTemplate,
  part: TemplateSegment,
  segment: string,
  holes: Holes,
): boolean {
  if (part.kind === "literal") return part.text === segment;
  if (segment === "") return false;
  if (segment.includes("/") && !takesSlash(template, holesOf(part))) return false;
  if (part.kind === "mixed") return matchPieces(part.pieces, segment, holes);
  holes.set(part.hole, segment);
  return true;
}

/**
 * Matches decoded segments: a hole takes one non-empty segment, `{rest*}` one or more. Gives the holes' values, or
 * undefined.
 */
export function matchTemplate(
  template: PathTemplate,
  segments: readonly string[],
): ReadonlyMap<string, string> | undefined {
  const parts = template.segments;
  const manyAt = parts.findIndex((part) => part.kind === "many");
  const spare = segments.length - parts.length;
  if (manyAt < 0 ? spare !== 0 : spare < 0) return undefined;
  const holes: Holes = new Map();
  let at = 0;
  for (const part of parts) {
    if (part.kind === "many") {
      const taken = segments.slice(at, at + spare + 1);
      if (taken.some((segment) => segment === "" || segment.includes("/"))) return undefined;
      holes.set(part.hole, taken.join("/"));
      at += spare + 1;
    } else {
      if (!matchOne(template, part, segments[at] as string, holes)) return undefined;
      at += 1;
    }
  }
  return holes;
}

function renderSegment(part: TemplateSegment, holes: Readonly<Record<string, string>>): string {
  const valueOf = (hole: string): string => (Object.hasOwn(holes, hole) ? (holes[hole] ?? "") : "");
  switch (part.kind) {
    case "literal":
      return part.raw;
    case "hole":
      return encodeURIComponent(valueOf(part.hole));
    case "many":
      return valueOf(part.hole).split("/").map(encodeURIComponent).join("/");
    case "mixed":
      return part.pieces
        .map((piece) => encodeURIComponent("hole" in piece ? valueOf(piece.hole) : piece.text))
        .join("");
  }
}

/** Renders a template with the holes' values, each re-encoded: the path that goes upstream. */
export function renderTemplate(
  template: PathTemplate,
  holes: Readonly<Record<string, string>>,
): string {
  return `/${template.segments.map((part) => renderSegment(part, holes)).join("/")}`;
}

/** Orders two templates that match the same path, segment by segment: above 0 if the first is more specific. */
export function compareTemplates(first: PathTemplate, second: PathTemplate): number {
  const shared = Math.max(first.segments.length, second.segments.length);
  for (let at = 0; at < shared; at++) {
    const difference = (first.segments[at]?.rank ?? -1) - (second.segments[at]?.rank ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
