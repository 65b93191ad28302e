/** Values that are known whole, as data: what a build compiled from a text, e.g. a syntax tree. */
import type { Evaluation } from "./evaluation.ts";
import { knownFields } from "./known-fields.ts";
import { listElements } from "./list-elements.ts";
import { entryValues } from "./names.ts";
import { plainText, type Value, type Values } from "./values.ts";

/** Most values of one tree. */
const sizeCap = 20_000;

export type StaticData =
  | string
  | number
  | boolean
  | null
  | StaticData[]
  | { [key: string]: StaticData };

class Unknown extends Error {}

class Reader {
  private left = sizeCap;
  private readonly evaluation: Evaluation;

  constructor(evaluation: Evaluation) {
    this.evaluation = evaluation;
  }

  only(values: Values): StaticData | undefined {
    const [value, ...others] = values;
    if (value === undefined || others.length > 0) throw new Unknown();
    return this.read(value);
  }

  read(value: Value): StaticData | undefined {
    this.left -= 1;
    if (this.left < 0) throw new Unknown();
    switch (value.kind) {
      case "text": {
        const text = plainText(value);
        if (text === undefined) throw new Unknown();
        return text;
      }
      case "literal":
        return value.value;
      case "array": {
        const elements = listElements(this.evaluation, value);
        if (elements === undefined) throw new Unknown();
        return elements.map((one) => this.only(entryValues(this.evaluation, one)) ?? null);
      }
      case "object":
        return this.object(value);
      default:
        throw new Unknown();
    }
  }

  private object(value: Value): StaticData {
    const { fields, open } = knownFields(this.evaluation, value);
    if (open) throw new Unknown();
    const found: { [key: string]: StaticData } = {};
    for (const [key, values] of fields) {
      const data = this.only(values);
      if (data !== undefined && key !== "__proto__") found[key] = data;
    }
    return found;
  }
}

/** A value as data, if every part of it is known; undefined if not. */
export function staticData(evaluation: Evaluation, value: Value): StaticData | undefined {
  try {
    return new Reader(evaluation).read(value);
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}
