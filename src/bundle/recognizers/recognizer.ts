/**
 * What a recognizer is: it knows the call shapes of one client and reports sites. It sees the program through its context only
 * and never another recognizer.
 */
import type { UnnamedOperation } from "../../contract/operation-id.ts";
import type { Site } from "../../contract/build.ts";
import type {
  AddressCut,
  BaseCut,
  ClientCut,
  CredentialCut,
  DriverCut,
  GlobalCut,
  InPlaceCut,
  LoadCut,
  TextCut,
} from "../analysis.ts";
import type { Evaluator } from "../evaluate/evaluator.ts";
import type { Program } from "../modules/program.ts";
import type { Node } from "../modules/syntax.ts";

/** A run of a file that no script holds: the value of an attribute. */
export interface FilePlace {
  readonly type: "FilePlace";
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

type Placeless<C> = Omit<C, "file" | "start" | "end" | "site">;

/** A cut before its site has a number: at a node. */
export type CutDraft =
  | { readonly at: Node; readonly cut: Placeless<GlobalCut> }
  | { readonly at: Node; readonly cut: Placeless<BaseCut> }
  | { readonly at: Node; readonly cut: Placeless<InPlaceCut> }
  | { readonly at: Node; readonly cut: Placeless<LoadCut> }
  | { readonly at: Node; readonly cut: Placeless<DriverCut> }
  | { readonly at: FilePlace; readonly cut: Placeless<AddressCut> }
  | {
      readonly at: Node;
      readonly cut: Omit<Placeless<ClientCut>, "options">;
      readonly options: Node | null;
    }
  | {
      readonly at: Node;
      readonly cut: Omit<Placeless<TextCut>, "holes" | "operation">;
      readonly holes: readonly Node[];
      readonly operation: UnnamedOperation;
    }
  | {
      readonly at: Node;
      readonly cut: Placeless<CredentialCut>;
      /** The run of the literal's source that is cut; the whole literal without it. */
      readonly within?: string;
    };

/** Rules that an open site can be told as. */
export type OpenRule = "unresolved-call" | "bypass" | "external-script" | "interactive-transaction";

/** A finding at a node, beside `unresolved-call`, which every open site gives. */
export interface FindingDraft {
  readonly at: Node;
  readonly rule: "hardcoded-credential" | "public-key" | "interpolated-sql" | "bypass";
  readonly message: string;
  readonly fix?: string;
  readonly operation?: UnnamedOperation;
}

/** A call that makes a site send an operation. */
export interface CallDraft {
  readonly operation: UnnamedOperation;
  readonly at: Node;
}

export interface SiteDraft {
  readonly recognizer: string;
  readonly at: Node | FilePlace;
  readonly status: Site["status"];
  readonly reason?: string;
  readonly operations: readonly UnnamedOperation[];
  /** Where the app asks for them, as far as that is known. */
  readonly calls?: readonly CallDraft[];
  readonly cuts: readonly CutDraft[];
  readonly findings?: readonly FindingDraft[];
  /** What an open site is told as; default `unresolved-call`. */
  readonly rule?: OpenRule;
}

export interface RecognizerContext {
  readonly program: Program;
  readonly evaluator: Evaluator;
  /** Why a place lies in code that no longer runs once its clients are cut, or undefined. */
  excluded(node: Node): string | undefined;
  /** Makes the code around these nodes count as dead: its sinks are excluded, with the reason. */
  exclude(nodes: readonly Node[], reason: string): void;
  report(site: SiteDraft): void;
  /** What the sites that were reported so far ask for. */
  operations(): readonly UnnamedOperation[];
  /** Whether a site was reported at a node. */
  isReported(node: Node): boolean;
}

export interface Recognizer {
  readonly name: string;
  /** Tells the evaluator what its client looks like; runs for all recognizers before anything is evaluated. */
  identify?(context: RecognizerContext): void;
  /** Reports every site of its client, resolved or not. */
  find(context: RecognizerContext): void | Promise<void>;
}
