/**
 * Recorded traffic of an app (HAR 1.2): read, checked, and cut down to what tells of shapes. Headers, cookies, answers and
 * timings are dropped here; the values that remain are compared and typed, and go no further.
 */
import { readFile, stat } from "node:fs/promises";
import * as z from "zod";
import { GovernError } from "../../errors/govern-error.ts";

/** Larger files are not read: the whole recording is held in memory. */
const sizeLimit = 256 * 1024 * 1024;

const frameSchema = z.object({
  url: z.string(),
  lineNumber: z.number(),
  columnNumber: z.number(),
});

interface Stack {
  readonly callFrames?: readonly z.infer<typeof frameSchema>[] | undefined;
  readonly parent?: Stack | undefined;
}

const stackSchema: z.ZodType<Stack> = z.lazy(() =>
  z.object({ callFrames: z.array(frameSchema).optional(), parent: stackSchema.optional() }),
);

const entrySchema = z.object({
  request: z.object({
    method: z.string().regex(/^[A-Za-z]{1,20}$/),
    url: z.string(),
    headers: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
    postData: z
      .object({
        mimeType: z.string().optional(),
        text: z.string().optional(),
        params: z.array(z.object({ name: z.string() })).optional(),
      })
      .optional(),
  }),
  response: z
    .object({ content: z.object({ mimeType: z.string().optional() }).optional() })
    .optional(),
  // Of Chrome; other recorders leave these out.
  _resourceType: z.string().optional(),
  _initiator: z.object({ stack: stackSchema.optional() }).optional().catch(undefined),
});

const harSchema = z.object({
  log: z.object({
    pages: z.array(z.object({ title: z.string().optional() })).optional(),
    entries: z.array(entrySchema),
  }),
});

/** A place in a script that led to a request, innermost first: line from 1, column from 0. */
export interface CallFrame {
  readonly url: string;
  readonly line: number;
  readonly column: number;
}

export interface HarRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: {
    readonly type: string;
    readonly text: string | undefined;
    readonly keys: readonly string[];
  } | null;
  readonly frames: readonly CallFrame[];
  /** What the browser took it for: `fetch`, `xhr`, `websocket`, `document`; undefined where the recorder does not tell. */
  readonly resource: string | undefined;
  /** Type of the answer. */
  readonly answer: string;
}

export interface Recording {
  readonly requests: readonly HarRequest[];
  /** Origins of the pages that were recorded. */
  readonly pages: ReadonlySet<string>;
}

function invalid(path: string, reason: string, cause?: unknown): GovernError {
  return new GovernError("har-invalid", `${path} is not a recording (HAR 1.2): ${reason}.`, {
    next: "Save one from the network panel of a browser's developer tools, as HAR.",
    ...(cause === undefined ? {} : { cause }),
  });
}

async function readText(path: string): Promise<string> {
  const info = await stat(path).catch(() => null);
  if (info?.isFile() !== true) throw invalid(path, "there is no such file");
  if (info.size > sizeLimit) {
    throw invalid(path, `it is larger than ${String(sizeLimit / 1024 / 1024)} MB`);
  }
  return (await readFile(path, "utf8")).replace(/^\uFEFF/, "");
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words repeat the text, which may be a token.
    throw invalid(path, "it is not JSON");
  }
}

/** `log.entries[3].request.url`. */
function placeText(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === "number" ? `[${String(step)}]` : `.${String(step)}`))
    .join("")
    .replace(/^\./, "");
}

function framesOf(stack: Stack | undefined): CallFrame[] {
  const frames: CallFrame[] = [];
  for (let at = stack, depth = 0; at !== undefined && depth < 32; at = at.parent, depth += 1) {
    for (const { url, lineNumber, columnNumber } of at.callFrames ?? []) {
      frames.push({ url, line: lineNumber + 1, column: columnNumber });
    }
  }
  return frames;
}

type Entry = z.infer<typeof entrySchema>;

function bodyOf({ postData, headers }: Entry["request"]): HarRequest["body"] {
  if (postData === undefined) return null;
  const type = headers?.find(({ name }) => /^content-type$/i.test(name))?.value;
  return {
    type: postData.mimeType ?? type ?? "",
    text: postData.text,
    keys: postData.params?.map(({ name }) => name) ?? [],
  };
}

function requestOf(path: string, entry: Entry, index: number): HarRequest | null {
  const { request, response, _initiator: initiator, _resourceType: resource } = entry;
  if (!URL.canParse(request.url)) {
    throw invalid(path, `log.entries[${String(index)}].request.url is no address`);
  }
  const url = new URL(request.url);
  if (!/^(?:https?|wss?):$/.test(url.protocol)) return null;
  return {
    method: request.method.toUpperCase(),
    url,
    body: bodyOf(request),
    frames: framesOf(initiator?.stack),
    resource: resource?.toLowerCase(),
    answer: response?.content?.mimeType ?? "",
  };
}

function isPage({ resource, answer, method }: HarRequest): boolean {
  return (
    resource === "document" || (resource === undefined && method === "GET" && /html/i.test(answer))
  );
}

/**
 * Reads a recording.
 * @throws GovernError `har-invalid` with the place in the file; no message holds a value of it.
 */
export async function readHar(path: string): Promise<Recording> {
  const parsed = harSchema.safeParse(parseJson(path, await readText(path)));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(path, `${placeText(issue?.path ?? [])} is missing or of another type`);
  }
  const { entries, pages = [] } = parsed.data.log;
  const requests = entries.flatMap((entry, index) => requestOf(path, entry, index) ?? []);
  const titles = pages.flatMap(({ title = "" }) =>
    /^https?:/.test(title) && URL.canParse(title) ? [new URL(title).origin] : [],
  );
  const documents = requests.filter(isPage).map(({ url }) => url.origin);
  return { requests, pages: new Set([...titles, ...documents]) };
}
