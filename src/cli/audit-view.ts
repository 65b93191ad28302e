/** How the audit trail reads in a terminal. */
import type { AuditEntry, EntryType } from "../contract/audit-entry.ts";
import type { JsonValue } from "../contract/canonical-json.ts";
import type { Look } from "./output.ts";
import { renderTable, type Cell } from "./table.ts";
import { padEnd, visibleText } from "./text.ts";
import { listTime } from "./time.ts";

const typeColors = {
  read: null,
  intent: "cyan",
  outcome: "green",
  refused: "red",
  held: "yellow",
  decision: "cyan",
  login: "gray",
  config: "gray",
  start: "gray",
  stop: "gray",
} as const satisfies Record<EntryType, string | null>;

/** A tampered entry may have any type. */
function paintType(type: string, look: Look): (text: string) => string {
  const color = Object.hasOwn(typeColors, type) ? typeColors[type as EntryType] : null;
  return (text) => (color === null ? text : look.paint[color](text));
}

/** The members of an object that are texts or numbers; of anything else, none. */
function scalars(value: JsonValue): Readonly<Record<string, string>> {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      typeof member === "string" || typeof member === "number" ? [[name, String(member)]] : [],
    ),
  );
}

/** Joins what there is. */
function phrase(glue: string, ...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(glue);
}

function decisionText(value: JsonValue): string {
  const { refused, detail, wish, code, decision, reason, result, permission, gate } =
    scalars(value);
  if (refused !== undefined) return phrase(": ", refused, detail);
  if (wish !== undefined) return phrase(": ", `${wish} refused`, code);
  if (decision !== undefined) return phrase(": ", decision, reason);
  return result ?? gate ?? permission ?? "";
}

function outcomeText(value: JsonValue): string {
  const { state, status, code } = scalars(value);
  return state === undefined ? "" : phrase(" ", state, code, status);
}

/** How it ended, else how it was decided; why something ran is in the entry itself. */
function whatHappened(entry: AuditEntry): string {
  return outcomeText(entry.outcome) || decisionText(entry.decision);
}

/** The operation, or the request that was none. */
function whatFor(entry: AuditEntry): string {
  const { outcome } = entry;
  const asked =
    outcome !== null && typeof outcome === "object" && !Array.isArray(outcome)
      ? scalars(outcome["request"] ?? null)
      : {};
  return entry.operation ?? (phrase(" ", asked["method"], asked["path"]) || (entry.app ?? "-"));
}

/** A table of entries, or the sentence that there are none. */
export function renderEntries(entries: readonly AuditEntry[], look: Look): string {
  if (entries.length === 0) return "No entries.";
  const rows = entries.map((entry): Cell[] => [
    { text: String(entry.seq), paint: (text) => look.paint.dim(text) },
    listTime(entry.time),
    { text: entry.type, paint: paintType(entry.type, look) },
    entry.actor?.subject ?? "-",
    whatFor(entry),
    whatHappened(entry),
    entry.approval?.slice(0, 8) ?? "-",
  ]);
  return renderTable(
    [
      { head: "#", min: 2 },
      { head: "TIME (UTC)", min: 10 },
      { head: "TYPE", min: 8 },
      { head: "WHO", min: 4 },
      { head: "OPERATION", min: 28 },
      { head: "WHAT", min: 12 },
      { head: "APPROVAL", min: 8 },
    ],
    rows,
    look,
  );
}

/** The members of an entry as they are read; any other comes after them. */
const order: readonly (keyof AuditEntry)[] = [
  "seq",
  "time",
  "type",
  "actor",
  "app",
  "operation",
  "arguments",
  "decision",
  "approval",
  "outcome",
  "resource",
];

/** One entry in full, with every character visible. */
export function renderEntry(entry: AuditEntry, look: Look): string {
  const members = Object.entries({
    ...Object.fromEntries(order.map((name) => [name, entry[name]])),
    ...entry,
  }).filter(([, value]) => value !== null && value !== undefined);
  const label = Math.max(...members.map(([name]) => name.length)) + 2;
  return members
    .flatMap(([name, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
      return text
        .split("\n")
        .map(
          (line, index) =>
            look.paint.dim(padEnd(index === 0 ? name : "", label)) + visibleText(line),
        );
    })
    .join("\n");
}
