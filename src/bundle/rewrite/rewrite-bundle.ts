/**
 * The rewriter: takes a bundle and what the analysis found in it, gives the governed files. Every change is a splice;
 * nothing is reprinted, nothing is read from or written to disk here.
 */
import { posix } from "node:path";
import { sha256Hex } from "../../contract/canonical-json.ts";
import { GovernError } from "../../errors/govern-error.ts";
import type { Analysis, Cut } from "../analysis.ts";
import type { Bundle, BundleFile } from "../files/bundle.ts";
import { holds } from "../files/script-place.ts";
import { readMap } from "../files/map-text.ts";
import { leftoverSplices } from "./credentials.ts";
import { scriptSplices } from "./cut-splices.ts";
import { mountOf, pageSplices, proxyFolder } from "./html.ts";
import { IntegrityIndex, integrityOf, type IntegrityUse } from "./integrity.ts";
import { planNames, referenceSplice, type Draft, type NamePlan } from "./names.ts";
import { proxyFile, proxyStatement, type ProxySource } from "./proxy-text.ts";
import { chainMap, mapComment } from "./source-maps.ts";
import {
  applySplices,
  orderSplices,
  touches,
  type FileLog,
  type Splice,
  type SpliceLog,
} from "./splices.ts";
import { bytesOf, textOf } from "./text.ts";

export interface RewrittenBundle {
  /** The served files by path, sorted. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Chained source maps by path, sorted. */
  readonly maps: ReadonlyMap<string, Uint8Array>;
  /** Path in the input → path in the output, of the files whose path changed. */
  readonly renames: ReadonlyMap<string, string>;
  readonly log: SpliceLog;
}

interface Work {
  readonly bundle: Bundle;
  readonly cuts: readonly Cut[];
  readonly statement: string;
  readonly proxyPath: string;
}

function fileSplices(work: Work, file: BundleFile, text: string): Splice[] {
  const cuts = work.cuts.filter((cut) => cut.file === file.path);
  const scripts = work.bundle.scripts.filter((script) => script.file === file.path);
  const statement = file.kind === "html" ? null : work.statement;
  const inScripts = scripts.flatMap((script) => [
    ...scriptSplices(script, cuts, text, statement),
    ...(mapSplice(script.code, script.offset) ?? []),
  ]);
  const own = [
    ...inScripts,
    ...(file.kind === "style" ? (styleSplice(text) ?? []) : []),
    ...(file.kind === "html" ? pageSplices(work.bundle, file, text, work.proxyPath) : []),
    ...cuts.filter((cut) => !scripts.some((script) => holds(script, cut))).flatMap(outsideSplice),
  ];
  return orderSplices([...own, ...leftoverSplices(text, own, work.cuts)], file.path);
}

function mapSplice(code: string, offset: number): Splice[] | null {
  const comment = mapComment(code, "script", offset);
  return comment && [comment];
}

function styleSplice(text: string): Splice[] | null {
  const comment = mapComment(text, "style");
  return comment && [comment];
}

/** Outside any script stand addresses of elements, and credentials, in an attribute or in a JSON file. */
function outsideSplice(cut: Cut): Splice[] {
  if (cut.kind === "credential" || cut.kind === "address")
    return [{ start: cut.start, end: cut.end, text: cut.replacement }];
  throw new GovernError("internal", `a cut in ${cut.file} lies outside its scripts`);
}

function draftsOf(work: Work): Draft[] {
  return [...work.bundle.files.values()].flatMap((file) => {
    const text = file.kind === "map" ? null : textOf(file);
    if (text === null) return [];
    return [{ path: file.path, kind: file.kind, text, splices: fileSplices(work, file, text) }];
  });
}

/** Writes the drafts out, an integrity value's file before the file that holds the value. */
class Finisher {
  readonly #drafts: ReadonlyMap<string, Draft>;
  readonly #uses: ReadonlyMap<string, readonly IntegrityUse[]>;
  readonly #plan: NamePlan;
  readonly #work: Work;
  readonly #done = new Map<string, Uint8Array>();
  readonly logs = new Map<string, FileLog>();
  readonly maps = new Map<string, Uint8Array>();

  constructor(
    work: Work,
    drafts: readonly Draft[],
    uses: ReadonlyMap<string, readonly IntegrityUse[]>,
    plan: NamePlan,
  ) {
    this.#work = work;
    this.#drafts = new Map(drafts.map((draft) => [draft.path, draft]));
    this.#uses = uses;
    this.#plan = plan;
  }

  #pathOf(path: string): string {
    return this.#plan.renames.get(path) ?? path;
  }

  /** The final bytes of an input file. */
  bytes(file: BundleFile): Uint8Array {
    const known = this.#done.get(file.path);
    if (known !== undefined) return known;
    // A digest cannot hold itself: what asks for a file while it is being written gets the original.
    this.#done.set(file.path, file.bytes);
    const draft = this.#drafts.get(file.path);
    const splices = draft === undefined ? [] : this.#splices(draft);
    const bytes =
      draft === undefined || splices.length === 0 ? file.bytes : this.#write(draft, splices);
    this.#done.set(file.path, bytes);
    this.logs.set(file.path, {
      from: file.path,
      to: this.#pathOf(file.path),
      splices: splices.map((splice) => ({
        ...splice,
        original: draft?.text.slice(splice.start, splice.end) ?? "",
      })),
    });
    return bytes;
  }

  #splices(draft: Draft): Splice[] {
    const names = (this.#plan.references.get(draft.path) ?? []).map((reference) =>
      referenceSplice(reference, this.#pathOf(reference.target)),
    );
    const values = (this.#uses.get(draft.path) ?? []).map(({ start, end, algorithm, target }) => {
      const file = this.#work.bundle.files.get(target) as BundleFile;
      return { start, end, text: integrityOf(this.bytes(file), algorithm) };
    });
    return orderSplices([...draft.splices, ...names, ...values], draft.path);
  }

  #write(draft: Draft, splices: readonly Splice[]): Uint8Array {
    const output = applySplices(draft.text, splices);
    if (draft.kind === "script" || draft.kind === "style") {
      const original = readMap(this.#work.bundle, draft.path);
      const path = this.#pathOf(draft.path);
      const chained = original && chainMap(output, original, path);
      if (chained !== null) this.maps.set(`${path}.map`, bytesOf(chained));
    }
    return bytesOf(output.toString());
  }
}

/** Maps hold sources; a compressed copy would bring back the original of a file that was rewritten. */
function isServed({ path, kind }: BundleFile, { files }: Bundle): boolean {
  if (kind === "map") return false;
  const [, original] = /^(.+)\.(?:gz|br|zst)$/.exec(path) ?? [];
  return original === undefined || !files.has(original);
}

function sorted<V>(map: Iterable<readonly [string, V]>): Map<string, V> {
  return new Map([...map].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The same files in the folder that their pages address them in. */
function mounted(result: RewrittenBundle, mount: string): RewrittenBundle {
  if (mount === "") return result;
  const moved = <V>(files: ReadonlyMap<string, V>): Map<string, V> =>
    new Map([...files].map(([path, bytes]) => [mount + path, bytes]));
  const { log } = result;
  return {
    ...result,
    files: moved(result.files),
    maps: moved(result.maps),
    renames: sorted(log.files.map(({ from, to }) => [from, mount + to] as const)),
    log: {
      ...log,
      files: log.files.map((file) => ({ ...file, to: mount + file.to })),
      added: log.added.map((path) => mount + path),
    },
  };
}

function startWork(
  bundle: Bundle,
  analysis: Analysis,
  proxy: ProxySource,
): Work & { added: [string, string][]; mount: string } {
  const pages = [...bundle.files.values()].flatMap((file) => {
    const html = file.kind === "html" ? textOf(file) : null;
    return html === null ? [] : [{ path: file.path, html }];
  });
  const { name, text } = proxyFile(proxy, bundle.digest);
  const proxyPath = posix.join(proxyFolder(bundle, pages), name);
  return {
    bundle,
    cuts: analysis.cuts,
    statement: proxyStatement(proxy, bundle.digest),
    proxyPath,
    mount: mountOf(bundle, pages),
    added: pages.length === 0 ? [] : [[proxyPath, text]],
  };
}

/**
 * Rewrites a bundle by the cuts of its analysis. The output is a function of its arguments: the same input gives the same
 * bytes. It is not verified yet: see verify-rewritten.ts.
 * @throws GovernError `internal` when cuts overlap.
 */
export function rewriteBundle(
  bundle: Bundle,
  analysis: Analysis,
  options: { readonly proxy: string; readonly version: string },
): RewrittenBundle {
  const work = startWork(bundle, analysis, { text: options.proxy, version: options.version });
  const drafts = draftsOf(work);
  const index = new IntegrityIndex(bundle.files.values());
  const uses = new Map(
    drafts.map(({ path, text, splices }) => [
      path,
      index.usesIn(text).filter((use) => !touches(use, splices)),
    ]),
  );
  const own = new Map(
    drafts.map(({ path, text, splices }) => [
      path,
      sha256Hex(applySplices(text, splices).toString()),
    ]),
  );
  const targets = new Map(
    [...uses].map(([path, list]) => [path, list.map(({ target }) => target)]),
  );
  const plan = planNames(bundle.files.values(), drafts, own, targets);
  const finisher = new Finisher(work, drafts, uses, plan);
  const served = [...bundle.files.values()].filter((file) => isServed(file, bundle));
  const files = served.map(
    (file) => [plan.renames.get(file.path) ?? file.path, finisher.bytes(file)] as const,
  );
  const result: RewrittenBundle = {
    files: sorted([...files, ...work.added.map(([path, text]) => [path, bytesOf(text)] as const)]),
    maps: sorted(finisher.maps),
    renames: sorted(plan.renames),
    log: {
      files: [...finisher.logs.values()],
      added: work.added.map(([path]) => path),
      removed: [...bundle.files.values()].filter((file) => !isServed(file, bundle)),
    },
  };
  return mounted(result, work.mount);
}
