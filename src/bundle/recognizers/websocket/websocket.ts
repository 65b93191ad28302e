/** `new WebSocket(url)`: what it carries cannot be seen, so that it counts as a write. */
import { findStreams } from "../stream-site.ts";
import type { Recognizer } from "../recognizer.ts";

export const websocketRecognizer: Recognizer = {
  name: "websocket",
  find: (context) =>
    findStreams(context, { recognizer: "websocket", global: "WebSocket", method: "WS" }),
};
