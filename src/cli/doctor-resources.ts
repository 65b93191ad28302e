/** What `govern doctor --resources` says: which databases' credentials may do more than the registered operations need. */
import { join } from "node:path";
import { isGovernError } from "../errors/govern-error.ts";
import { examineCredential } from "../sidecar/connectors/postgres/excess.ts";
import { openSecrets, type Secrets } from "../sidecar/secrets.ts";
import { leastGrants, type ResourceGrants } from "./grants.ts";
import { currentPolicy } from "./policy-workspace.ts";
import type { Check } from "./doctor-check.ts";

const shown = 8;

async function checkCredential(
  grants: ResourceGrants,
  url: string,
  secrets: Secrets,
): Promise<Check> {
  const name = grants.resource;
  try {
    const address = secrets.resolve(url, `resources.${name}.url`);
    const { role, excess } = await examineCredential(address, grants.tables);
    if (excess.length === 0) {
      return { name, state: "good", found: `${role} may do no more than the operations need` };
    }
    const more = excess.length > shown ? `, and ${excess.length - shown} more` : "";
    return {
      name,
      state: "bad",
      found: `${role} ${excess.slice(0, shown).join(", ")}${more}: the operations need none of it`,
      remedy: `Connect as a role of its own, with what \`govern policy grants --role ${role}\` prints and no more.`,
    };
  } catch (error) {
    if (isGovernError(error)) {
      const { message: found, next: remedy } = error;
      return { name, state: "bad", found, ...(remedy === undefined ? {} : { remedy }) };
    }
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    return {
      name,
      state: "bad",
      found: `the database could not be asked${code}`,
      remedy: `Check resources.${name}.url in govern.yaml, and that its server can be reached from here.`,
    };
  }
}

/** One check for each PostgreSQL resource of the workspace; it connects to each as the sidecar does, and only reads. */
export async function checkResources(root: string): Promise<Check[]> {
  const policy = await currentPolicy(root, undefined);
  const secrets = openSecrets({
    workspaceDir: root,
    secretsFile: join(root, ".govern/secrets.env"),
    env: process.env,
    known: new Set(),
  });
  const { resources = {} } = policy.workspace;
  const checks: Check[] = [];
  for (const grants of await leastGrants(policy)) {
    const resource = resources[grants.resource];
    if (resource?.kind === "postgres") {
      checks.push(await checkCredential(grants, resource.url, secrets));
    }
  }
  return checks;
}
