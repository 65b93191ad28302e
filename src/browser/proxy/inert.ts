/**
 * What stands for a driver's module, whose code does not run: whatever is asked of it is the same again, and does nothing. Only
 * what would ask a database throws: nobody may take nothing for an answer.
 */

const asks = /^(?:query|execute|begin|connect|transaction)$/;

/** A value that can be called, constructed and read; `known` are members with a meaning. */
export function inert(known: Readonly<Record<string, unknown>> = {}): unknown {
  const nothing: unknown = new Proxy(function driver() {}, {
    get(_target, key) {
      if (key === Symbol.toPrimitive) return () => "";
      if (typeof key === "symbol" || key === "then" || key === "__esModule") return undefined;
      if (asks.test(key)) throw new Error("unregistered database client");
      return known[key] ?? nothing;
    },
    apply: () => nothing,
    construct: () => nothing as object,
  });
  return nothing;
}
