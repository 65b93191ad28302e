/** The proxy module for bundles with SQL clients: main.ts, and what stands for each driver. */
import { install } from "./install.ts";
import { governedLibsql } from "./libsql.ts";
import { governedNeon } from "./neon.ts";
import { makeToken } from "./text-token.ts";

install({ libsql: governedLibsql, neon: governedNeon, text: makeToken });
