/** Modules that a bundler wrapped in functions, of every runtime that is known: one file beside this for each. */
import type { EsModules } from "../es-modules.ts";
import type { Unit } from "../unit.ts";
import { findCommonJsModules } from "./commonjs.ts";
import { findDefinitions, findInterop } from "./helpers.ts";
import { findParcelModules } from "./parcel.ts";
import { findTurbopackModules } from "./turbopack.ts";
import { findWebpackModules } from "./webpack.ts";
import { WrappedModules } from "./wrapped-module.ts";

/** Finds the wrapped modules of all scripts, what they export and where they are loaded. */
export function findWrappedModules(units: readonly Unit[], es: EsModules): WrappedModules {
  const wrapped = new WrappedModules(units, es);
  findWebpackModules(wrapped);
  findCommonJsModules(wrapped);
  findParcelModules(wrapped);
  findTurbopackModules(wrapped);
  // After the modules: a definition on the exports of one belongs to it.
  findDefinitions(wrapped);
  findInterop(wrapped);
  return wrapped;
}
