/** The proxy module for bundles with several SQL drivers: main.ts, and what stands for each. */
import { install } from "./install.ts";
import { governedLibsql } from "./libsql.ts";
import { governedMysql2, governedPlanetscale } from "./mysql.ts";
import { governedNeon } from "./neon.ts";
import { governedPg, pgModule } from "./pg.ts";
import { governedPostgres } from "./postgres.ts";
import { makeToken } from "./text-token.ts";

install({
  libsql: governedLibsql,
  mysql2: governedMysql2,
  neon: governedNeon,
  pg: governedPg,
  planetscale: governedPlanetscale,
  postgres: governedPostgres,
  driver: pgModule,
  text: makeToken,
});
