/** The recognizers, in the order in which they run: those of clients first, for their own sinks are then excluded. */
import { beaconRecognizer } from "./beacon/beacon.ts";
import { eventsourceRecognizer } from "./eventsource/eventsource.ts";
import { fetchRecognizer } from "./fetch/fetch.ts";
import { neonRecognizer } from "./neon/neon.ts";
import type { Recognizer } from "./recognizer.ts";
import { websocketRecognizer } from "./websocket/websocket.ts";
import { xhrRecognizer } from "./xhr/xhr.ts";

export const recognizers: readonly Recognizer[] = [
  neonRecognizer,
  fetchRecognizer,
  xhrRecognizer,
  beaconRecognizer,
  websocketRecognizer,
  eventsourceRecognizer,
];
