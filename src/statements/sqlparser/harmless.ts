/**
 * What of MySQL's and SQLite's own functions is known to change nothing: no row, no session state, no file, no lock, no
 * waiting on purpose. Anything else is taken for a write. A function of the same name that an application gives its SQLite
 * connection cannot be seen here.
 */
import type { LexedDialect } from "./lexer.ts";

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

const shared = `
  abs acos asin atan atan2 ceil ceiling coalesce concat concat_ws cos count date datetime degrees exp floor format
  group_concat hex if ifnull instr json_array json_array_length json_extract json_insert json_object json_pretty
  json_quote json_remove json_replace json_set json_type json_valid length ln log log10 log2 lower ltrim max min mod
  nullif octet_length pi pow power radians replace round rtrim sign sin sqrt substr substring sum tan time timediff trim
  unhex upper avg cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number`;

const mysql = `
  adddate addtime aes_decrypt aes_encrypt any_value ascii bin bin_to_uuid bit_and bit_count bit_length bit_or bit_xor
  cast char char_length character_length charset coercibility collation compress connection_id conv convert convert_tz
  cot crc32 curdate current_date current_role current_time current_timestamp current_user curtime database date_add
  date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear decode default elt encode export_set extract field
  find_in_set format_bytes format_pico_time found_rows from_base64 from_days from_unixtime get_format greatest grouping
  hour inet6_aton inet6_ntoa inet_aton inet_ntoa insert interval is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 is_uuid
  isnull json_array_append json_array_insert json_arrayagg json_contains json_contains_path json_depth json_detailed
  json_exists json_keys json_length json_loose json_merge json_merge_patch json_merge_preserve json_normalize
  json_objectagg json_overlaps json_query json_schema_valid json_schema_validation_report json_search json_storage_free
  json_storage_size json_unquote json_value json_compact json_equals last_day lcase least left localtime localtimestamp
  locate lpad make_set makedate maketime md5 microsecond mid minute month monthname now nvl nvl2 oct ord period_add
  period_diff position quarter quote rand regexp_instr regexp_like regexp_replace regexp_substr repeat reverse right
  row row_count rpad schema sec_to_time second session_user sha sha1 sha2 soundex space std stddev stddev_pop stddev_samp
  str_to_date strcmp subdate substring_index subtime sysdate system_user time_format time_to_sec timestamp timestampadd
  timestampdiff to_base64 to_days to_seconds truncate ucase uncompress uncompressed_length unix_timestamp user utc_date
  utc_time utc_timestamp uuid uuid_short uuid_to_bin values var_pop var_samp variance version week weekday weekofyear
  weight_string year yearweek st_area st_asgeojson st_astext st_aswkt st_buffer st_centroid st_contains st_crosses
  st_difference st_dimension st_disjoint st_distance st_distance_sphere st_envelope st_equals st_geomfromgeojson
  st_geomfromtext st_geometrytype st_intersection st_intersects st_isempty st_isvalid st_latitude st_length
  st_longitude st_overlaps st_pointfromtext st_srid st_touches st_union st_within st_x st_y point linestring polygon`;

const sqlite = `
  acosh asinh atanh bm25 changes char cosh current_date current_time current_timestamp fts5_source_id glob highlight iif
  json json_each json_error_position json_group_array json_group_object json_patch json_tree jsonb jsonb_array
  jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace
  jsonb_set julianday last_insert_rowid like likelihood likely matchinfo nullif offsets printf quote random randomblob
  sinh snippet soundex sqlite_compileoption_get sqlite_compileoption_used sqlite_source_id sqlite_version strftime
  string_agg subtype tanh total total_changes trunc typeof unicode unistr unixepoch unlikely zeroblob concat median
  percentile percentile_cont percentile_disc`;

const functions: Readonly<Record<LexedDialect, ReadonlySet<string>>> = {
  mysql: new Set([shared, mysql].flatMap(words)),
  sqlite: new Set([shared, sqlite].flatMap(words)),
};

/** PRAGMAs that only tell, without a value or with the name of a table or an index. */
const harmlessPragmas: ReadonlySet<string> = new Set(
  words(`
    application_id collation_list compile_options database_list data_version encoding foreign_key_list freelist_count
    function_list index_info index_list index_xinfo module_list page_count page_size pragma_list schema_version
    table_info table_list table_xinfo user_version`),
);

/** Of those, the ones that take a name; the others would be set by it. */
const pragmasOfNames: ReadonlySet<string> = new Set(
  words("foreign_key_list index_info index_list index_xinfo table_info table_list table_xinfo"),
);

const tableFunctions: ReadonlySet<string> = new Set(
  words("json_each json_tree jsonb_each jsonb_tree generate_series json_table"),
);

/** Whether calling a function of this name changes nothing. `parts`: the qualified name. */
export function isHarmlessFunction(parts: readonly string[], dialect: LexedDialect): boolean {
  const [name, ...others] = parts;
  return name !== undefined && others.length === 0 && functions[dialect].has(name.toLowerCase());
}

/** Whether naming this table runs nothing: `SELECT * FROM pragma_optimize` would. */
export function isHarmlessTable(
  parts: readonly string[],
  isCall: boolean,
  dialect: LexedDialect,
): boolean {
  const name = parts.at(-1)?.toLowerCase() ?? "";
  const pragma = dialect === "sqlite" ? /^pragma_(\w+)$/.exec(name)?.[1] : undefined;
  if (pragma !== undefined) return isHarmlessPragma(pragma, isCall);
  return !isCall || tableFunctions.has(name);
}

/** Whether a PRAGMA only tells; `hasName`: it is given a name in parentheses. */
export function isHarmlessPragma(name: string, hasName: boolean): boolean {
  return (hasName ? pragmasOfNames : harmlessPragmas).has(name.toLowerCase());
}
