/** Finds node-postgres in a bundle: by the object that its module is, by texts of its classes, and by its imports. */
import { FlowTracker, type Use } from "../../evaluate/flow.ts";
import { instance } from "../../evaluate/flow-path.ts";
import type { FunctionNode, Node } from "../../modules/syntax.ts";
import {
  classesAround,
  deadDriver,
  importCut,
  importedUses,
  importsOf,
  inert,
  loadsOf,
} from "../driver-code.ts";
import type { CutDraft, RecognizerContext } from "../recognizer.ts";

/** Members that the constructor of the driver's module sets, and nothing else together. */
const moduleMembers = ["escapeLiteral", "TypeOverrides", "Pool", "Client"];

/** Texts of the driver's own classes. */
const classTexts = [
  "Cannot use a pool after calling end on the pool",
  "Client has already been connected. You cannot reuse a client.",
];

const packages = /^(?:pg|pg-pool)(?:\/.*)?$/;

export interface PgDriver {
  /** What is done with the classes that it exports, by all the ways in which the app has them. */
  readonly pools: readonly Use[];
  readonly clients: readonly Use[];
  /** What would start it. */
  readonly cuts: readonly CutDraft[];
}

/** `function (client) { this.Client = client; this.escapeLiteral = …; … }`. */
function moduleMakers(context: RecognizerContext): FunctionNode[] {
  const { program } = context;
  const setters = (name: string): (FunctionNode | undefined)[] =>
    program.members(name).map((member) => {
      const write = program.parentOf(member);
      const isSet = write?.type === "AssignmentExpression" && write.left === member;
      return isSet && member.object.type === "ThisExpression"
        ? program.unitOf(member).functionOf(member)
        : undefined;
    });
  const [first = [], ...others] = moduleMembers.map(setters);
  return first.filter(
    (fn): fn is FunctionNode => fn !== undefined && others.every((one) => one.includes(fn)),
  );
}

/** Finds the driver, and makes its own code count as dead. */
export function findDriver(context: RecognizerContext): PgDriver {
  const makers = moduleMakers(context);
  const imports = importsOf(context, packages);
  const around = makers.flatMap((maker) => context.program.unitOf(maker).functionOf(maker) ?? []);
  if (makers.length > 0) {
    context.exclude([...around, ...makers, ...classesAround(context, classTexts)], deadDriver);
  }
  const follow = (name: string): Use[] => {
    context.evaluator.budget = 400_000;
    const path = [instance, name];
    return [
      ...makers.flatMap((maker) => new FlowTracker(context.evaluator).run(maker, path).uses),
      ...imports.flatMap((one) => importedUses(context, one, name)),
    ];
  };
  // `import Pool from "pg-pool"`.
  const alone = imports.flatMap((one) =>
    /pg-pool/.test(one.declaration.source.value) ? importedUses(context, one, "default") : [],
  );
  const loads = new Set<Node>(makers.flatMap((maker) => loadsOf(context, maker)));
  return {
    pools: [...follow("Pool"), ...alone],
    clients: follow("Client"),
    cuts: [...[...loads].map(inert), ...imports.map(importCut)],
  };
}
