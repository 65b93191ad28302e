/**
 * Addresses that the page itself asks for: elements, navigations and forms. Most of them are routes and assets, which are no
 * operations; one is an operation where there is evidence that data is behind its address:
 *
 * - its path names an API (`/api/…`), or
 * - the page does not merely go there, and scripts call the same path, or its origin where that is another one.
 *
 * What has no such evidence is not reported, known or not: the page's policy confines loads to the sidecar, which refuses and
 * records what is not registered. An address on the app's own origin needs no rewriting, for the sidecar answers at native
 * paths; any other one goes through the proxy, which gives the governed address in its place.
 */
import type { UnnamedOperation } from "../../contract/operation-id.ts";
import { pathShape } from "../../contract/operation-id.ts";
import type { Answer } from "../evaluate/contexts.ts";
import type { Frame } from "../evaluate/frame.ts";
import { undefinedValue, type Value, type Values } from "../evaluate/values.ts";
import type { Node } from "../modules/syntax.ts";
import { readRequest, type FoundCall, type RequestValues } from "../operations/http-request.ts";
import { placeSite } from "./http-site.ts";
import type { CutDraft, RecognizerContext, SiteDraft } from "./recognizer.ts";

export type UnnamedHttp = Extract<UnnamedOperation, { kind: "http" }>;

/** `goes`: a link or navigation, which routers make too; `loads`: an element, a download, a form. */
export type LoadKind = "goes" | "loads";

export interface Load {
  readonly recognizer: string;
  readonly at: Node;
  /** The expression of the address. */
  readonly address: Node;
  readonly kind: LoadKind;
  /** It may write: what cannot be told of it is open, with evidence or without. */
  readonly mayWrite: boolean;
  request(frame: Frame): Omit<RequestValues, "url">;
  /** The operation as the page sends it. */
  sent?(operation: UnnamedHttp): UnnamedHttp;
}

const apiWord = /^(?:_?apis?|rest|graphql|rpc|trpc|ajax|odata|wp-json)$/i;

/**
 * Expressions evaluated for a load that only asks: an address of data is near the place that loads it, while the callers of
 * a renderer, which sets whatever components give, lead through all of it.
 */
const loadWork = 20_000;

/** How many of a path's segments may stand before the one that names an API. */
const apiDepth = 4;

/** Addresses of these schemes leave the page to another program, or stay in it. */
const noRequest = /^(?:mailto|tel|sms|javascript|blob|data|about|#)/i;

const signInWord =
  /^(?:auth|authorize|oauth2?|oidc|saml2?|sso|log-?(?:in|out)|sign-?(?:in|out|up))$/i;

/** Whether a path is one where people sign in or out. */
export function signsIn(operation: UnnamedOperation): boolean {
  return "path" in operation && operation.path.split("/").some((one) => signInWord.test(one));
}

function namesApi(path: string): boolean {
  return path
    .split("/")
    .slice(1, 1 + apiDepth)
    .some((segment) => apiWord.test(segment));
}

/** Scripts and styles: parts of the app, which its page takes from its own files alone. */
const codeFile = /\.(?:m?js|css)$/i;

function isApiHost(origin: string): boolean {
  const host = URL.canParse(origin) ? new URL(origin).hostname : "";
  return host.split(/[.-]/).some((label) => apiWord.test(label));
}

function shapeOf(operation: UnnamedOperation): string | undefined {
  if (!("origin" in operation) || !("path" in operation)) return undefined;
  return `${operation.origin} ${pathShape(operation.path)}`;
}

/** What scripts are known to ask for. */
export class DataPlaces {
  private readonly shapes = new Set<string>();
  private readonly origins = new Set<string>();

  constructor(operations: readonly UnnamedOperation[]) {
    for (const operation of operations) {
      const shape = shapeOf(operation);
      if (shape === undefined || !("origin" in operation)) continue;
      this.shapes.add(shape);
      if (operation.origin !== "same-origin") this.origins.add(operation.origin);
    }
  }

  isData({ origin, path }: UnnamedHttp, kind: LoadKind): boolean {
    if (kind === "loads" && codeFile.test(path)) return false;
    const isOwn = origin === "same-origin";
    const isKnown = isOwn || this.origins.has(origin);
    if (!isKnown || namesApi(path) || isApiHost(origin)) return isKnown;
    // A base has a name because it is given apart from the app's own addresses.
    if (kind === "goes") return origin.startsWith("{");
    return !isOwn || this.shapes.has(`${origin} ${pathShape(path)}`);
  }
}

/** Whether it is worth asking callers what an address can be. */
function mayBeAddress(value: Value): boolean {
  if (value.kind === "param" || value.kind === "global" || value.kind === "query") return true;
  if (value.kind !== "text") return false;
  const [first] = value.parts;
  return first !== undefined && (first.kind !== "text" || !noRequest.test(first.text));
}

/** Values that are no addresses: React gives a form a function, and takes null for none. */
function addresses(values: Values): Values {
  return values.filter((value) => value.kind !== "function" && value.kind !== "literal");
}

function ask(
  context: RecognizerContext,
  at: { load: Load; data: DataPlaces; frame: Frame },
): Answer<FoundCall> {
  const { load, data, frame } = at;
  const url = addresses(context.evaluator.evaluate(load.address, frame)).filter(
    (value) => value.kind !== "text" || mayBeAddress(value),
  );
  const answer = readRequest(context.evaluator, { url, ...load.request(frame) });
  const results = answer.results.flatMap((found): FoundCall[] => {
    const { operation } = found;
    if (operation?.kind !== "http" || !data.isData(operation, load.kind)) return [];
    return [{ ...found, operation: load.sent?.(operation) ?? operation }];
  });
  return { ...answer, results };
}

/** The proxy gives the governed address of what is not on the app's own origin. */
function cutsOf(draft: SiteDraft, load: Load): CutDraft[] {
  const isOwn = draft.operations.every((one) => "origin" in one && one.origin === "same-origin");
  return isOwn ? [] : [{ at: load.address, cut: { kind: "load" } }];
}

/** Whether one of the addresses that stand in the place itself is one of data, whatever callers give. */
function isPartlyData(context: RecognizerContext, load: Load, data: DataPlaces): boolean {
  context.evaluator.budget = 5000;
  return ask(context, { load, data, frame: context.evaluator.bareRoot }).results.length > 0;
}

/** Reports a load if there is evidence that it asks for data. */
export function reportLoad(context: RecognizerContext, load: Load, data: DataPlaces): void {
  if (context.excluded(load.at) !== undefined || context.isReported(load.at)) return;
  context.evaluator.budget = 5000;
  const values = addresses(context.evaluator.evaluate(load.address, context.evaluator.bareRoot));
  const isWorth = load.mayWrite ? values.length > 0 : values.some(mayBeAddress);
  if (!isWorth) return;
  const draft = placeSite(context, {
    recognizer: load.recognizer,
    at: load.at,
    ask: (frame) => ask(context, { load, data, frame }),
    work: load.mayWrite ? undefined : loadWork,
  });
  if (draft.operations.length === 0) {
    if (draft.status === "open" && (load.mayWrite || isPartlyData(context, load, data))) {
      context.report(draft);
    }
    return;
  }
  if (load.kind === "goes" && draft.operations.every(signsIn)) {
    const { recognizer, at } = load;
    const reason = "it takes people to where they sign in or out, which is a page and no data";
    context.report({ recognizer, at, status: "excluded", reason, operations: [], cuts: [] });
    return;
  }
  context.report({ ...draft, cuts: [...draft.cuts, ...cutsOf(draft, load)] });
}

/** A request that only asks. */
export function plainGet(): Omit<RequestValues, "url"> {
  return { method: [undefinedValue], headers: [undefinedValue], body: [undefinedValue] };
}
