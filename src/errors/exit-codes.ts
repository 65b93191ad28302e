/** How a command ends, in one table: nothing else of the project spells an exit code out. */
export const exitCodes = {
  /** Done, and nothing is wrong. */
  good: 0,
  /** Done: what was looked at has findings, or was refused. */
  findings: 1,
  /** Not done: usage, or something that cannot be read. No report is given then. */
  cannotRun: 2,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
