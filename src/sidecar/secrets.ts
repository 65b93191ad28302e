/**
 * Resolves the references of govern.yaml: `${env:NAME}` from the environment, then from `.govern/secrets.env`;
 * `${file:PATH}` relative to govern.yaml. Only connectors get what comes out of here: never an answer, an entry or a log.
 */
import { readFileSync } from "node:fs";
import { resolve as resolvePath } from "node:path";
import { parseEnv } from "node:util";
import { resolveReferences, type SecretReference } from "../contract/reference.ts";
import { GovernError } from "../errors/govern-error.ts";

export interface Secrets {
  /** A text with its references replaced. A reference without a value is a GovernError `secret-missing`. */
  resolve(text: string, place: string): string;
  /** Every value that was resolved, or is kept in the secrets file: what must never be recorded. */
  values(): Iterable<string>;
}

function readSecretsFile(file: string): ReadonlyMap<string, string> {
  try {
    const pairs = Object.entries(parseEnv(readFileSync(file, "utf8")));
    return new Map(pairs.map(([name, value]) => [name, value ?? ""]));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Map();
    throw new GovernError("file-invalid", `${file} cannot be read.`, { cause: error });
  }
}

function readFileReference(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch {
    return undefined;
  }
}

export interface SecretsOptions {
  readonly workspaceDir: string;
  readonly secretsFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function openSecrets({ workspaceDir, secretsFile, env }: SecretsOptions): Secrets {
  const stored = readSecretsFile(secretsFile);
  const known = new Set(stored.values());
  const valueOf = ({ kind, name }: SecretReference): string | undefined =>
    kind === "env"
      ? (env[name] ?? stored.get(name))
      : readFileReference(resolvePath(workspaceDir, name));
  return {
    values: () => known,
    resolve(text, place) {
      return resolveReferences(text, (reference) => {
        const value = valueOf(reference);
        if (value !== undefined && value !== "") {
          known.add(value);
          return value;
        }
        const { kind, name } = reference;
        throw new GovernError(
          "secret-missing",
          `${place} needs \${${kind}:${name}}, which has no value.`,
          {
            next:
              kind === "env"
                ? `Set ${name} in the environment or in .govern/secrets.env.`
                : `Write the file ${name}, relative to govern.yaml.`,
          },
        );
      });
    },
  };
}
