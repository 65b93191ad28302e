/**
 * Whether a group gains or loses between two standings. Each part is compared by itself, so that what is taken in one never
 * hides what is given in another.
 */
import { permits, type Extent, type Standing } from "./standing.ts";

/** `changes`: neither plainly more nor plainly less, e.g. another condition. */
export type ChangeKind = "gains" | "loses" | "changes";

type Shift = ChangeKind | null;

const isWithin = (part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean =>
  [...part].every((one) => whole.has(one));

/** More names are a gain. */
function namesShift(before: ReadonlySet<string>, after: ReadonlySet<string>): Shift {
  const [grows, shrinks] = [isWithin(before, after), isWithin(after, before)];
  if (grows && shrinks) return null;
  return grows ? "gains" : shrinks ? "loses" : "changes";
}

/** To name more calls is a gain. */
function extentShift(before: Extent, after: Extent): Shift {
  if (before.every || after.every) {
    if (before.every === after.every) return null;
    return after.every ? "gains" : "loses";
  }
  return namesShift(before.of, after.of);
}

/** Fewer names are a gain. */
const lessOf = (before: ReadonlySet<string>, after: ReadonlySet<string>): Shift =>
  namesShift(after, before);

/** To wait no longer is a gain, to begin to wait a loss. */
function gateShift(before: Standing, after: Standing): Shift {
  if (before.gateText === after.gateText) return null;
  if (after.gateText === "at once") return "gains";
  return before.gateText === "at once" ? "loses" : "changes";
}

/** An exception from what is masked for others: one from a new mask gives nothing, the end of one with its mask takes nothing. */
function exceptionShift(before: Standing, after: Standing): Shift {
  const gained = [...after.excepted].some(
    (field) => !before.excepted.has(field) && before.maskedElse.has(field),
  );
  const lost = [...before.excepted].some(
    (field) => !after.excepted.has(field) && after.maskedElse.has(field),
  );
  if (gained) return lost ? "changes" : "gains";
  return lost ? "loses" : null;
}

function shiftsOf(before: Standing, after: Standing): Shift[] {
  const bound = before.operation && after.operation;
  const denial = bound ? extentShift(after.deny, before.deny) : null;
  if (bound && (before.deny.every || after.deny.every)) return [denial];
  if (!bound) return [permits(before) ? "loses" : permits(after) ? "gains" : null];
  const allowance = [denial, extentShift(before.allow, after.allow), exceptionShift(before, after)];
  if (!permits(before) || !permits(after)) {
    return [...allowance, lessOf(before.ownLimits, after.ownLimits)];
  }
  return [
    ...allowance,
    gateShift(before, after),
    lessOf(before.limits, after.limits),
    lessOf(before.masked, after.masked),
  ];
}

/** Tells what somebody in the group gains or loses; null for nothing, also in other groups of theirs. */
export function changeKind(before: Standing, after: Standing): ChangeKind | null {
  const shifts = new Set(shiftsOf(before, after).filter((shift) => shift !== null));
  const [only, more] = shifts;
  if (only === undefined) return null;
  return more === undefined ? only : "changes";
}

/** Whether a denial is lifted, or narrowed, of a group that is allowed nothing: who gains is in another group too. */
export function isLifted(before: Standing, after: Standing): boolean {
  if (!before.operation || !after.operation || permits(after)) return false;
  const shift = extentShift(after.deny, before.deny);
  return shift === "gains" || shift === "changes";
}
