/** The types of audit entries. No import: they are read in a page too. */
export const entryTypes = [
  "read",
  "intent",
  "outcome",
  "refused",
  "held",
  "decision",
  "login",
  "config",
  "start",
  "stop",
] as const;
export type EntryType = (typeof entryTypes)[number];
