/** What the app takes from elsewhere, with its places: each origin and kind once in a file. */
import type { External } from "../../contract/build.ts";
import type { Evaluator } from "../evaluate/evaluator.ts";
import type { Bundle } from "../files/bundle.ts";
import { externalAssets } from "../files/external-assets.ts";
import type { Program } from "../modules/program.ts";
import { externalFrames } from "../recognizers/external-frames.ts";
import type { NodePlace, Places } from "./places.ts";

interface Seen {
  readonly bundle: Bundle;
  readonly program: Program;
  readonly evaluator: Evaluator;
  readonly places: Places;
}

interface Placed {
  readonly origin: string;
  readonly kind: string;
  readonly place: NodePlace;
}

function toExternal({ origin, kind, place }: Placed): External {
  const { file, line, column, source } = place;
  return { origin, kind, file, line, column, ...(source === undefined ? {} : { source }) };
}

/** Everything from elsewhere, sorted by file, kind and origin. */
export function externalsOf({ bundle, program, evaluator, places }: Seen): External[] {
  const assets = externalAssets(bundle).map(({ origin, kind, file, offset }) => ({
    origin,
    kind,
    place: places.at(file, offset),
  }));
  const frames = externalFrames(program, evaluator).map(({ origin, kind, at }) => ({
    origin,
    kind,
    place: places.of(at),
  }));
  const first = new Map<string, Placed>();
  for (const found of [...assets, ...frames].toSorted((a, b) => places.compare(a.place, b.place))) {
    const key = `${found.place.file} ${found.kind} ${found.origin}`;
    if (!first.has(key)) first.set(key, found);
  }
  return [...first].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => toExternal(found));
}
