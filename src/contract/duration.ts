/** Durations as govern.yaml writes them. */
import * as z from "zod";
import { GovernError } from "../errors/govern-error.ts";

/** `30m`, `24h`, `7d`. */
export const durationSchema = z
  .string()
  .regex(/^[1-9]\d*(s|m|h|d)$/, "a number and s, m, h or d, e.g. 24h");

const unitMilliseconds: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Reads `30s`, `15m`, `24h` or `7d` as milliseconds. Throws `workspace-invalid` for anything else, or past a safe integer. */
export function parseDuration(text: string): number {
  const match = /^([1-9]\d*)([smhd])$/.exec(text);
  const milliseconds = Number(match?.[1]) * (unitMilliseconds[match?.[2] ?? ""] ?? Number.NaN);
  if (!Number.isSafeInteger(milliseconds)) {
    throw new GovernError("workspace-invalid", "a duration is a number and s, m, h or d", {
      next: "Write it like 30s, 15m, 24h or 7d.",
    });
  }
  return milliseconds;
}
