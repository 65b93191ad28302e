/** `new EventSource(url)`: events come in, nothing goes out. */
import { findStreams } from "../stream-site.ts";
import type { Recognizer } from "../recognizer.ts";

export const eventsourceRecognizer: Recognizer = {
  name: "eventsource",
  find: (context) =>
    findStreams(context, { recognizer: "eventsource", global: "EventSource", method: "SSE" }),
};
