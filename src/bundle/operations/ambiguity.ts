/** Pairs of path templates that can match one request with the same rank: the sidecar would refuse such a request. */
import type { Field, HttpOperation, Operation } from "../../contract/operation.ts";

type Rank = "literal" | "mixed" | "hole" | "many";

function rankOf(segment: string): Rank {
  if (!segment.includes("{")) return "literal";
  if (/^\{[^{}]*\*\}$/.test(segment)) return "many";
  return /^\{[^{}]*\}$/.test(segment) ? "hole" : "mixed";
}

/** Whether one value can match two segments of one rank. */
function overlap(one: string, other: string): boolean {
  if (rankOf(one) === "literal") return one === other;
  const [head = "", tail = ""] = [one.split("{")[0], one.split("}").at(-1)];
  const [otherHead = "", otherTail = ""] = [other.split("{")[0], other.split("}").at(-1)];
  const heads = head.startsWith(otherHead) || otherHead.startsWith(head);
  return heads && (tail.endsWith(otherTail) || otherTail.endsWith(tail));
}

function literalEntries(fields: Readonly<Record<string, Field>> | undefined): unknown[] {
  return Object.entries(fields ?? {}).filter(
    ([, field]) => typeof field === "object" && "literal" in field,
  );
}

function literalsOf(operation: HttpOperation): string {
  return JSON.stringify([
    literalEntries(operation.query.fields),
    literalEntries(operation.body.fields),
  ]);
}

/** What two operations share that can be ambiguous: all but the mixed segments of their paths. */
function groupOf(operation: HttpOperation): string {
  const { method, origin, path } = operation;
  const segments = path.split("/").map((segment) => {
    const rank = rankOf(segment);
    return rank === "literal" ? segment : `{${rank}}`;
  });
  return JSON.stringify([method, origin, literalsOf(operation), ...segments]);
}

/** Whether the segments of two operations of one group overlap. */
function isAmbiguous(one: HttpOperation, other: HttpOperation): boolean {
  const others = other.path.split("/");
  return one.path.split("/").every((segment, at) => overlap(segment, others[at] as string));
}

/** The ambiguous pairs among operations. */
export function ambiguousPairs(operations: readonly Operation[]): [HttpOperation, HttpOperation][] {
  const groups = new Map<string, HttpOperation[]>();
  for (const operation of operations) {
    if (operation.kind !== "http") continue;
    const key = groupOf(operation);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [operation]);
    else known.push(operation);
  }
  return [...groups.values()].flatMap((group) =>
    group.flatMap((one, at) =>
      group
        .slice(at + 1)
        .filter((other) => isAmbiguous(one, other))
        .map((other): [HttpOperation, HttpOperation] => [one, other]),
    ),
  );
}
