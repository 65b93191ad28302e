/** The proxy module for bundles whose one SQL driver is libsql. */
import { inert } from "./inert.ts";
import { install } from "./install.ts";
import { governedLibsql } from "./libsql.ts";
import { makeToken } from "./text-token.ts";

install({ libsql: governedLibsql, driver: inert(), text: makeToken });
