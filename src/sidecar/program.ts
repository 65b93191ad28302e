/**
 * The sidecar as a program of its own, without the CLI: settings from the environment, one line per fact, a clean stop on
 * SIGTERM and SIGINT, another version of the workspace on SIGHUP.
 */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { GovernError, isGovernError } from "../errors/govern-error.ts";
import { startSidecar, type RunningSidecar, type SidecarOptions } from "./start-sidecar.ts";

const defaultPort = 4000;
const defaultOperatorPort = 4001;

/** The nearest folder, from here upwards, that holds govern.yaml. */
function findWorkspace(from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "govern.yaml"))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

function readPort(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === "") return fallback;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new GovernError("usage", `${name} is no port.`, { next: "Give a number from 0 to 65535." });
}

function readSettings(programFile: string): SidecarOptions {
  const named = process.env["GOVERN_WORKSPACE"];
  const workspaceDir = named ?? findWorkspace(process.cwd()) ?? findWorkspace(dirname(programFile));
  if (workspaceDir === undefined) {
    throw new GovernError("workspace-missing", "No govern.yaml here or in a folder above.", {
      next: "Set GOVERN_WORKSPACE to the folder that holds it.",
    });
  }
  // Import writes the program to <governed>/sidecar/.
  const around = resolve(dirname(programFile), "..");
  return {
    workspaceDir,
    ...(existsSync(join(around, "apps")) ? { governedDir: around } : {}),
    host: process.env["GOVERN_HOST"] ?? "127.0.0.1",
    port: readPort("GOVERN_PORT", defaultPort),
    operatorPort: readPort("GOVERN_OPERATOR_PORT", defaultOperatorPort),
    dev: process.argv.includes("--dev"),
    log: (line) => process.stderr.write(`${line}\n`),
  };
}

function tell(sidecar: RunningSidecar): void {
  for (const app of sidecar.apps) process.stdout.write(`${app}: ${sidecar.url(app)}\n`);
  process.stdout.write(`operator: ${sidecar.operatorUrl}\n`);
  for (const warning of sidecar.warnings) process.stderr.write(`warning: ${warning}\n`);
}

function obeySignals(sidecar: RunningSidecar): void {
  const stop = (): void => {
    void sidecar.close().then(() => process.stdout.write("stopped\n"));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  process.on("SIGHUP", () => void sidecar.reload());
}

/** Starts the sidecar and leaves it running. What keeps it from starting is told in two lines, with exit code 2. */
export async function runProgram(programFile: string): Promise<void> {
  try {
    const sidecar = await startSidecar(readSettings(programFile));
    obeySignals(sidecar);
    tell(sidecar);
  } catch (error) {
    if (!isGovernError(error)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    if (error.next !== undefined) process.stderr.write(`${error.next}\n`);
    process.exitCode = 2;
  }
}
