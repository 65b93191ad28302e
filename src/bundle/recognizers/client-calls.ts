/**
 * From the clients of an HTTP library to the sites of their calls. What a library calls its options is said by its recognizer;
 * where the clients go and which of them a call is made on is found here.
 */
import type * as t from "@babel/types";
import { argumentValues } from "../evaluate/arguments.ts";
import type { Answer } from "../evaluate/contexts.ts";
import { frameFor, type Frame } from "../evaluate/frame.ts";
import type {
  ClientLibrary,
  ClientValue,
  ParamValue,
  QueryValue,
  Value,
  Values,
} from "../evaluate/values.ts";
import { isMember, memberName, type MemberNode, type Node } from "../modules/syntax.ts";
import { objectWith, paramsOf, type OptionSets } from "../operations/client-options.ts";
import { joinAddresses, withQuery, type JoinedAddresses } from "../operations/joined-address.ts";
import { readRequest, type FoundCall, type RequestValues } from "../operations/http-request.ts";
import type { ClientFactory } from "./client-factories.ts";
import { assignedTo, clientUses, type ClientCall, type ClientUses } from "./client-uses.ts";
import { clientSite } from "./http-site.ts";
import type { Recognizer, RecognizerContext } from "./recognizer.ts";

/** One call as a library's recognizer reads it. */
export interface ClientRequest {
  readonly context: RecognizerContext;
  /** The member that is called; undefined for a call of the client itself. */
  readonly member: string | undefined;
  /** The method, where the member's name is only known as a value. */
  readonly computed: Values | undefined;
  /** Options of the client, the weakest first. */
  readonly options: OptionSets;
  argument(index: number): Values;
}

/** What a call asks for, before its address is put together. */
export interface ReadCall extends Omit<RequestValues, "url"> {
  readonly bases: Values;
  readonly paths: Values;
  readonly query: QueryValue | undefined;
  /** Parameters that would refine it. */
  readonly soft: readonly ParamValue[];
  /** How base and path are joined; with one slash by default. */
  readonly join?: (bases: Values, paths: Values) => JoinedAddresses;
}

/** What a recognizer says of its library. */
export interface ClientDialect {
  readonly library: ClientLibrary;
  factories(context: RecognizerContext): readonly ClientFactory[];
  read(request: ClientRequest): ReadCall;
  /** Makes the library's own sinks count as dead. */
  excludeSinks(context: RecognizerContext, factories: readonly ClientFactory[]): void;
}

interface Target {
  readonly client: ClientValue;
  readonly computed?: Values;
}

class CallReader {
  private readonly context: RecognizerContext;
  private readonly dialect: ClientDialect;
  private readonly uses: ClientUses;

  constructor(context: RecognizerContext, dialect: ClientDialect, uses: ClientUses) {
    this.context = context;
    this.dialect = dialect;
    this.uses = uses;
  }

  ask(frame: Frame, call: ClientCall): Answer<FoundCall> {
    const { targets, soft } = this.targets(frame, call);
    const answers = targets.map((target) => this.read(target, { frame, call }));
    return {
      results: answers.flatMap((answer) => answer.results),
      open: answers.flatMap((answer) => answer.open),
      needs: {
        hard: answers.flatMap((answer) => answer.needs.hard),
        soft: [...soft, ...answers.flatMap((answer) => answer.needs.soft)],
      },
    };
  }

  /** The clients that a call is made on here; those that were followed to it where the place does not tell. */
  private targets(frame: Frame, call: ClientCall): { targets: Target[]; soft: ParamValue[] } {
    const callee = calleeOf(call);
    const values = this.context.evaluator.evaluate(callee, frame);
    const own = this.clientsAmong(values).map((client) => ({ client }));
    if (own.length > 0) return { targets: own, soft: [] };
    if (isMember(callee) && memberName(callee) === undefined) {
      const computed = this.context.evaluator.evaluate(callee.property, frame);
      const objects = this.clientsAmong(this.context.evaluator.evaluate(callee.object, frame));
      const clients = objects.length > 0 ? objects : this.followed(call, frame);
      return { targets: clients.map((client) => ({ client, computed })), soft: [] };
    }
    const targets = this.followed(call, frame).map((client) => ({ client }));
    return { targets, soft: paramsOf(values) };
  }

  /** The clients that were followed to a call, with the options that they are made with as seen from a frame. */
  private followed(call: ClientCall, frame: Frame): ClientValue[] {
    const { evaluator, program } = this.context;
    return call.clients.flatMap((client): ClientValue[] => {
      const made = client.made.at(-1)?.at;
      if (made === undefined) return [client];
      const own = frameFor(program.unitOf(made).functionOf(made), frame);
      const clients = this.clientsAmong(evaluator.evaluate(made, own));
      const { member } = client;
      if (clients.length === 0) return [client];
      return member === undefined ? clients : clients.map((one) => ({ ...one, member }));
    });
  }

  private clientsAmong(values: Values): ClientValue[] {
    return values.filter(
      (value): value is ClientValue =>
        value.kind === "client" && value.library === this.dialect.library,
    );
  }

  private read(
    { client, computed }: Target,
    { frame, call }: { frame: Frame; call: ClientCall },
  ): Answer<FoundCall> {
    const { evaluator } = this.context;
    const entered = { args: call.args, caller: frame };
    const read = this.dialect.read({
      context: this.context,
      member: client.member,
      computed,
      options: this.optionsOf(client, frame),
      argument: (index) => argumentValues(evaluator, entered, index),
    });
    const joined = (read.join ?? joinAddresses)(read.bases, read.paths);
    const { method, headers, body } = read;
    const url = withQuery(joined.urls, read.query);
    const answer = readRequest(evaluator, { url, method, headers, body });
    return {
      results: answer.results,
      open: [...answer.open, ...joined.open],
      needs: {
        hard: [...answer.needs.hard, ...joined.hard],
        soft: [...answer.needs.soft, ...read.soft],
      },
    };
  }

  /** What the client was made with, and what was assigned to its defaults later. */
  private optionsOf(client: ClientValue, frame: Frame): OptionSets {
    return client.made.flatMap(({ at, options }) => [
      ...(options.length > 0 ? [options] : []),
      ...(this.uses.members.get(at) ?? []).flatMap((member) => {
        const assigned = this.assigned(member, { frame, made: at });
        return assigned === undefined ? [] : [[assigned]];
      }),
    ]);
  }

  private assigned(member: MemberNode, at: { frame: Frame; made: Node }): Value | undefined {
    const assigned = assignedTo(this.context, member);
    const [first, ...keys] = assigned?.path ?? [];
    if (assigned === undefined || first !== "defaults" || keys.length === 0) return undefined;
    const { node } = assigned;
    const frame = frameFor(this.context.program.unitOf(node).functionOf(node), at.frame);
    const optional = !this.isSure(node, at.made);
    let made: Value | undefined;
    for (const key of keys.toReversed()) {
      made =
        made === undefined
          ? objectWith(key, { node, frame, optional })
          : objectWith(key, { node: null, frame, values: [made], optional });
    }
    return made;
  }

  /** Whether an assignment runs wherever the client is made: at the top of a script, or beside it. */
  private isSure(node: Node, made: Node): boolean {
    const { program } = this.context;
    const unit = program.unitOf(node);
    const fn = unit.functionOf(node);
    if (fn !== undefined && fn !== program.unitOf(made).functionOf(made)) return false;
    for (const around of unit.ancestors(node)) {
      if (around === fn) break;
      if (/^(?:If|Conditional|Logical|Switch|Try)/.test(around.type)) return false;
    }
    return true;
  }
}

function calleeOf(call: ClientCall): Node {
  const { callee, arguments: given } = call.call as t.CallExpression;
  if (callee.type === "SequenceExpression") return callee.expressions.at(-1) ?? callee;
  // `get.call(self, …)` calls the object of the member.
  const isIndirect = isMember(callee) && call.args.length < given.length;
  return isIndirect ? callee.object : callee;
}

function reportLost(context: RecognizerContext, dialect: ClientDialect, uses: ClientUses): void {
  for (const [at, reason] of uses.lost) {
    context.report({
      recognizer: dialect.library.name,
      at,
      status: "open",
      reason: `the client reaches code that is not followed: ${reason}`,
      operations: [],
      cuts: [],
    });
  }
}

/** The recognizer of a library whose clients are made by a factory. */
export function clientRecognizer(dialect: ClientDialect): Recognizer {
  const { library } = dialect;
  const identify = (context: RecognizerContext): void => {
    for (const { fn } of dialect.factories(context)) {
      context.evaluator.clientFactories.set(fn, library);
    }
  };
  const find = (context: RecognizerContext): void => {
    const factories = dialect.factories(context);
    if (factories.length === 0) return;
    const uses = clientUses(context, library, factories);
    dialect.excludeSinks(context, factories);
    const reader = new CallReader(context, dialect, uses);
    for (const call of uses.calls.values()) {
      context.report(
        clientSite(context, {
          recognizer: library.name,
          call,
          ask: (frame, one) => reader.ask(frame, one),
        }),
      );
    }
    reportLost(context, dialect, uses);
  };
  return { name: library.name, identify, find };
}
