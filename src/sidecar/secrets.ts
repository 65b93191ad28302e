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
  /** Gets every value that is resolved or kept in the secrets file: what must never be recorded. */
  readonly known: Set<string>;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A value is as secret as the password of the address that it is. */
function remember(value: string, known: Set<string>): void {
  known.add(value);
  const password = URL.canParse(value) ? new URL(value).password : "";
  if (password !== "") known.add(password).add(decoded(password));
}

export function openSecrets({ workspaceDir, secretsFile, env, known }: SecretsOptions): Secrets {
  const stored = readSecretsFile(secretsFile);
  for (const value of stored.values()) remember(value, known);
  const valueOf = ({ kind, name }: SecretReference): string | undefined =>
    kind === "env"
      ? (env[name] ?? stored.get(name))
      : readFileReference(resolvePath(workspaceDir, name));
  return {
    resolve(text, place) {
      return resolveReferences(text, (reference) => {
        const value = valueOf(reference);
        if (value !== undefined && value !== "") {
          remember(value, known);
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
