/**
 * What the analysis of a bundle hands to the rest of the import half: the report's parts, and the cuts that the rewriter
 * makes. Offsets are UTF-16 offsets in the text of the named file, also for inline scripts.
 */
import type { External, Finding, Observations, Origin, Site } from "../contract/build.ts";
import type { Operation } from "../contract/operation.ts";

interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** A reference to a global that talks to the network: replaced by the proxy's function of that site. */
export interface GlobalCut extends Span {
  readonly kind: "global";
  readonly global: "fetch" | "XMLHttpRequest" | "WebSocket" | "EventSource" | "sendBeacon";
  readonly site: string;
  /** `{fetch}`: the span is the shorthand property, which becomes `fetch: …`. */
  readonly shorthand: boolean;
}

/** A network global that is taken where nothing can be replaced: the proxy is put over the globals before the script runs. */
export interface InPlaceCut extends Span {
  readonly kind: "in-place";
  readonly site: string;
}

/** The address of a load that the page makes itself: the proxy gives the governed one in its place. */
export interface LoadCut extends Span {
  readonly kind: "load";
  readonly site: string;
}

/** An address in the markup of a page: the governed one takes its place. */
export interface AddressCut extends Span {
  readonly kind: "address";
  readonly site: string;
  /** As it is written in the page. */
  readonly replacement: string;
}

/** SQL drivers that the proxy has a stand-in for. */
export type SqlDriver = "libsql" | "mysql2" | "neon" | "pg" | "planetscale" | "postgres";

/** What would start a driver whose clients are cut: an inert value takes its place. */
export interface DriverCut extends Span {
  readonly kind: "driver";
  /** Of an import, the names that it declares and the members that they are; null for an expression. */
  readonly names: readonly { readonly name: string; readonly member: string | null }[] | null;
  readonly site: string;
}

/** The construction of a SQL client: replaced, credential and all, by the driver's shim. */
export interface ClientCut extends Span {
  readonly kind: "client";
  readonly driver: SqlDriver;
  /** Its client name in operations. */
  readonly client: string;
  readonly site: string;
  /** Span of the options argument, whose text is kept. */
  readonly options: { readonly start: number; readonly end: number } | null;
}

/** A statement text with interpolated values: replaced by a token that carries the operation and the holes. */
export interface TextCut extends Span {
  readonly kind: "text";
  readonly operation: string;
  /** The interpolated expressions, in the order of the operation's parameters; their text is kept. */
  readonly holes: readonly { readonly start: number; readonly end: number }[];
}

/** The expression that gives a base which only the run time knows: replaced by the origin that stands for it. */
export interface BaseCut extends Span {
  readonly kind: "base";
  /** The base's name in operations: `{apiUrl}`. */
  readonly origin: string;
  /** Whether the expression gives an origin, or the host after `https://`. */
  readonly part: "origin" | "host";
  /** `{baseURL}`: the span is the shorthand property of this name, which becomes `baseURL: …`. */
  readonly key: string | null;
}

/** A credential in a literal: the span is the literal with its quotes, or the part of a literal that holds it. */
export interface CredentialCut extends Span {
  readonly kind: "credential";
  /** The text that takes its place, as source of the same literal kind (quotes included where the span has them). */
  readonly replacement: string;
  /** The secret, or the part of it that stands here: never printed, and nowhere in the output. */
  readonly value: string;
  /** What .govern/secrets.env keeps, if that is not the value. */
  readonly secret?: string;
  /** Where it goes: a header or query key of an origin, or a SQL client. */
  readonly use:
    | {
        readonly header: string;
        readonly origin: string;
        /** `Bearer ` and the like. */ readonly prefix: string;
      }
    | { readonly query: string; readonly origin: string }
    | { readonly client: string }
    | null;
}

export type Cut =
  | GlobalCut
  | InPlaceCut
  | LoadCut
  | AddressCut
  | ClientCut
  | DriverCut
  | TextCut
  | BaseCut
  | CredentialCut;

/** A part of a script that can be parsed by itself, when it is known what it is. */
export interface Slice {
  readonly kind: "function" | "object-member" | "class-member" | "statement";
  readonly start: number;
  readonly end: number;
}

/** What verification keeps of a script, so that it need not parse the rewritten one whole. */
export interface ScriptMarks {
  /** What reaches the network, counted apart from the analysis. */
  readonly sinks: readonly { readonly start: number; readonly end: number }[];
  /** Around each cut. */
  readonly slices: readonly Slice[];
}

export interface Analysis {
  /** Sorted by id. */
  readonly operations: readonly Operation[];
  /** In order of file and position. */
  readonly sites: readonly Site[];
  readonly findings: readonly Finding[];
  readonly origins: readonly Origin[];
  readonly external: readonly External[];
  /** With recordings: what they show. */
  readonly observations?: Observations;
  /** Never overlapping, but that a text cut encloses its holes and a client cut its options. */
  readonly cuts: readonly Cut[];
  /** Of parsed script files, by their paths. What has none is parsed again. */
  readonly marks?: ReadonlyMap<string, ScriptMarks>;
}
