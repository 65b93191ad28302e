/** Texts that write, steer a session, take locks or reach files, each spelled so that it may pass for a read. */
import { describe, expect, it } from "vitest";
import { classifyStatement } from "../../src/statements/classify.ts";

const lines = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** By the row of the catalogue of attacks (Q1 to Q13). */
const postgres = lines(`
  SELECT 1;;DELETE FROM t
  ;SELECT 1; UPDATE t SET a = 1;
  SELECT $$;$$; DROP TABLE t
  SELECT $a$ $$ $a$; DELETE FROM t -- $a$
  SELECT 1 AS "a;b"; DELETE FROM t
  SELECT U&'\\0027'; DELETE FROM t
  SELECT 'a' 'b'; DELETE FROM t
  TABLE t; DELETE FROM t
  VALUES (1); DELETE FROM t
  SHOW search_path; SET search_path = x
  WITH d AS MATERIALIZED (DELETE FROM t RETURNING a) SELECT count(*) FROM d
  WITH d AS NOT MATERIALIZED (UPDATE t SET a = 1 RETURNING a) TABLE d
  WITH a AS (WITH b AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT * FROM b) SELECT * FROM a
  WITH RECURSIVE a AS (SELECT 1), b AS (DELETE FROM t) SELECT * FROM a
  SELECT (WITH d AS (DELETE FROM t RETURNING 1) SELECT 1)
  VALUES ((WITH d AS (DELETE FROM t RETURNING 1) SELECT 1))
  SELECT 1 WHERE EXISTS (WITH d AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT * FROM d)
  WITH d AS (MERGE INTO t USING s ON t.a = s.a WHEN NOT MATCHED THEN INSERT VALUES (1) RETURNING 1) SELECT * FROM d
  (SELECT 1) UNION (SELECT a FROM t FOR UPDATE)
  SELECT * FROM t, LATERAL (SELECT * FROM u FOR SHARE) x
  SELECT a FROM t WHERE b IN (SELECT b FROM u FOR KEY SHARE NOWAIT)
  WITH x AS (SELECT * FROM t FOR UPDATE SKIP LOCKED) SELECT * FROM x
  TABLE t FOR UPDATE
  EXPLAIN SELECT * FROM t FOR NO KEY UPDATE
  SELECT pg_catalog.setval('s'::regclass, 1)
  SELECT "nextval"('s')
  SELECT lo_create(0)
  SELECT lo_from_bytea(0, 'x')
  SELECT lo_put(1, 0, 'x')
  SELECT lowrite(1, 'x')
  SELECT lo_export(1, '/tmp/x')
  SELECT dblink_exec('x', 'DELETE FROM t')
  SELECT pg_cancel_backend(1)
  SELECT pg_reload_conf()
  SELECT pg_rotate_logfile()
  SELECT pg_switch_wal()
  SELECT pg_create_restore_point('x')
  SELECT pg_create_physical_replication_slot('x')
  SELECT pg_create_logical_replication_slot('x', 'pgoutput')
  SELECT pg_drop_replication_slot('x')
  SELECT pg_logical_slot_get_changes('x', NULL, NULL)
  SELECT pg_logical_emit_message(true, 'a', 'b')
  SELECT pg_replication_origin_create('x')
  SELECT pg_stat_reset()
  SELECT pg_stat_reset_shared('bgwriter')
  SELECT pg_notify('x', 'y')
  SELECT pg_read_file('/etc/passwd')
  SELECT pg_read_binary_file('/etc/passwd')
  SELECT * FROM pg_ls_dir('/')
  SELECT pg_stat_file('/etc/passwd')
  SELECT pg_current_xact_id()
  SELECT txid_current()
  SELECT pg_export_snapshot()
  SELECT pg_promote()
  SELECT pg_wal_replay_pause()
  SELECT brin_summarize_new_values('i')
  SELECT gin_clean_pending_list('i')
  SELECT pg_import_system_collations('pg_catalog')
  SELECT pg_extension_config_dump('t', '')
  SELECT binary_upgrade_set_next_pg_type_oid(1)
  SELECT query_to_xmlschema('DELETE FROM t RETURNING 1', true, true, '')
  SELECT query_to_xml_and_xmlschema('DELETE FROM t', true, true, '')
  SELECT cursor_to_xml('c', 1, true, true, '')
  SELECT schema_to_xml('public', true, true, '')
  SELECT * FROM crosstab('DELETE FROM t RETURNING 1, 2, 3') AS x(a int, b int)
  SELECT ts_rewrite('a'::tsquery, 'DELETE FROM t RETURNING a, b')
  SELECT fire(1) FROM t
  SELECT * FROM fire()
  SELECT * FROM ROWS FROM (fire(), generate_series(1, 2))
  SELECT a FROM t GROUP BY fire(a)
  SELECT a FROM t HAVING fire()
  SELECT a FROM t OFFSET fire()
  SELECT DISTINCT ON (fire(a)) a FROM t
  SELECT array_agg(a ORDER BY fire(a)) FROM t
  SELECT (fire(1)).*
  SELECT ROW(fire()) = ROW(1)
  SELECT CASE a WHEN fire() THEN 1 END FROM t
  SELECT x[fire()] FROM t
  SELECT COALESCE(fire(), 1)
  SELECT GREATEST(1, fire())
  SELECT fire() IS NULL
  SELECT 1 IN (1, fire())
  SELECT 1 BETWEEN 0 AND fire()
  SELECT sum(a) OVER (PARTITION BY fire()) FROM t
  SELECT sum(a) OVER (ROWS fire() PRECEDING) FROM t
  SELECT * FROM t TABLESAMPLE system (fire())
  SELECT XMLELEMENT(NAME a, fire())
  SELECT JSON_OBJECT('a': fire())
  SELECT * FROM XMLTABLE('/' PASSING fire() COLUMNS a int)
  SELECT lower(a => fire())
  SELECT pg_temp.lower('x')
  SELECT public.lower('x')
  SELECT 'x'::pg_temp.text
  SELECT CAST('x' AS app.checked)
  SELECT a OPERATOR(public.=) 1 FROM t
  SELECT a OPERATOR(pg_temp.+) 1 FROM t
  SELECT a !!! 1 FROM t
  EXPLAIN (ANALYZE ON) DELETE FROM t
  EXPLAIN (ANALYZE 'true', ANALYZE off) DELETE FROM t
  EXPLAIN (COSTS OFF, ANALYZE) SELECT fire()
  EXPLAIN ANALYZE CREATE MATERIALIZED VIEW v AS SELECT 1
  EXPLAIN ANALYZE VERBOSE REFRESH MATERIALIZED VIEW v
  EXPLAIN VERBOSE INSERT INTO t VALUES (1)
  EXPLAIN EXECUTE p(1)
  COPY t FROM PROGRAM 'id'
  COPY (DELETE FROM t RETURNING *) TO STDOUT
  COPY t TO STDOUT
  SELECT 1 AS a INTO TEMP x
  SELECT * INTO UNLOGGED x FROM t
  WITH x AS (SELECT 1) SELECT * INTO y FROM x
  SELECT 1 /*/**/*/; DELETE FROM t
  SELECT E'\\\\'; DELETE FROM t; --'
  SET LOCAL transaction_read_only = off
  SET TRANSACTION READ WRITE
  SET SESSION AUTHORIZATION x
  RESET ROLE
  SELECT pg_advisory_xact_lock_shared(1)
  SELECT pg_try_advisory_lock(1)
  SELECT pg_advisory_unlock_all()
  EXECUTE p
  DEALLOCATE ALL
  UNLISTEN *
  CLOSE ALL
  MOVE 1 IN c
  CLUSTER t
  REINDEX TABLE t
  ANALYZE t
  COMMENT ON TABLE t IS 'x'
  SECURITY LABEL ON TABLE t IS 'x'
  IMPORT FOREIGN SCHEMA x FROM SERVER y INTO z
  START TRANSACTION READ WRITE
  ROLLBACK AND CHAIN
  PREPARE TRANSACTION 'x'
`);

const mysql = lines(`
  SELECT 1; DROP TABLE t;
  SELECT 1;\u00a0DELETE FROM t
  VALUES ROW(1); DELETE FROM t
  (SELECT 1); DELETE FROM t
  SELECT 1 UNION SELECT * FROM t FOR UPDATE
  (SELECT * FROM t FOR UPDATE)
  SELECT * FROM t FOR UPDATE WAIT 5
  SELECT * FROM t FOR SHARE OF t NOWAIT
  SELECT * FROM t LOCK IN SHARE MODE
  WITH x AS (SELECT * FROM t FOR UPDATE) SELECT * FROM x
  SELECT NEXT VALUE FOR s
  SELECT PREVIOUS VALUE FOR s
  SELECT NEXTVAL(s), 1
  SELECT SETVAL(s, 10)
  SELECT db.s.nextval
  SELECT RELEASE_LOCK('x')
  SELECT RELEASE_ALL_LOCKS()
  SELECT IS_FREE_LOCK(GET_LOCK('a', 1))
  SELECT MASTER_POS_WAIT('x', 1)
  SELECT SOURCE_POS_WAIT('x', 1)
  SELECT WAIT_FOR_EXECUTED_GTID_SET('x')
  SELECT sys_exec('id')
  SELECT sys_eval('id')
  SELECT LOAD_FILE(0x2f6574632f706173737764)
  SELECT IF(1, SLEEP(9), 0)
  SELECT * FROM t WHERE SLEEP(1)
  SELECT * FROM t ORDER BY SLEEP(1)
  SELECT * FROM t GROUP BY a HAVING BENCHMARK(1, 1)
  SELECT * FROM t LIMIT 1 INTO @a
  SELECT a INTO @a FROM t
  SELECT a FROM t INTO OUTFILE '/tmp/x'
  SELECT a INTO OUTFILE '/tmp/x' FROM t
  SELECT a FROM t INTO DUMPFILE '/tmp/x'
  (SELECT a FROM t) INTO OUTFILE '/tmp/x'
  SELECT @a := @a + 1
  SELECT * FROM t WHERE (@b := a)
  SELECT @@global.max_connections := 1
  SELECT app.f(1)
  SELECT f(a) FROM t
  SELECT \`now\`()
  SELECT NOW ()
  SELECT COUNT (*) FROM t
  SELECT MAX/**/(a) FROM t
  SELECT SUM\t(a) FROM t
  SELECT 1 /*! UNION SELECT * FROM t FOR UPDATE */
  SELECT 1 /*!99999 , SLEEP(1) */
  SELECT 1 /*M! ; DELETE FROM t */
  /*! DELETE FROM t */
  /*!50000DELETE*/ FROM t
  SELECT /*+ MAX_EXECUTION_TIME(1) */ 1
  SELECT '\\'' ; DELETE FROM t; -- '
  SELECT 'a\\\\'; DELETE FROM t; -- '
  SELECT "a\\""; DELETE FROM t; -- "
  SELECT 1 --1; DELETE FROM t
  EXPLAIN DELETE FROM t
  EXPLAIN EXTENDED DELETE FROM t
  EXPLAIN PARTITIONS UPDATE t SET a = 1
  EXPLAIN ANALYZE UPDATE t SET a = 1
  EXPLAIN FORMAT=TREE INSERT INTO t VALUES (1)
  DESCRIBE UPDATE t SET a = 1
  ANALYZE FORMAT=JSON DELETE FROM t
  ANALYZE SELECT * FROM t FOR UPDATE
  EXPLAIN FOR CONNECTION 1
  SHOW TABLES; DELETE FROM t
  CALL p(1)
  DO f()
  HANDLER t READ FIRST
  TABLE t INTO OUTFILE '/tmp/x'
  SET @@session.sql_mode = ''
  SET STATEMENT max_statement_time = 1 FOR DELETE FROM t
  PREPARE p FROM 'DELETE FROM t'
  EXECUTE p
  EXECUTE IMMEDIATE 'DELETE FROM t'
  BEGIN NOT ATOMIC DELETE FROM t; END
  LOAD DATA INFILE 'x' INTO TABLE t
  LOAD XML INFILE 'x' INTO TABLE t
  INSERT INTO t VALUES (1) RETURNING *
  DELETE FROM t RETURNING a
  REPLACE INTO t SELECT * FROM u
  INSERT INTO t SELECT * FROM u ON DUPLICATE KEY UPDATE a = 1
  RENAME TABLE t TO u
  OPTIMIZE TABLE t
  REPAIR TABLE t
  CHECK TABLE t
  CHECKSUM TABLE t
  ANALYZE TABLE t
  CACHE INDEX t IN x
  RESET QUERY CACHE
  PURGE BINARY LOGS TO 'x'
  CHANGE MASTER TO master_host = 'x'
  XA START 'x'
  SAVEPOINT x
  ROLLBACK TO x
  UNLOCK TABLES
  SHUTDOWN
  INSTALL SONAME 'x'
  SIGNAL SQLSTATE '45000'
  GET DIAGNOSTICS @a = NUMBER
  SELECT a FROM t PROCEDURE ANALYSE(1)
  SELECT * FROM t PARTITION (p0) FOR UPDATE
  WITH x AS (SELECT f()) SELECT * FROM x
  SELECT * FROM JSON_TABLE(f(), '$' COLUMNS (a INT PATH '$')) j
  SELECT GROUP_CONCAT(f(a) SEPARATOR ',') FROM t
  SELECT CASE WHEN f() THEN 1 END
  SELECT a FROM t WHERE a BETWEEN 1 AND f()
  SELECT ROW(1, f()) = ROW(1, 2)
  SELECT -f()
  SELECT INTERVAL(1, f())
  SELECT CAST(f() AS CHAR)
  SELECT DATE_ADD(f(), INTERVAL 1 DAY)
  SELECT SUM(a) OVER (ORDER BY f()) FROM t
  SELECT (SELECT (SELECT f()))
  SELECT * FROM (a JOIN b ON f())
  SELECT * FROM (a, (SELECT f()) b)
`);

const sqlite = lines(`
  SELECT 1; DELETE FROM t
  VALUES (1); DELETE FROM t
  PRAGMA table_info(t); DROP TABLE t
  SELECT 1 /* */; DELETE FROM t
  SELECT '--'; DELETE FROM t
  SELECT "--"; DELETE FROM t
  SELECT [--]; DELETE FROM t
  SELECT \`--\`; DELETE FROM t
  SELECT '/*'; DELETE FROM t; --*/'
  WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x
  WITH x AS MATERIALIZED (SELECT 1) DELETE FROM t
  WITH RECURSIVE x(n) AS (SELECT 1) REPLACE INTO t SELECT n FROM x
  WITH x AS (SELECT 1) UPDATE t SET a = 1 RETURNING *
  INSERT INTO t VALUES (1) RETURNING *
  INSERT OR REPLACE INTO t VALUES (1)
  UPDATE OR IGNORE t SET a = 1
  DELETE FROM t RETURNING a
  EXPLAIN INSERT INTO t VALUES (1)
  EXPLAIN QUERY PLAN DELETE FROM t
  EXPLAIN REINDEX
  EXPLAIN VACUUM
  VACUUM
  VACUUM INTO '/tmp/x'
  VACUUM main INTO '/tmp/x'
  REINDEX t
  ANALYZE
  ATTACH DATABASE '/tmp/x' AS x
  DETACH x
  BEGIN IMMEDIATE
  END
  ROLLBACK TO x
  RELEASE x
  PRAGMA writable_schema
  PRAGMA writable_schema = ON
  PRAGMA writable_schema(1)
  PRAGMA main.user_version = 1
  PRAGMA 'user_version' = 1
  PRAGMA [user_version] = 1
  PRAGMA query_only = 0
  PRAGMA foreign_keys = OFF
  PRAGMA journal_mode
  PRAGMA journal_mode(DELETE)
  PRAGMA synchronous = 0
  PRAGMA wal_checkpoint(TRUNCATE)
  PRAGMA incremental_vacuum
  PRAGMA shrink_memory
  PRAGMA temp_store_directory = '/tmp'
  PRAGMA trusted_schema = 1
  PRAGMA mmap_size = 1
  PRAGMA schema_version = 5
  PRAGMA application_id = 5
  PRAGMA encoding = 'UTF-16'
  PRAGMA page_size = 512
  PRAGMA optimize(0xfffe)
  PRAGMA cache_size(5)
  PRAGMA /**/ user_version = 1
  SELECT * FROM pragma_journal_mode('delete')
  SELECT * FROM pragma_writable_schema(1)
  SELECT * FROM main.pragma_optimize
  SELECT load_extension('/tmp/x.so')
  SELECT load_extension('/tmp/x.so', 'entry')
  SELECT writefile('/tmp/x', 'y')
  SELECT readfile('/etc/passwd')
  SELECT * FROM fsdir('/')
  SELECT * FROM fire(1)
  SELECT fire(a) FROM t
  SELECT a FROM t ORDER BY fire(a)
  SELECT a FROM t WHERE fire(a)
  SELECT a FROM t GROUP BY a HAVING fire(a)
  SELECT a FROM t LIMIT 1 OFFSET fire()
  SELECT a IN (SELECT fire()) FROM t
  SELECT 1 IN fire(1)
  SELECT a REGEXP 'x' FROM t
  SELECT "abs"(1)
  SELECT [abs](1)
  SELECT fts3_tokenizer('x')
  SELECT sqlite_rename_table(1, 2, 3, 4, 5, 6, 7)
  SELECT sqlite_drop_column(1, 2, 3)
  SELECT geopoly_debug(1)
  SELECT rtreecheck('x')
  SELECT sqlar_compress('x')
  SELECT edit('x', 'vi')
  SELECT sum(a) FILTER (WHERE fire()) FROM t
  SELECT sum(a) OVER (ROWS fire() PRECEDING) FROM t
  SELECT sum(a) OVER (ORDER BY fire() ROWS 1 PRECEDING EXCLUDE TIES) FROM t
  SELECT * FROM (t JOIN u ON fire())
  SELECT * FROM t CROSS JOIN u ON fire()
  SELECT CASE fire() WHEN 1 THEN 1 END
  SELECT CAST(fire() AS TEXT)
  SELECT (SELECT (SELECT fire()))
  SELECT json_group_array(fire(a)) FROM t
  SELECT printf('%s', fire())
  VALUES (fire())
  CREATE TEMP TABLE x AS SELECT 1
  CREATE VIRTUAL TABLE x USING fts5(a)
  CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t; END
  DROP INDEX IF EXISTS x
  ALTER TABLE t RENAME TO u
`);

describe.each([
  ["postgres", postgres],
  ["mysql", mysql],
  ["sqlite", sqlite],
] as const)("%s", (dialect, texts) => {
  it("calls none of its texts a read", async () => {
    const read: string[] = [];
    for (const text of texts) {
      if ((await classifyStatement(text, dialect)).access === "read") read.push(text);
    }
    expect(read).toEqual([]);
  });
});

it("holds more than 300 texts, each once", () => {
  const all = [...postgres, ...mysql, ...sqlite];
  expect(new Set(all).size).toBeGreaterThan(300);
});

describe("what the engines' own suites were held for", () => {
  it.each([
    ["sqlite", "SELECT sum(a) OVER (ORDER BY b GROUPS 1 PRECEDING EXCLUDE NO OTHERS) FROM t"],
    ["sqlite", "SELECT a IN u, b NOT IN main.v FROM t"],
    ["sqlite", "SELECT * FROM t CROSS JOIN u ON a = b"],
    ["sqlite", "SELECT * FROM (t JOIN u USING (a)) LEFT JOIN v ON floor(a) = b"],
    ["mysql", "EXPLAIN EXTENDED SELECT * FROM t"],
    ["mysql", "SHOW TABLES LIKE 's%'"],
    ["mysql", "SELECT ceil(a) FROM (t JOIN u ON t.a = u.a) LEFT JOIN v ON v.a = t.a"],
    ["postgres", "SELECT to_regcollation('x'), jsonb_concat(a, b) FROM t"],
  ] as const)("%s: %s", async (dialect, text) => {
    expect(await classifyStatement(text, dialect)).toMatchObject({ access: "read" });
  });

  it("names the table that a set is taken from", async () => {
    const { tables } = await classifyStatement("SELECT a IN u FROM t", "sqlite");
    expect(tables).toEqual(["t", "u"]);
  });
});
