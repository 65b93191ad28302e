/** Cuts from their drafts: spans in files, and the sites and operations by their ids. */
import type { Site } from "../../contract/build.ts";
import { operationId } from "../../contract/operation-id.ts";
import type { CredentialCut, Cut } from "../analysis.ts";
import { strippedText } from "../credentials/scan-text.ts";
import type { CredentialDraft } from "../operations/credentials.ts";
import type { CutDraft, SiteDraft } from "../recognizers/recognizer.ts";
import type { Places } from "./places.ts";

/** A literal's replacement keeps its quotes; a part of a template has none. */
function replacementFor(text: string): string {
  const quote = text[0];
  return quote === '"' || quote === "'" || quote === "`"
    ? `${quote}${strippedText}${quote}`
    : strippedText;
}

type CredentialCutDraft = Extract<CutDraft, { readonly within?: string }>;

function isCredential(draft: CutDraft): draft is CredentialCutDraft {
  return draft.cut.kind === "credential";
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
  if (draft.cut.kind === "base") return { ...span, ...draft.cut };
  if (!isCredential(draft)) return { ...span, ...draft.cut, site };
  return credentialCut(draft.cut, { span, text: places.textOf(draft.at), within: draft.within });
}

/** The whole literal, or the run of it that holds the credential. */
function credentialCut(
  cut: Omit<CredentialCut, "file" | "start" | "end">,
  at: { span: Pick<Cut, "file" | "start" | "end">; text: string; within: string | undefined },
): CredentialCut {
  const { span, text, within } = at;
  const offset = within === undefined || within === text ? -1 : text.indexOf(within);
  if (within === undefined || offset < 0) {
    return { ...span, ...cut, replacement: replacementFor(text) };
  }
  const start = span.start + offset;
  return { ...cut, file: span.file, start, end: start + within.length, replacement: strippedText };
}

function key(cut: Cut): string {
  const value = cut.kind === "credential" ? cut.value : "";
  return `${cut.kind} ${cut.file} ${cut.start} ${cut.end} ${value}`;
}

/** The cuts of sites and of loose credentials, each run once. */
export function cutsOf(found: {
  readonly numbered: readonly { site: Site; draft: SiteDraft }[];
  /** Credentials that no site sends. */
  readonly loose: readonly CredentialDraft[];
  readonly places: Places;
}): Cut[] {
  const cuts = new Map<string, Cut>();
  const add = (cut: Cut): void => {
    if (!cuts.has(key(cut))) cuts.set(key(cut), cut);
  };
  for (const { site, draft } of found.numbered) {
    for (const cut of draft.cuts) add(cutOf(cut, site.id, found.places));
  }
  for (const { cut } of found.loose) add(cutOf(cut, "", found.places));
  return [...cuts.values()];
}

/** In order of file and position. */
export function sortCuts(cuts: readonly Cut[]): Cut[] {
  return cuts.toSorted((a, b) =>
    a.file === b.file ? a.start - b.start || b.end - a.end : a.file < b.file ? -1 : 1,
  );
}
