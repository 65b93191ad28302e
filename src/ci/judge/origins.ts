/** Origins and SQL clients against the resources that govern.yaml maps them to. */
import { resourceKeys } from "../../policy/catalog.ts";
import { governingApp, placeOf, type Fault, type Judged } from "./judged.ts";

/** What the app calls and no resource answers, each once. Telemetry is answered without an upstream. */
export function unmappedOrigins(judged: Judged): Fault[] {
  const app = governingApp(judged);
  if (app === undefined) return [];
  const { report, bundlePath } = judged;
  const apart = new Set(
    report.origins.filter(({ class: kind }) => kind === "telemetry").map(({ origin }) => origin),
  );
  const reported = new Set<string>();
  return report.operations.flatMap((operation): Fault[] => {
    const keys = resourceKeys(operation);
    const [key] = keys;
    if (keys.some((each) => Object.hasOwn(app.resources, each)) || apart.has(key)) return [];
    if (reported.has(key)) return [];
    reported.add(key);
    return [
      {
        rule: "unmapped-origin",
        ...placeOf(report.sites, operation.id),
        message: `No resource is mapped to ${key} in apps.${report.app}.resources of govern.yaml.`,
        fix: `Run \`govern import ${bundlePath} --upstream ${key}=<address>\`, or map it by hand.`,
      },
    ];
  });
}
