/**
 * `@supabase/supabase-js`: a client whose chains send one request each. It is known by the members that its constructor sets;
 * what it sends is read from the chain, for between chain and fetch lie builders, a session and a queue. Its own sinks are
 * excluded once every use of every client is known or told.
 */
import type { Answer } from "../../evaluate/contexts.ts";
import type { Frame } from "../../evaluate/frame.ts";
import type { Node } from "../../modules/syntax.ts";
import type { FoundCall } from "../../operations/http-request.ts";
import { placeSite } from "../http-site.ts";
import { excludeAround, excludeForwarders } from "../library-sinks.ts";
import { memberUses, type CalledMember, type ReadMember, type Source } from "../member-uses.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";
import { findClients, name, type Client } from "./client.ts";
import { functionAnswer, isVerb, stepsAfter, tableAnswer } from "./rest.ts";
import { authAnswer, invokeAnswer, storageAnswer } from "./services.ts";

const reason =
  "it is a call of supabase-js itself, whose requests are seen where they are asked for";

type Ask = (frame: Frame) => Answer<FoundCall>;

/** Members that send nothing of themselves. */
const quiet = new Set(["removeChannel", "removeAllChannels", "getChannels", "realtime"]);

class ClientReader {
  private readonly context: RecognizerContext;
  private readonly client: Client;
  private readonly visited = new Set<Node>();

  constructor(context: RecognizerContext, client: Client) {
    this.context = context;
    this.client = client;
  }

  /** Everything that is done with the client. */
  readClient(source: Source): void {
    const uses = memberUses(this.context, source);
    for (const call of uses.calls) this.readCall(call);
    for (const member of uses.reads) this.readMember(member);
    for (const { at, reason: why } of uses.lost) {
      this.open(at, `the client reaches code that is not followed: ${why}`);
    }
  }

  private readCall(called: CalledMember): void {
    const { call, name: member } = called;
    if (member === "from") this.readTable(called);
    else if (member === "schema") this.readClient({ node: call });
    else if (member === "rpc") this.readFunction(called);
    else if (member === "channel") this.open(call, "it opens a channel, which carries any message");
    else if (!quiet.has(member)) this.open(call, `what its method ${member} sends is not known`);
  }

  private readMember({ name: member, source }: ReadMember): void {
    if (member === "auth")
      this.readService(source, (called) => authAnswer(this.context, this.client, called));
    else if (member === "functions") {
      this.readService(source, (method, frame) =>
        invokeAnswer(this.context, this.client, { method, frame }),
      );
    } else if (member === "storage") this.readStorage(source);
  }

  private readTable(root: CalledMember): void {
    const { calls, lost } = memberUses(this.context, { node: root.call });
    for (const verb of calls.filter((one) => isVerb(one.name))) {
      const steps = stepsAfter(this.context, verb.call);
      this.report(verb.call, (frame) =>
        tableAnswer(this.context, { client: this.client, call: root }, { verb, steps, frame }),
      );
    }
    for (const { at, reason: why } of lost) {
      this.open(at, `a table reaches code that is not followed: ${why}`);
    }
  }

  private readFunction(root: CalledMember): void {
    const steps = stepsAfter(this.context, root.call);
    this.report(root.call, (frame) =>
      functionAnswer(this.context, { client: this.client, call: root }, { steps, frame }),
    );
  }

  private readService(
    source: Source,
    answer: (called: CalledMember, frame: Frame) => Answer<FoundCall>,
  ): void {
    const { calls, reads, lost } = memberUses(this.context, source);
    for (const called of calls) this.report(called.call, (frame) => answer(called, frame));
    for (const { at, name: member } of reads)
      this.open(at, `what its member ${member} sends is not known`);
    for (const { at, reason: why } of lost)
      this.open(at, `it reaches code that is not followed: ${why}`);
  }

  private readStorage(source: Source): void {
    this.readServiceCalls(source, undefined);
  }

  private readServiceCalls(source: Source, from: CalledMember | undefined): void {
    const { calls, lost } = memberUses(this.context, source);
    for (const method of calls) {
      if (from === undefined && method.name === "from") {
        this.readServiceCalls({ node: method.call }, method);
      } else {
        this.report(method.call, (frame) =>
          storageAnswer(this.context, this.client, { from, method, frame }),
        );
      }
    }
    for (const { at, reason: why } of lost)
      this.open(at, `it reaches code that is not followed: ${why}`);
  }

  private report(at: Node, ask: Ask): void {
    if (this.visited.has(at)) return;
    this.visited.add(at);
    const site = placeSite(this.context, { recognizer: name, at, ask });
    // A method that sends nothing is no site.
    if (site.status !== "unreachable" || site.operations.length > 0) this.context.report(site);
  }

  private open(at: Node, why: string): void {
    if (this.visited.has(at)) return;
    this.visited.add(at);
    this.context.report({
      recognizer: name,
      at,
      status: "open",
      reason: why,
      operations: [],
      cuts: [],
    });
  }
}

/** The library's own sinks, by texts and property names of the code around them. */
const sinks = [
  { global: "fetch", texts: ["urlLengthLimit", "shouldThrowOnError"] },
  { global: "fetch", texts: ["urlLengthLimit", "cloneRequestState"] },
  { global: "fetch", texts: ["schemaName", "urlLengthLimit"] },
  { global: "fetch", texts: ["schemaName", "rpc/"] },
  { global: "fetch", texts: ["fetchImpl", "baseUrl"] },
  { global: "fetch", texts: ["XDomainRequest"] },
  { global: "fetch", texts: ["AbortController", "parseJSON"] },
  { global: "fetch", texts: ["API key is required to connect to Realtime"] },
  { global: "XMLHttpRequest", texts: ["XDomainRequest"] },
  { global: "WebSocket", texts: ["detectEnvironment", "wsConstructor"] },
  { global: "WebSocket", texts: ["longPollFallbackMs", "heartbeatIntervalMs"] },
] as const;

function find(context: RecognizerContext): void {
  const clients = findClients(context);
  if (clients.length === 0) return;
  for (const sink of sinks) excludeAround(context, { ...sink, texts: [...sink.texts], reason });
  excludeForwarders(context, reason);
  for (const client of clients) new ClientReader(context, client).readClient({ node: client.at });
}

export const supabaseRecognizer: Recognizer = { name, find };
