/**
 * Scripts that are loaded by an address: workers, imports, scripts of workers. A script of the bundle is analyzed like any other;
 * what another address gives is not seen.
 */
import { isCall, isMember, memberName, plainKey, type Node } from "../../modules/syntax.ts";
import { networkName, type Call, type CodeText, type TextReader } from "./text-reader.ts";

const inAddress = /^\s*(?:data:[^,]*(?:java|ecma)script[^,]*,|javascript:)/i;
const elsewhere = /(?:^|\s)(?:https?:)?\/\/[a-z0-9]/i;

const ownScripts = "whatever it loads is a script of the app: the page's policy allows no other";

/** What loads a script, as it is told. */
interface Loading {
  readonly at: Node;
  readonly address: Node;
  readonly what: string;
}

class ScriptReader {
  readonly found: CodeText[] = [];
  private readonly reader: TextReader;
  /** Blobs whose scripts are known to be loaded. */
  private readonly scripts = new Set<Node>();

  constructor(reader: TextReader) {
    this.reader = reader;
    for (const loading of [...this.workers(), ...this.imports()]) this.load(loading);
    for (const call of reader.calls("Blob")) this.blob(call);
  }

  private workers(): Loading[] {
    const made = ["Worker", "SharedWorker"].flatMap((name) =>
      this.reader.calls(name).flatMap((at): Loading[] => {
        const [address] = at.arguments;
        const isMade = at.type === "NewExpression" && address !== undefined;
        return isMade ? [{ at, address, what: "the script of a worker" }] : [];
      }),
    );
    const taken = this.reader
      .calls("importScripts")
      .flatMap((at) =>
        at.arguments.map((address) => ({ at, address, what: "a script that is imported" })),
      );
    return [...made, ...taken];
  }

  private imports(): Loading[] {
    return this.reader.program.units.flatMap((unit) =>
      unit.index.dynamicImports.flatMap((at): Loading[] => {
        const address = at.type === "ImportExpression" ? at.source : at.arguments[0];
        return address === undefined ? [] : [{ at, address, what: "a script that is imported" }];
      }),
    );
  }

  private load({ at, address, what }: Loading): void {
    const blob = this.blobOf(address);
    if (blob !== undefined) return this.fromBlob(at, blob, what);
    const { text, open, unreachable } = this.reader.known(address);
    if (inAddress.test(text)) {
      const named = networkName(decoded(text));
      if (named !== undefined) this.add(at, `the text of ${what} names ${named}`);
    } else if (unreachable) this.add(at, "nothing calls it", "unreachable");
    else if (elsewhere.test(text)) {
      this.found.push({
        node: at,
        reason: `${what} is not in the bundle`,
        rule: "external-script",
      });
    } else if (open) this.add(at, ownScripts, "excluded");
  }

  /** What an expression holds, through a variable. */
  private held(node: Node): Node {
    const binding = node.type === "Identifier" ? this.reader.program.bindingOf(node) : undefined;
    const [declaration] = binding?.declarations ?? [];
    if (declaration?.type === "VariableDeclarator" && declaration.init) return declaration.init;
    const write = binding?.writes.find((one) => one.type === "AssignmentExpression");
    return write?.type === "AssignmentExpression" ? write.right : node;
  }

  /** What `URL.createObjectURL(…)` is given, if that is what an address is. */
  private blobOf(address: Node): Node | undefined {
    const call = this.held(address);
    if (!isCall(call) || !isMember(call.callee)) return undefined;
    return memberName(call.callee) === "createObjectURL" ? call.arguments[0] : undefined;
  }

  private fromBlob(at: Node, given: Node, what: string): void {
    const blob = this.held(given);
    const [parts] = isCall(blob) && blob.type === "NewExpression" ? blob.arguments : [];
    if (parts === undefined) return this.add(at, `${what} is only known at run time`);
    this.scripts.add(blob);
    this.runs(blob, parts);
  }

  private runs(blob: Node, parts: Node): void {
    const pieces = this.reader.pieces(parts);
    const named = networkName(pieces.join(" "));
    if (named !== undefined) this.add(blob, `the script in a Blob names ${named}`);
    else if (pieces.includes("")) this.add(blob, "the script in a Blob is only known at run time");
  }

  /** A script in a Blob is there to be run: it is of that type, or its script makes workers. */
  private blob(call: Call): void {
    const [parts, options] = call.arguments;
    if (call.type !== "NewExpression" || parts === undefined || this.scripts.has(call)) return;
    const type = this.typeOf(options);
    if (type !== undefined && /(?:java|ecma)script/.test(type)) return this.runs(call, parts);
    const makesWorkers = this.reader.program.unitOf(call).index.unbound.has("Worker");
    if (type !== undefined || !makesWorkers) return;
    const named = networkName(this.reader.codeOf(parts));
    if (named !== undefined) this.add(call, `the script in a Blob names ${named}`);
  }

  private typeOf(options: Node | undefined): string | undefined {
    if (options?.type !== "ObjectExpression") return undefined;
    for (const property of options.properties) {
      if (property.type !== "ObjectProperty") continue;
      const isType = plainKey(property.key, property.computed) === "type";
      if (isType) return this.reader.textOf(property.value);
    }
    return undefined;
  }

  private add(node: Node, reason: string, status: CodeText["status"] = "open"): void {
    this.found.push({ node, reason, status });
  }
}

/** The text of a `data:` address, where it can be read. */
function decoded(address: string): string {
  const [head = "", ...rest] = address.split(",");
  const body = rest.join(",");
  if (/;base64$/i.test(head)) return Buffer.from(body, "base64").toString("utf8");
  return body.replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Every place in a program that loads a script which is not in the bundle, or is not known. */
export function loadedScripts(reader: TextReader): readonly CodeText[] {
  return new ScriptReader(reader).found;
}
