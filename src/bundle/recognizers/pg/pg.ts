/**
 * node-postgres: pools and clients are cut where they are constructed; their texts are operations at the calls that send them,
 * those of a transaction together.
 */
import type { Use } from "../../evaluate/flow.ts";
import type { Node } from "../../modules/syntax.ts";
import { connectionSites, type ConnectionDriver } from "../connection-clients.ts";
import { pgClient, pgPool } from "../pg-connections.ts";
import type { Recognizer, RecognizerContext, SiteDraft } from "../recognizer.ts";
import { openSite } from "../sql-calls.ts";
import {
  readConstruction,
  reportClients,
  type Construction,
  type OptionFaults,
} from "../sql-constructions.ts";
import type { SqlClient } from "../sql-statements.ts";
import { findDriver } from "./driver.ts";

const unnamed: SqlClient = { recognizer: "pg", name: "pg", dialect: "postgres" };

/** Why what comes back would not be what the app was written for. */
const optionFaults: OptionFaults = [
  ["types", "its client reads values by parsers of its own, which is not supported"],
  ["Client", "its pool is given another client, which is not supported"],
  ["verify", "its pool asks each connection something of its own, which is not supported"],
  ["onConnect", "its pool asks each connection something of its own, which is not supported"],
];

function useSite(use: Use): SiteDraft | undefined {
  switch (use.kind) {
    case "super":
      return openSite(unnamed, use.node, "a class of the app inherits from the driver's");
    case "escape":
      return openSite(
        unnamed,
        use.node,
        `the driver reaches code that is not followed: ${use.reason}`,
      );
    case "reflected":
      return openSite(unnamed, use.node, "a client of the driver is made by reflection");
    default:
      return undefined;
  }
}

interface Made {
  readonly construction: Construction;
  readonly driver: ConnectionDriver;
}

/** The constructions among the uses of a class; what else is lost of it is told. */
function constructionsOf(
  context: RecognizerContext,
  uses: readonly Use[],
  driver: ConnectionDriver,
): Made[] {
  const made = new Map<Node, Made>();
  for (const use of uses) {
    if (use.node === undefined || context.excluded(use.node) !== undefined) continue;
    if (use.kind === "call" && use.node.type !== "TaggedTemplateExpression") {
      made.set(use.node, { construction: readConstruction(context, use.node), driver });
      continue;
    }
    const site = useSite(use);
    if (site !== undefined && !context.isReported(use.node)) context.report(site);
  }
  return [...made.values()];
}

async function find(context: RecognizerContext): Promise<void> {
  const { pools, clients, cuts } = findDriver(context);
  const made = [
    ...constructionsOf(context, pools, pgPool),
    ...constructionsOf(context, clients, pgClient),
  ];
  await reportClients(context, made, {
    driver: "pg",
    dialect: "postgres",
    cuts,
    faults: optionFaults,
    sitesOf: ({ construction, driver }, client) =>
      connectionSites(context, construction.call, { client, driver }),
  });
}

export const pgRecognizer: Recognizer = { name: "pg", find };
