/** What PostgreSQL returns, tagged for the wire: names of types, and texts read without losing a digit. */
import { types } from "pg";
import { tagValue, type TaggedValue } from "../../../contract/tagged-value.ts";

/** Types of the system catalog that drivers tell apart; these numbers never change. */
const arrays: readonly (readonly [number, string])[] = [
  [199, "_json"],
  [651, "_cidr"],
  [791, "_money"],
  [1000, "_bool"],
  [1001, "_bytea"],
  [1005, "_int2"],
  [1007, "_int4"],
  [1009, "_text"],
  [1014, "_bpchar"],
  [1015, "_varchar"],
  [1016, "_int8"],
  [1017, "_point"],
  [1021, "_float4"],
  [1022, "_float8"],
  [1028, "_oid"],
  [1040, "_macaddr"],
  [1041, "_inet"],
  [1115, "_timestamp"],
  [1182, "_date"],
  [1183, "_time"],
  [1185, "_timestamptz"],
  [1187, "_interval"],
  [1231, "_numeric"],
  [1270, "_timetz"],
  [2951, "_uuid"],
  [3807, "_jsonb"],
  [3907, "_numrange"],
];

/** Names by number of the types that need no look-up. */
export const typeNames: ReadonlyMap<number, string> = new Map<number, string>([
  ...Object.entries(types.builtins).map(([name, oid]): [number, string] => [
    oid,
    name.toLowerCase(),
  ]),
  ...arrays,
]);

const arrayTypes = new Set(arrays.map(([, name]) => name));

const parserOf = (oid: number): ((text: string) => unknown) =>
  types.getTypeParser(oid, "text") as (text: string) => unknown;

const parseTimestamp = parserOf(types.builtins.TIMESTAMPTZ);
const parseTextArray = parserOf(1009);

type Reader = (text: string) => TaggedValue;

const readNumber: Reader = (text) => tagValue(Number(text));
const readDocument: Reader = (text) => ({ $json: text });

const isEndless = (text: string): boolean => /^-?infinity$/.test(text);

const readInstant: Reader = (text) => {
  if (isEndless(text)) return readNumber(text.replace("i", "I"));
  const value = parseTimestamp(text);
  return value instanceof Date && !Number.isNaN(value.getTime()) ? tagValue(value) : text;
};

/** Without a zone it is no instant: only the reader's own zone makes it one. */
const readLocal: Reader = (text) =>
  isEndless(text) ? readNumber(text.replace("i", "I")) : text.replace(" ", "T");

const readBytes: Reader = (text) => ({
  $bytes: Buffer.from(text.slice("\\x".length), "hex").toString("base64"),
});

/** Structures that drivers take apart. */
const readParts =
  (oid: number): Reader =>
  (text) => ({ $json: JSON.stringify(parserOf(oid)(text)) });

/** The rest is its text, int8 and numeric too: a number could not hold them. */
const readers: Readonly<Record<string, Reader>> = {
  bool: (text) => text === "t",
  int2: readNumber,
  int4: readNumber,
  oid: readNumber,
  float4: readNumber,
  float8: readNumber,
  timestamptz: readInstant,
  timestamp: readLocal,
  date: readLocal,
  bytea: readBytes,
  json: readDocument,
  jsonb: readDocument,
  interval: readParts(types.builtins.INTERVAL),
  point: readParts(600),
  circle: readParts(types.builtins.CIRCLE),
};

const readText: Reader = (text) => text;

function readElements(parsed: unknown, read: Reader): TaggedValue {
  if (Array.isArray(parsed)) return parsed.map((each) => readElements(each, read));
  return typeof parsed === "string" ? read(parsed) : null;
}

/** How values of a type are read, by its name. */
export function readerOf(type: string): Reader {
  if (!arrayTypes.has(type)) return readers[type] ?? readText;
  const read = readers[type.slice(1)] ?? readText;
  return (text) => readElements(parseTextArray(text), read);
}
