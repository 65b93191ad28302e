/** What a verified token says of a person, in the few words that rules know. Must not verify anything itself. */
import type { Person } from "./people.ts";

const mostGroups = 1000;
const longestText = 512;

export type ClaimsReading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly detail: string };

type Claims = Readonly<Record<string, unknown>>;

const isText = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= longestText;

/** Whether the provider keeps a claim elsewhere (OpenID Connect Core 5.6.2): what is stated here is then not the whole. */
function isElsewhere(claims: Claims, name: string): boolean {
  const names = claims["_claim_names"];
  return typeof names === "object" && names !== null && Object.hasOwn(names, name);
}

/**
 * The groups that a claim states: a text or a list of texts. Undefined where the claim is absent. Any other shape is a
 * fault and not "no groups": a rule that denies by group must not be missed.
 */
export function readGroups(
  claims: Claims,
  name: string,
): ClaimsReading<readonly string[] | undefined> {
  if (isElsewhere(claims, name)) {
    return {
      ok: false,
      detail: `The provider keeps the claim ${name} elsewhere: it has too many.`,
    };
  }
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (value === undefined) return { ok: true, value: undefined };
  const values: unknown[] = Array.isArray(value) ? value : [value];
  if (values.length > mostGroups) {
    return { ok: false, detail: `The claim ${name} states more than ${mostGroups} groups.` };
  }
  return values.every(isText)
    ? { ok: true, value: [...new Set(values)] }
    : { ok: false, detail: `The claim ${name} is neither a text nor a list of texts.` };
}

/** The person of claims whose issuer was verified. */
export function readPerson(
  claims: Claims,
  { issuer, groupsClaim }: { readonly issuer: string; readonly groupsClaim: string },
): ClaimsReading<Person> {
  const { sub } = claims as { sub?: unknown };
  if (!isText(sub)) return { ok: false, detail: "The claim sub names nobody." };
  const groups = readGroups(claims, groupsClaim);
  return groups.ok
    ? { ok: true, value: { subject: sub, issuer, groups: groups.value ?? [] } }
    : groups;
}
