/** Access paths: where in a value the followed value is. */

/** Steps of an access path that are no property names: the result of a call, an instance, the constructor of a class. */
export const result = "()";
export const instance = "<new>";
export const construction = "<ctor>";

/** A member under a name or position that is only known at run time. */
export const element = "[]";

export type Path = readonly string[];

/** Whether a step names a member of a list. */
export function isIndex(step: string): boolean {
  return step === element || /^\d+$/.test(step);
}
