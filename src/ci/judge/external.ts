/** What the app takes from elsewhere and the page of a governed app would not: code, frames, forms. */
import type { External } from "../../contract/build.ts";
import { governingApp, type Fault, type Judged } from "./judged.ts";

type Told = Pick<Fault, "rule" | "message" | "fix">;

function told({ kind, origin }: External, app: string): Told | undefined {
  switch (kind) {
    case "script":
      return {
        rule: "external-script",
        message: `Code of ${origin} is loaded here, which nobody reviewed; the governed page does not load it.`,
        fix: "Serve the script with the app: bundle the package, or copy the file.",
      };
    case "frame":
      return {
        rule: "bypass",
        message: `A frame shows a page of ${origin}, which reaches the network past the boundary.`,
        fix: `Take it out; or allow it under apps.${app}.page.frame in govern.yaml, with the reason.`,
      };
    case "object":
      return {
        rule: "bypass",
        message: `An embedded object is loaded from ${origin}, and reaches the network past the boundary.`,
        fix: "Take it out: the governed page does not load it.",
      };
    case "form":
      return {
        rule: "bypass",
        message: `A form is sent to ${origin} past the boundary.`,
        fix: "Send its data by fetch; the governed page sends no form to another origin.",
      };
    default:
      return undefined;
  }
}

/** Faults of what comes from elsewhere, but for frames that govern.yaml allows and forms that are operations. */
export function externalFaults(judged: Judged): Fault[] {
  const { report } = judged;
  const allowed = new Set(governingApp(judged)?.page?.frame?.map(({ origin }) => origin));
  const called = new Set(
    report.operations.map((operation) => ("origin" in operation ? operation.origin : "")),
  );
  return report.external.flatMap((external): Fault[] => {
    const { kind, origin, file, line, column, source } = external;
    if (kind === "frame" && allowed.has(origin)) return [];
    if (kind === "form" && called.has(origin)) return [];
    const fault = told(external, report.app);
    if (fault === undefined) return [];
    return [{ ...fault, file, line, column, ...(source === undefined ? {} : { source }) }];
  });
}
