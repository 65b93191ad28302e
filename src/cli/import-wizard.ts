/**
 * The questions of `govern import`: what the bundle is called and where each of its origins and SQL clients leads.
 * Nothing is written here; a person who leaves (Ctrl-C) leaves nothing.
 */
import type { Readable, Writable } from "node:stream";
import { cancel, confirm, intro, note, text } from "@clack/prompts";
import type { ImportAnswers, ImportGiven } from "../bundle/import.ts";
import type { InspectReport } from "../contract/build.ts";
import type { Operation } from "../contract/operation.ts";
import { counted, visibleText } from "./text.ts";

/** Where the questions are asked; the process's own terminal if left out. */
export interface WizardStreams {
  readonly input?: Readable;
  readonly output?: Writable;
}

/** What one key of `apps.X.resources` stands for. */
interface Destination {
  readonly key: string;
  readonly sql: boolean;
  readonly reads: number;
  readonly writes: number;
}

function keyOf(operation: Operation): string {
  return operation.kind === "sql" || operation.kind === "sql-batch"
    ? `sql:${operation.client}`
    : operation.origin;
}

function destinationsOf({ operations, origins }: InspectReport): Destination[] {
  // Telemetry is answered without an upstream; public files are where their address says.
  const apart = new Set(
    origins
      .filter(({ class: kind }) => kind === "telemetry" || kind === "external")
      .map(({ origin }) => origin),
  );
  const keys = [...new Set(operations.map(keyOf))].filter((key) => !apart.has(key));
  return keys.map((key) => {
    const those = operations.filter((operation) => keyOf(operation) === key);
    const writes = those.filter((operation) => operation.access === "write").length;
    return { key, sql: key.startsWith("sql:"), reads: those.length - writes, writes };
  });
}

function isHttpUrl(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url?.protocol === "https:" || url?.protocol === "http:";
}

function addressFault(address: string, { sql, key }: Destination): string | undefined {
  const known = isHttpUrl(key) || sql;
  if (address === "") return known ? undefined : "The bundle does not say where this leads.";
  if (sql) {
    return /^(sqlite:|postgres(ql)?:\/\/|mysql:\/\/)./.test(address)
      ? undefined
      : "Give a database: sqlite:./file.db, postgres://… or mysql://…";
  }
  return isHttpUrl(address) ? undefined : "Give an address that begins with https:// or http://";
}

function whatIsFound(report: InspectReport): string {
  const open = report.sites.filter((site) => site.status === "open").length;
  const lines = destinationsOf(report).map(
    ({ key, reads, writes }) =>
      `${visibleText(key)}: ${counted(reads, "read")}, ${counted(writes, "write")}`,
  );
  const secrets = report.findings.filter(({ rule }) => rule === "hardcoded-credential").length;
  if (secrets > 0) lines.push(`${counted(secrets, "credential")}, which import takes out`);
  if (open > 0) lines.push(`${counted(open, "call")} that cannot be resolved: refused when made`);
  return lines.join("\n");
}

function askAddress(destination: Destination, streams: WizardStreams): Promise<string | symbol> {
  const { key, sql, reads, writes } = destination;
  const calls = [counted(reads, "read"), counted(writes, "write")].join(", ");
  const keep = sql ? "what the bundle holds" : key;
  return text({
    ...streams,
    message: `Where does ${visibleText(key)} lead? (${calls})`,
    placeholder: sql ? `${keep}, or sqlite:./file.db, postgres://…` : keep,
    defaultValue: "",
    validate: (address) => addressFault(address ?? "", destination),
  });
}

function askName(named: string, streams: WizardStreams): Promise<string | symbol> {
  return text({
    ...streams,
    message: "What is the app called?",
    placeholder: named,
    defaultValue: named,
    validate: (name = "") =>
      name === "" || /^[a-z0-9][a-z0-9-]*$/.test(name)
        ? undefined
        : "Use lower-case letters, digits and dashes.",
  });
}

/** Asks what `given` does not say already. Undefined: the person left. */
export async function askImport(
  report: InspectReport,
  given: ImportGiven,
  streams: WizardStreams = {},
): Promise<ImportAnswers | undefined> {
  const leave = (): undefined => {
    cancel("Nothing was written.", streams);
  };
  intro(`govern import ${visibleText(report.app)}`, streams);
  note(whatIsFound(report), "In the bundle", streams);
  const app = given.app ?? (await askName(report.app, streams));
  if (typeof app === "symbol") return leave();
  const upstreams: Record<string, string> = { ...given.upstreams };
  for (const destination of destinationsOf(report)) {
    if (upstreams[destination.key] !== undefined) continue;
    const address = await askAddress(destination, streams);
    if (typeof address === "symbol") return leave();
    if (address !== "") upstreams[destination.key] = address;
  }
  const go = await confirm({ ...streams, message: "Write governed/ and govern.yaml?" });
  return go === true ? { app, upstreams } : leave();
}
