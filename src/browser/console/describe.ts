/** What an entry says in a line. */
import type { EntryType } from "../../contract/entry-type.ts";
import type { JsonValue } from "../../contract/json.ts";
import type { AuditEntry } from "./entry.ts";

/** The steps of a call's story, as people call them. */
export const stepNames: Readonly<Record<EntryType, string>> = {
  read: "Read",
  intent: "Execution begins",
  outcome: "Execution",
  refused: "Refused",
  held: "Request, held for approval",
  decision: "Decision",
  login: "Sign-in",
  config: "Configuration",
  start: "Start",
  stop: "Stop",
};

function member(value: JsonValue, name: string): string {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return "";
  const found = value[name];
  return typeof found === "string" || typeof found === "number" ? String(found) : "";
}

const joined = (...parts: readonly string[]): string => parts.filter((one) => one !== "").join(" ");

/** How it ended, else how it was decided. */
export function summaryOf({ decision, outcome }: AuditEntry): string {
  const ended = joined(
    member(outcome, "state"),
    member(outcome, "code"),
    member(outcome, "status"),
  );
  const refused = joined(member(decision, "refused"), member(decision, "detail"));
  const decided = joined(member(decision, "decision"), member(decision, "reason"));
  return (
    [
      refused,
      member(outcome, "state") === "" ? "" : ended,
      decided,
      member(decision, "result"),
      member(decision, "permission"),
    ].find((one) => one !== "") ?? ""
  );
}

/** What was asked for. */
export function subjectOf({ operation, outcome, app }: AuditEntry): string {
  if (operation !== null) return operation;
  const request =
    outcome !== null && typeof outcome === "object" && !Array.isArray(outcome)
      ? (outcome["request"] ?? null)
      : null;
  return joined(member(request, "method"), member(request, "path")) || (app ?? "");
}

/** `2026-05-04 13:22:07` in UTC. */
export function shownTime(time: string): string {
  return time.replace("T", " ").replace(/(\.\d+)?Z$/, "");
}
