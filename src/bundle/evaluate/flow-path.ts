/** Access paths: where in a value the followed value is. */

/** Steps of an access path that are no property names: the result of a call, an instance, the constructor of a class. */
export const result = "()";
export const instance = "<new>";
export const construction = "<ctor>";

export type Path = readonly string[];
