/**
 * What browsers report of the page's policy (CSP3 5.3, Reporting API): each thing that was blocked is told to the trail
 * once an hour for each session, in the words of the policy, and without what stood behind a path. A report is the word of
 * a page that is not trusted: it decides nothing.
 */
import * as z from "zod";
import type { JsonValue } from "../../../contract/canonical-json.ts";
import type { NewAuditEntry } from "../../../contract/audit-entry.ts";
import { actorOf, type Identity } from "../../identity/identity.ts";
import type { Answer, ReceivedCall, Refusal } from "../../lifecycle.ts";
import { parseStrictJson } from "../../matching/strict-json.ts";

/** Bytes that a report may have. */
const maxBytes = 16_384;
/** Reports that one request may carry, and that one session may add to the trail in a minute. */
const most = 20;
const minute = 60_000;
const hour = 60 * minute;
const maxKnown = 10_000;

interface Violation {
  readonly directive: string;
  /** What was blocked: an origin with its path, or a word such as `inline` and `eval`. */
  readonly blocked: string;
  /** Where in the app's files, if the browser tells. */
  readonly file: string;
  readonly line: number;
}

const text = z.string().optional();
const line = z.number().int().min(0).optional();
const olderReport = z.object({
  "csp-report": z.object({
    "effective-directive": text,
    "violated-directive": text,
    "blocked-uri": text,
    "source-file": text,
    "line-number": line,
  }),
});
const report = z.object({
  type: z.literal("csp-violation"),
  body: z.object({
    effectiveDirective: text,
    blockedURL: text,
    sourceFile: text.nullable(),
    lineNumber: line.nullable(),
  }),
});
const reports = z.array(z.unknown()).max(most);

/** An address without its query, fragment and credentials: they may hold what was to be taken out. */
function placeOf(address: string | null | undefined): string {
  if (address === undefined || address === null) return "";
  const url =
    /^[a-z][a-z\d+.-]*:\/\//i.test(address) && URL.canParse(address) ? new URL(address) : null;
  const place = url === null ? address.replace(/[?#].*$/s, "") : `${url.origin}${url.pathname}`;
  // oxlint-disable-next-line no-control-regex -- control characters are what it takes out
  return place.replaceAll(/[^\u0020-\u007e]/g, "").slice(0, 200);
}

function directiveOf(directive: string | undefined): string {
  const name = directive?.split(" ")[0]?.toLowerCase() ?? "";
  return /^[a-z-]{1,40}$/.test(name) ? name : "unknown";
}

function readOlder(value: JsonValue): Violation[] | undefined {
  const parsed = olderReport.safeParse(value);
  if (!parsed.success) return undefined;
  const found = parsed.data["csp-report"];
  return [
    {
      directive: directiveOf(found["effective-directive"] ?? found["violated-directive"]),
      blocked: placeOf(found["blocked-uri"]),
      file: placeOf(found["source-file"]),
      line: found["line-number"] ?? 0,
    },
  ];
}

function readReports(value: JsonValue): Violation[] | undefined {
  const list = reports.safeParse(value);
  if (!list.success) return undefined;
  return list.data.flatMap((one): Violation[] => {
    const parsed = report.safeParse(one);
    if (!parsed.success) return [];
    const { effectiveDirective, blockedURL, sourceFile, lineNumber } = parsed.data.body;
    const directive = directiveOf(effectiveDirective);
    return [
      { directive, blocked: placeOf(blockedURL), file: placeOf(sourceFile), line: lineNumber ?? 0 },
    ];
  });
}

/** The violations of a request's body, by its content type; undefined if it is no report. */
function violationsIn({ request }: ReceivedCall): Violation[] | undefined {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/csp-report" && type !== "application/reports+json") return undefined;
  const parsed = parseStrictJson(request.body);
  if (!parsed.ok) return undefined;
  return type === "application/csp-report" ? readOlder(parsed.value) : readReports(parsed.value);
}

function entryOf(call: ReceivedCall, identity: Identity, violation: Violation): NewAuditEntry {
  const { directive, blocked, file, line: at } = violation;
  const page = { directive, blocked, file, line: at };
  return {
    type: "refused",
    actor: actorOf(identity),
    app: call.app.name,
    build: call.app.build,
    operation: null,
    arguments: null,
    decision: {
      refused: "page-blocked",
      at: "page",
      detail: `The browser reports that the page's ${directive} blocked ${blocked === "" ? "something" : blocked}.`,
    },
    approval: null,
    policy: call.snapshot.rules.digest,
    resource: null,
    outcome: { page },
    correlation: call.correlation,
  };
}

const taken: Answer = {
  status: 204,
  headers: [["cache-control", "no-store"]],
  body: new Uint8Array(),
};

export interface PageReportsOptions {
  /** Makes an entry durable. */
  append(entry: NewAuditEntry): Promise<unknown>;
  readonly now: () => number;
}

export class PageReports {
  readonly #options: PageReportsOptions;
  /** What was told already → until when it is not told again. */
  readonly #told = new Map<string, number>();
  /** Sessions → when they added to the trail, of the last minute. */
  readonly #recent = new Map<string, number[]>();

  constructor(options: PageReportsOptions) {
    this.#options = options;
  }

  /** Takes the report of somebody who is signed in: an answer, or why it is refused. */
  async take(call: ReceivedCall, identity: Identity): Promise<Answer | Refusal> {
    if (call.request.body.byteLength > maxBytes) {
      return { code: "too-large", detail: "The report is too large." };
    }
    const violations = violationsIn(call);
    if (violations === undefined) {
      return { code: "invalid-arguments", detail: "This is no report of a page's policy." };
    }
    for (const violation of violations) {
      if (this.#isTold(identity.session, violation)) continue;
      if (!this.#mayAdd(identity.session)) {
        const detail = "This session reports more than is taken.";
        return { code: "rate-limited", detail, retryAfter: 60 };
      }
      await this.#options.append(entryOf(call, identity, violation));
    }
    return taken;
  }

  #isTold(session: string, violation: Violation): boolean {
    const key = JSON.stringify([session, ...Object.values(violation)]);
    const now = this.#options.now();
    if ((this.#told.get(key) ?? 0) > now) return true;
    if (this.#told.size >= maxKnown) this.#told.clear();
    this.#told.set(key, now + hour);
    return false;
  }

  #mayAdd(session: string): boolean {
    const now = this.#options.now();
    const recent = (this.#recent.get(session) ?? []).filter((time) => time > now - minute);
    if (recent.length >= most) return false;
    if (this.#recent.size >= maxKnown) this.#recent.clear();
    this.#recent.set(session, [...recent, now]);
    return true;
  }
}
