/** What is known of a person now: under `--dev` the users of `identity.dev`, else what their provider stated last. */
import type { Workspace } from "../../contract/workspace.ts";
import type { Identity } from "./identity.ts";

/** The issuer of people who signed in under `--dev`. */
export const devIssuer = "dev";

export type Person = Pick<Identity, "subject" | "issuer" | "groups">;
type Name = Pick<Identity, "subject" | "issuer">;

/** Groups that were stated; undefined for somebody who is nobody any more. */
interface Stated {
  readonly groups: readonly string[] | undefined;
}

export interface People {
  /** Names of the users that the local sign-in offers; empty without `--dev`. */
  readonly devUsers: readonly string[];
  /** What is known of a person; undefined if nothing is. */
  stated(person: Name): Stated | undefined;
  /** The groups of a person now: as stated, else as the person is given; undefined for somebody who is nobody. */
  groupsNow(person: Person): readonly string[] | undefined;
  /** Keeps what a provider stated at a time, or that it no longer vouches for them; what is older is not kept. */
  learn(person: Name & Stated, at: number): void;
}

const keyOf = ({ issuer, subject }: Name): string => JSON.stringify([issuer, subject]);

export function createPeople(workspace: Workspace, dev: boolean): People {
  const users = new Map(dev ? Object.entries(workspace.identity?.dev?.users ?? {}) : []);
  const known = new Map<string, Stated & { readonly at: number }>();
  const stated = (person: Name): Stated | undefined =>
    person.issuer === devIssuer ? { groups: users.get(person.subject) } : known.get(keyOf(person));
  return {
    devUsers: [...users.keys()],
    stated,
    groupsNow(person) {
      const now = stated(person);
      return now === undefined ? person.groups : now.groups;
    },
    learn(person, at) {
      const key = keyOf(person);
      if ((known.get(key)?.at ?? -1) <= at) known.set(key, { groups: person.groups, at });
    },
  };
}
