/** Results of a transaction before it has run: they may be handed on, and are filled once it has. */

const early =
  "interactive-transaction: a result is read before its transaction has run as one approved call";

export interface Pending<T extends object> {
  /** Stands for the result: a member that is not known yet throws when it is read. */
  readonly value: T;
  fill(given: T): void;
}

/** A result to be, of the same kind as `own`; `known` are members that stand for themselves already. */
export function pending<T extends object>(own: T, known: Partial<T> = {}): Pending<T> {
  let isFilled = false;
  Object.assign(own, known);
  const value = new Proxy(own, {
    get(target, key, receiver) {
      // A promise that gives it asks whether it is a promise itself.
      if (!isFilled && key !== "then" && !Object.hasOwn(known, key)) throw new Error(early);
      return Reflect.get(target, key, receiver) as unknown;
    },
    ownKeys(target) {
      if (!isFilled) throw new Error(early);
      return Reflect.ownKeys(target);
    },
  });
  return {
    value,
    fill(given) {
      isFilled = true;
      // What was handed out stays what it is.
      Object.assign(own, given, known);
    },
  };
}
