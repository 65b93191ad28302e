/** Secret references in govern.yaml: `${env:NAME}` and `${file:PATH}`. They are found anywhere, resolved in the sidecar only. */

export interface SecretReference {
  readonly kind: "env" | "file";
  /** The variable's name, or the file's path relative to govern.yaml. */
  readonly name: string;
}

const referencePattern = /\$\{(env|file):([^{}\s]+)\}/g;

function toReference(kind: string | undefined, name: string | undefined): SecretReference {
  return { kind: kind === "file" ? "file" : "env", name: name ?? "" };
}

/** The references of a text in order, repeated ones too. */
export function findReferences(text: string): SecretReference[] {
  return [...text.matchAll(referencePattern)].map((match) => toReference(match[1], match[2]));
}

/**
 * The text with every reference replaced by what `resolve` gives for it, once: a value that looks like a reference stays
 * as it is. What `resolve` throws passes through.
 */
export function resolveReferences(
  text: string,
  resolve: (reference: SecretReference) => string,
): string {
  return text.replaceAll(referencePattern, (_whole, kind: string, name: string) =>
    resolve(toReference(kind, name)),
  );
}
