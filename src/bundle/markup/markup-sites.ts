/**
 * The sites of pages as they were built: forms, links and loads of html files. The same evidence counts as for those that
 * scripts make (load-site.ts), but that a form which posts is one of data for sure. An address on another origin becomes
 * the governed one; one on the app's own stays, for the sidecar answers there.
 */
import type { DefaultTreeAdapterTypes } from "parse5";
import { originId } from "../../contract/operation-id.ts";
import { paths } from "../../contract/wire.ts";
import { httpAccess } from "../../statements/http-access.ts";
import { attributeText, valueRun, type Run } from "../files/attributes.ts";
import type { Bundle } from "../files/bundle.ts";
import { attribute, htmlElements } from "../files/html-scripts.ts";
import { fileText } from "../files/read-bundle.ts";
import { readAddress } from "../operations/address.ts";
import { DataPlaces, signsIn, type UnnamedHttp } from "../recognizers/load-site.ts";
import type { CutDraft, FilePlace, SiteDraft } from "../recognizers/recognizer.ts";
import { askedBy, type Asked } from "./elements.ts";

type Element = DefaultTreeAdapterTypes.Element;

interface Page {
  readonly path: string;
  readonly html: string;
  /** What relative addresses are resolved against. */
  readonly base: URL;
}

/** Stands for the app's own origin, which no page names. */
const ownOrigin = "http://page.govern.invalid";

/** An address that a server fills in when it sends the page. */
const unfilled = /\{\{|<%|\$\{|%[A-Z_]{2,}%/;

/** The policy of a governed page takes a `<base>` of the app's own origin alone. */
function baseOf(path: string, elements: readonly Element[]): URL {
  const own = new URL(path, ownOrigin);
  const element = elements.find(({ tagName }) => tagName === "base");
  const href = element === undefined ? undefined : attribute(element, "href");
  const given = href !== undefined && URL.canParse(href, own.href) ? new URL(href, own) : own;
  return given.origin === ownOrigin ? given : own;
}

function resolved({ base }: Page, address: string): URL | undefined {
  if (unfilled.test(address) || !URL.canParse(address, base.href)) return undefined;
  const url = new URL(address, base);
  return /^https?:$/.test(url.protocol) && url.username === "" ? url : undefined;
}

function operationOf(asked: Asked, url: URL): UnnamedHttp | undefined {
  const isOwn = url.origin === ownOrigin;
  const text = isOwn ? url.pathname + url.search : url.href;
  const address = readAddress([{ kind: "text", text }]);
  if (address.kind !== "address") return undefined;
  const { origin, path, query } = address;
  const whole =
    asked.query === undefined ? query : { fields: { ...query.fields, ...asked.query }, open: true };
  const { method, body } = asked;
  const access = httpAccess(method, path, whole);
  return { kind: "http", ...access, method, origin, path, query: whole, headers: [], body };
}

/** The governed address in the place of one on another origin. */
function addressCuts(operation: UnnamedHttp, url: URL, at: FilePlace): CutDraft[] {
  if (operation.origin === "same-origin") return [];
  const governed = `${paths.http}${originId(operation.origin)}${url.pathname}${url.search}${url.hash}`;
  return [{ at, cut: { kind: "address", replacement: attributeText(governed) } }];
}

/** The run of the address alone, which `<meta content>` holds among other things. */
function placeOf({ path, html }: Page, { element, name, address }: Asked): FilePlace | undefined {
  const run: Run | undefined = valueRun(html, element, name);
  if (run === undefined) return undefined;
  const within = html.slice(run.start, run.end).indexOf(address);
  const start = within < 0 ? run.start : run.start + within;
  const end = within < 0 ? run.end : start + address.length;
  return { type: "FilePlace", file: path, start, end };
}

function siteOf(page: Page, asked: Asked, data: DataPlaces): SiteDraft[] {
  const url = resolved(page, asked.address);
  const operation = url && operationOf(asked, url);
  const at = placeOf(page, asked);
  if (url === undefined || operation === undefined || at === undefined) return [];
  const posts = asked.method === "POST" && attribute(asked.element, "onsubmit") === undefined;
  if (!posts && !data.isData(operation, asked.kind)) return [];
  const { recognizer, refused } = asked;
  if (asked.kind === "goes" && signsIn(operation)) {
    const reason = "it takes people to where they sign in or out, which is a page and no data";
    return [{ recognizer, at, status: "excluded", reason, operations: [], cuts: [] }];
  }
  if (refused !== undefined) {
    return [{ recognizer, at, status: "open", reason: refused, operations: [], cuts: [] }];
  }
  const cuts = addressCuts(operation, url, at);
  return [{ recognizer, at, status: "resolved", operations: [operation], cuts }];
}

/** The sites of all html files, given those of the scripts. */
export function markupSites(bundle: Bundle, scripts: readonly SiteDraft[]): SiteDraft[] {
  const data = new DataPlaces(scripts.flatMap(({ operations }) => operations));
  return [...bundle.files.values()].flatMap((file) => {
    if (file.kind !== "html") return [];
    const html = fileText(file);
    const elements = htmlElements(html);
    const page = { path: file.path, html, base: baseOf(file.path, elements) };
    return askedBy(elements).flatMap((asked) => siteOf(page, asked, data));
  });
}
