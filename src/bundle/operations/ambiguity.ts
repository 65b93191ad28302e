/** Pairs of path templates that can match one request with the same rank: the sidecar would refuse such a request. */
import type { Field, HttpOperation, Operation } from "../../contract/operation.ts";

type Rank = "literal" | "mixed" | "hole" | "many";

function rankOf(segment: string): Rank {
  if (!segment.includes("{")) return "literal";
  if (/^\{[^{}]*\*\}$/.test(segment)) return "many";
  return /^\{[^{}]*\}$/.test(segment) ? "hole" : "mixed";
}

/** The texts that a segment takes. */
function patternOf(segment: string): RegExp {
  const texts = segment
    .split(/\{[^{}]*\}/)
    .map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${texts.join(".+")}$`);
}

/** Whether one value can match two segments. */
function overlap(one: string, other: string): boolean {
  if (rankOf(one) === "literal" && rankOf(other) === "literal") return one === other;
  if (rankOf(one) === "literal") return patternOf(other).test(one);
  if (rankOf(other) === "literal") return patternOf(one).test(other);
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

function isAmbiguous(one: HttpOperation, other: HttpOperation): boolean {
  if (one.method !== other.method || one.origin !== other.origin) return false;
  if (literalsOf(one) !== literalsOf(other)) return false;
  const segments = one.path.split("/");
  const others = other.path.split("/");
  if (segments.length !== others.length) return false;
  return segments.every((segment, at) => {
    const against = others[at] as string;
    return rankOf(segment) === rankOf(against) && overlap(segment, against);
  });
}

/** The ambiguous pairs among operations. */
export function ambiguousPairs(operations: readonly Operation[]): [HttpOperation, HttpOperation][] {
  const groups = new Map<string, HttpOperation[]>();
  for (const operation of operations) {
    if (operation.kind !== "http") continue;
    const { method, origin, path } = operation;
    const key = `${method} ${origin} ${path.split("/").length}`;
    groups.set(key, [...(groups.get(key) ?? []), operation]);
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
