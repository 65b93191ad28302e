/**
 * `--learn`: what an app asked for and was refused, as text that a person can put into govern.yaml. It sees ends of calls and
 * writes one file of its own; it allows nothing and changes no rule.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { HttpOperation, Operation } from "../../contract/operation.ts";
import type { CallEnd, CallSoFar } from "../lifecycle.ts";
import type { AppSnapshot } from "../snapshot.ts";
import { statementTexts } from "./statement-texts.ts";
import { suggestOperation, type IsWord } from "./suggest.ts";
import { askedStatement, suggestStatement, type Classify } from "./suggest-statement.ts";

/** More suggestions than this are no help. */
const most = 200;

const heading = `# Calls that were refused because no operation is registered for them, as govern serve --learn saw them.
# Nothing of this is in force. Read each one: is its access right, are these all the fields it has? Then put what the
# app needs into govern.yaml. Values are not kept; a {hole} stands where one was.
`;

export interface Learning {
  /** Looks at the end of a call. */
  see(end: CallEnd): void;
}

export interface LearningOptions {
  /** The file that is written, readable by its owner alone. */
  readonly file: string;
  /** Told of each new suggestion. */
  readonly onLearned: (line: string) => void;
  /** Judges statements; without it SQL calls are not learned. */
  readonly classify?: Classify | undefined;
}

function scriptTexts(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(?:[cm]?js|html)$/i.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}

/** What an app's own files hold, read when it is first asked for. */
class AppTexts {
  readonly #folder: string;
  #texts: readonly string[] | undefined;
  #statements: ReadonlyMap<string, string> | undefined;

  constructor({ web }: AppSnapshot) {
    this.#folder = web;
  }

  get texts(): readonly string[] {
    this.#texts ??= scriptTexts(this.#folder);
    return this.#texts;
  }

  /** Statements by digest. */
  get statements(): ReadonlyMap<string, string> {
    this.#statements ??= statementTexts(this.texts);
    return this.#statements;
  }
}

/** Words that the app's own files hold: what else stands in a path is a value. */
function wordsOf(app: AppTexts): IsWord {
  const known = new Map<string, boolean>();
  return (segment) => {
    const found = known.get(segment);
    if (found !== undefined) return found;
    const { texts } = app;
    const word = new RegExp(
      String.raw`(?<![\w.~-])${segment.replaceAll(/[.~-]/g, String.raw`\$&`)}(?![\w~-])`,
    );
    const isWord = texts.some((text) => word.test(text));
    // A caller who asks for many paths must not fill the memory.
    if (known.size < 10_000) known.set(segment, isWord);
    return isWord;
  };
}

function mergeOperations(one: HttpOperation, other: HttpOperation): HttpOperation {
  const { query, body } = one;
  const fields = { ...other.query.fields, ...query.fields };
  const sent =
    body.type === other.body.type ? { ...other.body.fields, ...body.fields } : body.fields;
  return {
    ...one,
    query: { fields, open: query.open || other.query.open },
    body: { ...body, ...(sent === undefined || body.fields === undefined ? {} : { fields: sent }) },
  };
}

/** What two sightings of one operation say together. */
function mergeSeen(one: Operation, other: Operation): Operation {
  return one.kind === "http" && other.kind === "http" ? mergeOperations(one, other) : one;
}

function addressOf(operation: Operation): string {
  if (operation.kind === "sql") return `${operation.client} ${operation.statement}`;
  if (operation.kind !== "http") return operation.id;
  const { method, origin, path } = operation;
  return `${method} ${origin === "same-origin" ? path : `${origin}${path}`}`;
}

function isUnregistered(end: CallEnd): end is Extract<CallEnd, { kind: "refused" }> {
  return end.kind === "refused" && end.at === "resolve" && end.refusal.code === "unregistered";
}

/** Only what a script asks for: a picture that is missing is no operation. */
function isScripted({ call }: CallEnd): boolean {
  return (call.request.headers.get("sec-fetch-dest") ?? "empty") === "empty";
}

interface KnownApp {
  readonly texts: AppTexts;
  readonly isWord: IsWord;
  /** Digests of statements that were looked for. */
  readonly looked: Set<string>;
}

class LearnedCalls implements Learning {
  readonly #options: LearningOptions;
  readonly #apps = new Map<string, KnownApp>();
  readonly #operations = new Map<string, Map<string, Operation>>();
  #count = 0;

  constructor(options: LearningOptions) {
    this.#options = options;
  }

  /** Never throws: a suggestion that cannot be kept must not change a call's answer. */
  see(end: CallEnd): void {
    if (!isUnregistered(end) || !isScripted(end)) return;
    void this.#learn(end.call).catch(() => {
      this.#options.onLearned(`nothing: ${this.#options.file} cannot be written`);
    });
  }

  #known(app: AppSnapshot): KnownApp {
    const known = this.#apps.get(app.name);
    if (known !== undefined) return known;
    const texts = new AppTexts(app);
    const fresh = { texts, isWord: wordsOf(texts), looked: new Set<string>() };
    this.#apps.set(app.name, fresh);
    return fresh;
  }

  async #learn(call: CallSoFar): Promise<void> {
    const { app } = call;
    const known = this.#known(app);
    const operation = (await this.#statement(call, known)) ?? suggestOperation(call, known.isWord);
    if (operation !== null) this.#add(app.name, operation);
  }

  /** The page sends no text: it is looked for in the app's own files, once. */
  async #statement(call: CallSoFar, { texts, looked }: KnownApp): Promise<Operation | null> {
    const asked = askedStatement(call);
    const { classify, onLearned } = this.#options;
    if (asked === null || classify === undefined || looked.has(asked.digest)) return null;
    if (looked.size < 10_000) looked.add(asked.digest);
    const text = texts.statements.get(asked.digest);
    if (text !== undefined) return suggestStatement(call, { client: asked.client, text }, classify);
    onLearned(
      `${call.app.name}: nothing of a statement of ${asked.client}, whose text is put together at run time`,
    );
    return null;
  }

  #add(app: string, operation: Operation): void {
    const known = this.#operations.get(app) ?? new Map<string, Operation>();
    const before = known.get(operation.id);
    if (before === undefined && this.#count >= most) return;
    const merged = before === undefined ? operation : mergeSeen(before, operation);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(merged)) return;
    if (before === undefined) this.#count += 1;
    this.#operations.set(app, known.set(operation.id, merged));
    writeFileSync(this.#options.file, this.#text(), { mode: 0o600 });
    if (before !== undefined) return;
    const { access } = operation;
    this.#options.onLearned(`${app}: ${addressOf(operation)} (${access}) → ${this.#options.file}`);
  }

  #text(): string {
    const apps = Object.fromEntries(
      [...this.#operations].map(([app, operations]) => [
        app,
        { operations: [...operations.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)) },
      ]),
    );
    return `${heading}${stringify({ apps }, { lineWidth: 0 })}`;
  }
}

/** Starts to learn, with an empty file. */
export function startLearning(options: LearningOptions): Learning {
  writeFileSync(options.file, heading, { mode: 0o600 });
  return new LearnedCalls(options);
}
