/**
 * The analysis of a bundle: every place that talks to a network or SQL client, the operations it can send, what is wrong
 * with it, and the cuts that the rewriter makes. It reads and reports; it writes and runs nothing.
 */
import type { Finding, Observations, Site, SiteCall } from "../contract/build.ts";
import { operationId } from "../contract/operation-id.ts";
import { GovernError } from "../errors/govern-error.ts";
import type { Analysis } from "./analysis.ts";
import { scanBundle } from "./credentials/scan-bundle.ts";
import { splitCredentials } from "./credentials/split-credentials.ts";
import { Evaluator } from "./evaluate/evaluator.ts";
import type { Bundle } from "./files/bundle.ts";
import { observe } from "./har/observe.ts";
import type { Recording } from "./har/read-har.ts";
import { markupSites } from "./markup/markup-sites.ts";
import { Program } from "./modules/program.ts";
import { refuseServerCode } from "./modules/server-code.ts";
import { splitDrafts } from "./operations/credentials.ts";
import { OperationSet } from "./operations/merge.ts";
import { classifyOrigins } from "./origins/origin-class.ts";
import { withoutOwnFiles } from "./origins/own-files.ts";
import { DeadCode } from "./recognizers/dead-code.ts";
import type { RecognizerContext, SiteDraft } from "./recognizers/recognizer.ts";
import { recognizers } from "./recognizers/registry.ts";
import { textCredentials, withoutSecrets } from "./report/credentials.ts";
import { cutsOf, sortCuts } from "./report/cuts.ts";
import { externalsOf } from "./report/external.ts";
import { findingsOf, unreadableFindings } from "./report/findings.ts";
import { marksOf } from "./report/script-marks.ts";
import { Places, type NodePlace } from "./report/places.ts";

export interface AnalyzeOptions {
  /** Told what is being done, in a few words. */
  readonly onProgress?: (doing: string) => void;
  /** Recorded traffic of the app, to be held against what is found. */
  readonly recordings?: readonly Recording[];
  /** Whether to keep what makes verifying the rewritten scripts cheap. */
  readonly marks?: boolean;
  /** Told at the end how many expressions were evaluated: a measure of work that is the same on every machine. */
  readonly onWork?: (steps: number) => void;
}

async function collectSites(
  program: Program,
  evaluator: Evaluator,
  options: AnalyzeOptions,
): Promise<SiteDraft[]> {
  const dead = new DeadCode(program);
  const drafts: SiteDraft[] = [];
  const context: RecognizerContext = {
    program,
    evaluator,
    excluded: (node) => dead.reasonFor(node),
    exclude: (nodes, reason) => dead.add(nodes, reason),
    report: (site) => drafts.push(site),
    operations: () => drafts.flatMap(({ operations }) => operations),
    isReported: (node) => drafts.some((draft) => draft.at === node),
  };
  for (const recognizer of recognizers) recognizer.identify?.(context);
  for (const recognizer of recognizers) {
    options.onProgress?.(`looking for ${recognizer.name} calls`);
    await recognizer.find(context);
  }
  options.onWork?.(evaluator.steps);
  return drafts;
}

function placed({ file, line, column, source }: NodePlace): Omit<SiteCall, "operation"> {
  return { file, line, column, ...(source === undefined ? {} : { source }) };
}

/** What people see of a place: the line of its source where a map tells it. */
function shownAs({ file, offset, source }: NodePlace): string {
  return source === undefined ? `${file} ${offset}` : `${source.file}:${source.line}`;
}

function byOperation(one: SiteCall, other: SiteCall): number {
  if (one.operation === other.operation) return 0;
  return one.operation < other.operation ? -1 : 1;
}

/** The calls of a site that stand elsewhere, each once, in order of operation and place. */
function siteCalls(draft: SiteDraft, places: Places): SiteCall[] {
  const found = new Map<string, { call: SiteCall; place: NodePlace }>();
  const own = places.of(draft.at);
  for (const { operation, at } of draft.calls ?? []) {
    const place = places.of(at);
    const id = operationId(operation);
    if (shownAs(place) === shownAs(own)) continue;
    const key = `${id} ${place.file} ${place.offset}`;
    found.set(key, { call: { operation: id, ...placed(place) }, place });
  }
  return [...found.values()]
    .toSorted((a, b) => byOperation(a.call, b.call) || places.compare(a.place, b.place))
    .map(({ call }) => call);
}

interface Numbered {
  readonly site: Site;
  readonly draft: SiteDraft;
}

function numberSites(
  drafts: readonly SiteDraft[],
  places: Places,
  operations: OperationSet,
): Numbered[] {
  const ordered = drafts
    .map((draft) => ({ draft, place: places.of(draft.at) }))
    .toSorted((a, b) => places.compare(a.place, b.place));
  return ordered.map(({ draft, place }, at) => {
    const ids = [...new Set(draft.operations.map((one) => operations.add(one)))].toSorted();
    const calls = siteCalls(draft, places);
    const site: Site = {
      id: `s${at + 1}`,
      recognizer: draft.recognizer,
      ...placed(place),
      status: draft.status,
      ...(draft.reason === undefined ? {} : { reason: draft.reason }),
      operations: ids,
      ...(calls.length > 0 ? { calls } : {}),
    };
    return { site, draft };
  });
}

interface ObservedSites {
  readonly sites: readonly Site[];
  readonly observations?: Observations;
}

/** The sites, the open ones with what recordings show that they sent: these operations are added. */
function observeSites(found: {
  readonly bundle: Bundle;
  readonly numbered: readonly Numbered[];
  readonly operations: OperationSet;
  readonly options: AnalyzeOptions;
}): ObservedSites {
  const { bundle, operations } = found;
  const sites = found.numbered.map(({ site }) => site);
  const recordings = found.options.recordings ?? [];
  if (recordings.length === 0) return { sites };
  const known = operations.sorted();
  const { observations, bySite } = observe({ bundle, operations: known, sites, recordings });
  return {
    observations,
    sites: sites.map((site) => {
      const seen = (bySite.get(site.id) ?? []).map((one) => operations.add(one));
      const ids = [...new Set([...site.operations, ...seen])].toSorted();
      return seen.length === 0 ? site : { ...site, operations: ids };
    }),
  };
}

function sortFindings(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
      a.line - b.line ||
      a.column - b.column ||
      (a.rule < b.rule ? -1 : 1),
  );
}

function hasPage({ files }: Bundle): boolean {
  return [...files.values()].some(({ kind }) => kind === "html");
}

/**
 * Analyzes a bundle under the name of its app. Scripts that do not parse are findings, the others are analyzed.
 *
 * @throws GovernError `bundle-unparsable` if no script parses, `bundle-server`, `operation-collision`.
 */
export async function analyzeBundle(
  bundle: Bundle,
  app: string,
  options: AnalyzeOptions = {},
): Promise<Analysis> {
  const program = new Program(bundle, ({ file }, at, of) => {
    options.onProgress?.(`parsing ${app}: ${file} (${at} of ${of})`);
  });
  const [fault] = program.unparsed;
  // A page without any script may still send a form.
  const isReadable = program.units.length > 0 || (fault === undefined && hasPage(bundle));
  if (!isReadable) {
    const reason =
      fault === undefined ? "no script can be read" : `${fault.script.file}: ${fault.reason}`;
    throw new GovernError(
      "bundle-unparsable",
      `No script of the bundle can be parsed (${reason}).`,
      {
        next: "Give the folder that the build wrote, with its JavaScript, not its source.",
      },
    );
  }
  refuseServerCode(bundle, program);
  const places = new Places(bundle, program);
  const operations = new OperationSet();
  const evaluator = new Evaluator(program);
  const found = await collectSites(program, evaluator, options);
  const drafts = [...found, ...markupSites(bundle, found)];
  const credentials = await scanBundle(bundle);
  const loose = (await splitCredentials(program, evaluator)).flatMap(splitDrafts);
  const told = withoutOwnFiles(withoutSecrets(drafts, credentials), bundle);
  const numbered = numberSites(told, places, operations);
  const claimed = cutsOf({ numbered, loose, places });
  const texts = textCredentials({ credentials, claimed, program, places });
  const observed = observeSites({ bundle, numbered, operations, options });
  const sorted = operations.sorted();
  const findings = [
    ...unreadableFindings(bundle, program, places),
    ...findingsOf({ numbered, loose, operations: sorted, places }),
    ...texts.findings,
  ];
  const cuts = sortCuts([...claimed, ...texts.cuts]);
  return {
    operations: sorted,
    sites: observed.sites,
    findings: sortFindings(findings),
    origins: classifyOrigins(sorted),
    external: externalsOf({ bundle, program, evaluator, places }),
    ...(observed.observations === undefined ? {} : { observations: observed.observations }),
    cuts,
    ...(options.marks === true ? { marks: marksOf(program, cuts) } : {}),
  };
}
