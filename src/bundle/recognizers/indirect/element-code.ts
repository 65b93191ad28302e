/** Code that is put into the page: in markup, in script elements, in handlers and in `javascript:` addresses. */
import { isCall, literalText, type MemberNode, type Node } from "../../modules/syntax.ts";
import { createdTag, setAttributes, type SetAttribute } from "../page-elements.ts";
import { isCode, networkName, type CodeText, type TextReader } from "./text-reader.ts";

const inMarkup = /<script\b|\bon[a-z]+\s*=|javascript:/i;
const isAddress = /^\s*javascript:/i;

/** Members that take markup. */
const markupMembers = ["innerHTML", "outerHTML", "srcdoc"];
const markupCalls: Readonly<Record<string, number>> = {
  insertAdjacentHTML: 1,
  createContextualFragment: 0,
  setHTMLUnsafe: 0,
  write: 0,
  writeln: 0,
};

/** What is written into a document is run in any case. */
const writing = new Set(["write", "writeln"]);

/** Properties that hold the code of a script element. */
const scriptTexts = ["textContent", "innerText", "text", "innerHTML"];

/** Attributes that hold an address which may be code. */
const addresses = ["href", "src", "action", "formAction", "data"];

const unknownMarkup = "the markup that is put into the page is only known at run time";
const unknownScript = "the script that is put into the page is only known at run time";

class ElementReader {
  readonly found: CodeText[] = [];
  private readonly reader: TextReader;

  constructor(reader: TextReader) {
    this.reader = reader;
    this.markup();
    this.frames();
    for (const name of scriptTexts) this.scripts(name);
    this.appended();
    this.handlers();
    this.addressed();
  }

  private add(node: Node, reason: string): void {
    this.found.push({ node, reason });
  }

  private named(node: Node, text: string, what: string): boolean {
    const named = networkName(text);
    if (named !== undefined) this.add(node, `${what} names ${named}`);
    return named !== undefined;
  }

  private markup(): void {
    const { program } = this.reader;
    for (const member of markupMembers.flatMap((name) => program.members(name))) {
      const write = program.parentOf(member);
      const isWrite = write?.type === "AssignmentExpression" && write.left === member;
      if (isWrite) this.markedUp(write, write.right);
    }
    for (const [name, index] of Object.entries(markupCalls)) {
      for (const member of program.members(name)) this.markupCall(member, { name, index });
    }
  }

  private markupCall(member: MemberNode, { name, index }: { name: string; index: number }): void {
    const call = this.reader.program.parentOf(member);
    if (!isCall(call) || call.callee !== member) return;
    const isWritten = writing.has(name);
    // Streams are written to as well.
    if (isWritten && !this.isDocument(member)) return;
    const given = call.arguments[index];
    if (this.markedUp(call, given) || !isWritten || given === undefined) return;
    if (this.reader.known(given).open) this.add(call, unknownMarkup);
  }

  private markedUp(at: Node, node: Node | undefined): boolean {
    const code = node === undefined ? "" : this.reader.codeOf(node);
    return inMarkup.test(code) && this.named(at, code, "the markup that is put into the page");
  }

  private isDocument({ object }: MemberNode): boolean {
    if (this.reader.isGlobal(object, "document")) return true;
    if (object.type !== "MemberExpression" || object.property.type !== "Identifier") return false;
    return /^(?:document|contentDocument)$/.test(object.property.name);
  }

  /** The page of a frame, unless a sandbox forbids it scripts. */
  private frames(): void {
    for (const { at, value, others } of setAttributes(this.reader.program, "srcdoc")) {
      const sandbox = others.get("sandbox");
      if (sandbox !== undefined && !this.reader.textOf(sandbox).includes("allow-scripts")) continue;
      const { text, open } = this.reader.known(value);
      const what = "the markup that is put into a frame";
      if (inMarkup.test(text) && this.named(at, text, what)) continue;
      if (open) this.add(at, `${what} is only known at run time`);
    }
  }

  private scripts(property: string): void {
    for (const { at, tag, value } of setAttributes(this.reader.program, property)) {
      if (tag !== "script" && (tag !== undefined || property === "innerHTML")) continue;
      this.script(at, value, tag === "script");
    }
  }

  private script(at: Node, value: Node, isScript: boolean): void {
    if (!isScript && value.type !== "StringLiteral" && value.type !== "TemplateLiteral") return;
    const { text, open } = isScript
      ? this.reader.known(value)
      : { text: this.reader.codeOf(value), open: false };
    if (!isScript && !isCode(text)) return;
    if (this.named(at, text, "the script that is put into the page")) return;
    if (open) this.add(at, unknownScript);
  }

  /** `script.append("…")` and `document.createTextNode("…")`. */
  private appended(): void {
    const { program } = this.reader;
    for (const name of ["append", "prepend", "replaceChildren", "createTextNode"]) {
      for (const member of program.members(name)) {
        const call = program.parentOf(member);
        if (!isCall(call) || call.callee !== member) continue;
        const isScript =
          name !== "createTextNode" && createdTag(program, member.object) === "script";
        for (const given of call.arguments) {
          if (name === "createTextNode" || isScript) this.appendedText(call, given, isScript);
        }
      }
    }
  }

  /** What is appended may be a node: only a text is code. */
  private appendedText(call: Node, given: Node, isScript: boolean): void {
    const texts = this.reader.values(given).filter((value) => value.kind === "text");
    const text = texts.length === 0 ? "" : this.reader.textOf(given);
    if (!isScript && !isCode(text)) return;
    this.named(call, text, "the script that is put into the page");
  }

  /** `element.setAttribute("onclick", "…")`. */
  private handlers(): void {
    const { program } = this.reader;
    for (const member of program.members("setAttribute")) {
      const call = program.parentOf(member);
      if (!isCall(call) || call.callee !== member) continue;
      const [key, value] = call.arguments;
      if (value === undefined || !/^on[a-z]/i.test(literalText(key) ?? "")) continue;
      const { text, open } = this.reader.known(value);
      if (this.named(call, text, "the text of a handler")) continue;
      if (open) this.add(call, "the text of a handler is only known at run time");
    }
  }

  private addressed(): void {
    const { program } = this.reader;
    if (!program.units.some(({ script }) => /javascript:/i.test(script.code))) return;
    const attributes = addresses.flatMap((name) => setAttributes(program, name));
    for (const set of [...attributes, ...this.locations()]) this.address(set);
  }

  private locations(): Pick<SetAttribute, "at" | "value">[] {
    const { program } = this.reader;
    const members = program.members("location").flatMap((member) => program.parentOf(member) ?? []);
    return [...members, ...program.unboundWrites("location")].flatMap((write) =>
      write.type === "AssignmentExpression" ? [{ at: write, value: write.right }] : [],
    );
  }

  private address({ at, value }: Pick<SetAttribute, "at" | "value">): void {
    const code = this.reader.codeOf(value);
    if (isAddress.test(code)) this.named(at, code, "the script of an address");
  }
}

/** Every place in a program that puts code into the page which names the network, or is not known. */
export function elementCode(reader: TextReader): readonly CodeText[] {
  return new ElementReader(reader).found;
}
