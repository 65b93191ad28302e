/** Cuts from their drafts: spans in files, and the sites and operations by their ids. */
import type { Site } from "../../contract/build.ts";
import { operationId } from "../../contract/operation-id.ts";
import type { Cut } from "../analysis.ts";
import { strippedText } from "../operations/credentials.ts";
import type { CutDraft, SiteDraft } from "../recognizers/recognizer.ts";
import type { SecretDraft } from "../recognizers/literal-secrets.ts";
import type { Places } from "./places.ts";

/** A literal's replacement keeps its quotes; a part of a template has none. */
function replacementFor(text: string): string {
  const quote = text[0];
  return quote === '"' || quote === "'" || quote === "`"
    ? `${quote}${strippedText}${quote}`
    : strippedText;
}

function cutOf(draft: CutDraft, site: string, places: Places): Cut {
  const span = places.span(draft.at);
  if ("operation" in draft) {
    const holes = draft.holes.map((hole) => ({
      start: places.span(hole).start,
      end: places.span(hole).end,
    }));
    return { ...span, kind: "text", operation: operationId(draft.operation), holes };
  }
  if ("options" in draft) {
    const options = draft.options === null ? null : places.span(draft.options);
    return {
      ...span,
      ...draft.cut,
      site,
      options: options === null ? null : { start: options.start, end: options.end },
    };
  }
  if (draft.cut.kind === "global") return { ...span, ...draft.cut, site };
  const text = places.textOf(draft.at);
  const within = "within" in draft && draft.within !== undefined ? text.indexOf(draft.within) : -1;
  if (within >= 0 && "within" in draft && draft.within !== text) {
    const start = span.start + within;
    const run = { file: span.file, start, end: start + String(draft.within).length };
    return { ...run, ...draft.cut, replacement: strippedText };
  }
  return { ...span, ...draft.cut, replacement: replacementFor(text) };
}

function key(cut: Cut): string {
  return `${cut.kind} ${cut.file} ${cut.start} ${cut.end}`;
}

/** All cuts, in order of file and position, each run once. */
export function cutsOf(found: {
  readonly numbered: readonly { site: Site; draft: SiteDraft }[];
  readonly secrets: readonly SecretDraft[];
  readonly places: Places;
}): Cut[] {
  const cuts = new Map<string, Cut>();
  const add = (cut: Cut): void => {
    if (!cuts.has(key(cut))) cuts.set(key(cut), cut);
  };
  for (const { site, draft } of found.numbered) {
    for (const cut of draft.cuts) add(cutOf(cut, site.id, found.places));
  }
  for (const secret of found.secrets) add(cutOf(secret.cut, "", found.places));
  return [...cuts.values()].toSorted((a, b) =>
    a.file === b.file ? a.start - b.start || b.end - a.end : a.file < b.file ? -1 : 1,
  );
}
