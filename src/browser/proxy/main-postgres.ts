/** The proxy module for bundles whose one SQL driver is postgres.js. */
import { inert } from "./inert.ts";
import { install } from "./install.ts";
import { governedPostgres } from "./postgres.ts";
import { makeToken } from "./text-token.ts";

install({ postgres: governedPostgres, driver: inert(), text: makeToken });
