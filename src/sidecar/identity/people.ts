/** What the workspace knows of a person now: under `--dev` the users of `identity.dev`, else what their session states. */
import type { Workspace } from "../../contract/workspace.ts";
import type { Identity } from "./identity.ts";

/** The issuer of people who signed in under `--dev`. */
export const devIssuer = "dev";

export type Person = Pick<Identity, "subject" | "issuer" | "groups">;

export interface People {
  /** Names of the users that the local sign-in offers; empty without `--dev`. */
  readonly devUsers: readonly string[];
  /** The groups stated of a person now; undefined for somebody who is nobody (any more). */
  groupsNow(person: Person): readonly string[] | undefined;
}

export function createPeople(workspace: Workspace, dev: boolean): People {
  const users = new Map(dev ? Object.entries(workspace.identity?.dev?.users ?? {}) : []);
  return {
    devUsers: [...users.keys()],
    groupsNow(person) {
      return person.issuer === devIssuer ? users.get(person.subject) : person.groups;
    },
  };
}
