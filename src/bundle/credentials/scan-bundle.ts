/**
 * The credentials of a bundle: every text file of it is looked through, source maps by the sources that they carry. This
 * folder finds and names them; what becomes of them is decided by the report and the rewriter. No value of it is ever printed.
 */
import type { SourcePlace } from "../../contract/build.ts";
import type { Bundle, BundleFile } from "../files/bundle.ts";
import { cleanSource, LineIndex } from "../files/source-maps.ts";
import { textOf } from "../rewrite/text.ts";
import { scanText, type CredentialHit } from "./scan-text.ts";

/** A credential in a file of a bundle. */
export interface BundleCredential extends CredentialHit {
  readonly file: string;
  /** In a source that a map carries: `start` and `end` are then those of the whole map. */
  readonly source?: SourcePlace;
}

interface MapContents {
  readonly sources?: readonly unknown[];
  readonly sourcesContent?: readonly unknown[];
  readonly sections?: readonly { readonly map?: MapContents }[];
}

function parseContents(text: string): MapContents[] {
  try {
    const map = JSON.parse(text.replace(/^\)\]\}'[^\n]*\n/, "")) as MapContents | null;
    if (typeof map !== "object" || map === null) return [];
    const sections = Array.isArray(map.sections) ? map.sections : [];
    return [map, ...sections.flatMap((section) => section?.map ?? [])];
  } catch {
    return [];
  }
}

async function sourceCredentials(
  at: { file: string; start: number; end: number },
  source: unknown,
  content: string,
): Promise<BundleCredential[]> {
  const hits = await scanText(content);
  const lines = hits.length === 0 ? null : new LineIndex(content);
  return hits.map((hit) => ({
    ...hit,
    ...at,
    source: {
      file: cleanSource(typeof source === "string" ? source : ""),
      ...(lines?.at(hit.start) ?? { line: 1, column: 0 }),
    },
  }));
}

async function mapCredentials(
  at: { file: string; start: number; end: number },
  text: string,
): Promise<BundleCredential[]> {
  const found: BundleCredential[] = [];
  for (const { sources, sourcesContent } of parseContents(text)) {
    if (!Array.isArray(sourcesContent)) continue;
    for (const [index, content] of sourcesContent.entries()) {
      if (typeof content !== "string") continue;
      const source = Array.isArray(sources) ? (sources as unknown[])[index] : undefined;
      found.push(...(await sourceCredentials(at, source, content)));
    }
  }
  return found;
}

const inlineMap =
  /sourceMappingURL=data:application\/json[^,\s]{0,60}?(?<base64>;base64)?,(?<data>[\w+/=%.~!*'()-]+)/g;

interface InlineMap {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The maps that a script or stylesheet holds in a comment. */
function inlineMaps(text: string): InlineMap[] {
  return [...text.matchAll(inlineMap)].flatMap((match) => {
    const { base64, data = "" } = match.groups ?? {};
    const at = { start: match.index, end: match.index + match[0].length };
    if (base64 !== undefined)
      return [{ ...at, text: Buffer.from(data, "base64").toString("utf8") }];
    try {
      return [{ ...at, text: decodeURIComponent(data) }];
    } catch {
      return [];
    }
  });
}

async function fileCredentials(file: BundleFile, text: string): Promise<BundleCredential[]> {
  const whole = { file: file.path, start: 0, end: text.length };
  if (file.kind === "map") return mapCredentials(whole, text);
  const found: BundleCredential[] = (await scanText(text)).map((hit) => ({
    ...hit,
    file: file.path,
  }));
  for (const { start, end, text: map } of inlineMaps(text)) {
    found.push(...(await mapCredentials({ file: file.path, start, end }, map)));
  }
  return found;
}

/**
 * Every credential in the text files of a bundle, in order of file and place. One that only the sources in a map hold is
 * told once for each source; one that a script holds too is told of the script alone.
 */
export async function scanBundle(bundle: Bundle): Promise<BundleCredential[]> {
  const found: BundleCredential[] = [];
  const inMaps: BundleCredential[] = [];
  for (const file of bundle.files.values()) {
    const text = textOf(file);
    if (text === null) continue;
    for (const hit of await fileCredentials(file, text)) {
      (hit.source === undefined ? found : inMaps).push(hit);
    }
  }
  const known = new Set(found.map(({ value }) => value));
  const seen = new Set<string>();
  const alone = inMaps.filter((hit) => {
    const key = `${hit.source?.file ?? ""}\0${hit.value}`;
    return known.has(hit.value) || seen.has(key) ? false : Boolean(seen.add(key));
  });
  return [...found, ...alone];
}
