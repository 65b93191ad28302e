/** The proxy module for bundles whose one SQL driver is planetscale. */
import { inert } from "./inert.ts";
import { install } from "./install.ts";
import { governedPlanetscale } from "./mysql.ts";
import { makeToken } from "./text-token.ts";

install({ planetscale: governedPlanetscale, driver: inert(), text: makeToken });
