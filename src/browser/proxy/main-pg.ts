/** The proxy module for bundles whose one SQL driver is node-postgres. */
import { install } from "./install.ts";
import { governedPg, pgModule } from "./pg.ts";
import { makeToken } from "./text-token.ts";

install({ pg: governedPg, driver: pgModule, text: makeToken });
