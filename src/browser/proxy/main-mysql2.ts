/** The proxy module for bundles whose one SQL driver is mysql2. */
import { inert } from "./inert.ts";
import { install } from "./install.ts";
import { governedMysql2 } from "./mysql.ts";
import { makeToken } from "./text-token.ts";

install({ mysql2: governedMysql2, driver: inert(), text: makeToken });
