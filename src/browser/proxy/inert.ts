/** What stands for a driver's module, whose code does not run: whatever is asked of it is the same again, and does nothing. */

/** A value that can be called, constructed and read; `known` are members with a meaning. */
export function inert(known: Readonly<Record<string, unknown>> = {}): unknown {
  const nothing: unknown = new Proxy(function driver() {}, {
    get(_target, key) {
      if (key === Symbol.toPrimitive) return () => "";
      if (typeof key === "symbol" || key === "then" || key === "__esModule") return undefined;
      return known[key] ?? nothing;
    },
    apply: () => nothing,
    construct: () => nothing as object,
  });
  return nothing;
}
