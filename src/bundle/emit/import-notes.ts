/** What an import tells people beside what it wrote. */
import type { Workspace } from "../../contract/workspace.ts";
import type { Analysis } from "../analysis.ts";
import type { MappingPlan } from "./mappings.ts";

interface Imported {
  /** As it was before the import; null where there was none. */
  readonly workspace: Workspace | null;
  readonly given: { readonly app: string; readonly upstreams: ReadonlyMap<string, string> };
  readonly plan: MappingPlan;
  readonly analysis: Analysis;
  /** The writes that sign people in. */
  readonly signIn: readonly string[];
}

/** An exemption is never silent: the import that writes it says so. */
function signInNotes(
  workspace: Workspace | null,
  app: string,
  signIn: readonly string[],
): string[] {
  if (signIn.length === 0) return [];
  const ids = signIn.join(", ");
  return workspace?.apps?.[app] === undefined
    ? [
        `govern.yaml lets these sign people in without approval, as nobody could approve it: ${ids}.`,
      ]
    : signIn
        .filter((id) => !isNamed(workspace, `${app}/${id}`))
        .map(
          (id) => `${app}/${id} signs people in, and waits for approval until a rule exempts it.`,
        );
}

function isNamed(workspace: Workspace, operation: string): boolean {
  return (workspace.approvals ?? []).some(({ match }) => match.operation === operation);
}

/** What is known of the bundle's origins beside data. */
function originNotes({ origins }: Analysis): string[] {
  return origins.flatMap(({ class: kind, origin, why }) =>
    kind === "data" ? [] : [`${origin} is ${kind}: ${why}.`],
  );
}

function mappingNotes({ workspace, given, plan }: Imported): string[] {
  const notes: string[] = [];
  for (const { key, address } of plan.mapped) {
    const upstream = given.upstreams.get(key);
    if (upstream === undefined || upstream === address) continue;
    notes.push(`govern.yaml maps ${key} already: --upstream changed nothing.`);
  }
  const names = (workspace?.permissions ?? []).flatMap(({ allow }) => allow ?? []);
  if (workspace !== null && !names.some((name) => name.startsWith(`${given.app}/`))) {
    notes.push(
      `No permission in govern.yaml names ${given.app}: its calls are refused until one does.`,
    );
  }
  return notes;
}

/** What the person should know of an import, a sentence each. */
export function importNotes(imported: Imported): string[] {
  const { workspace, given, analysis, signIn } = imported;
  return [
    ...mappingNotes(imported),
    ...originNotes(analysis),
    ...signInNotes(workspace, given.app, signIn),
  ];
}
