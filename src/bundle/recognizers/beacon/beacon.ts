/** `navigator.sendBeacon(url, data)`: always a POST. */
import { argumentValues } from "../../evaluate/arguments.ts";
import { textValue, undefinedValue } from "../../evaluate/values.ts";
import { readRequest } from "../../operations/http-request.ts";
import { globalReferences } from "../global-references.ts";
import { excludedSite, httpSite, reachedCalls } from "../http-site.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";

function find(context: RecognizerContext): void {
  const { evaluator } = context;
  for (const reference of globalReferences(context.program, evaluator, "sendBeacon")) {
    const reason = context.excluded(reference.node);
    if (reason !== undefined) {
      context.report(excludedSite("beacon", reference, reason));
      continue;
    }
    const site = httpSite(context, {
      recognizer: "beacon",
      reference,
      reached: reachedCalls(context, reference),
      ask: (frame, { args }) =>
        readRequest(evaluator, {
          url: argumentValues(evaluator, { args, caller: frame }, 0),
          method: [textValue("POST")],
          headers: [undefinedValue],
          body: argumentValues(evaluator, { args, caller: frame }, 1),
        }),
    });
    context.report(site);
  }
}

export const beaconRecognizer: Recognizer = { name: "beacon", find };
