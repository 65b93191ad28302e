/** The schema, as numbered steps: a step that was released is never edited. */
import type Database from "better-sqlite3";
import type { Digest } from "../../../contract/audit-entry.ts";
import { GovernError } from "../../../errors/govern-error.ts";
import { appendLeaf, emptyEdge, encodeEdge } from "../../audit/right-edge.ts";
import { TermWriter } from "./search-terms.ts";

/** "gvrn": tells a store from other SQLite files. */
export const applicationId = 0x6776726e;

/** SQL, or what SQL cannot do. */
type Step = string | ((db: Database.Database) => void);

/** Each entry with the nodes that it completed instead of its hash and a digest of the tree; more to search by. */
const wholeNodes = `
ALTER TABLE audit_entries RENAME TO audit_entries_before;
DROP INDEX audit_entries_type;
DROP INDEX audit_entries_subject;
DROP INDEX audit_entries_approval;
CREATE TABLE audit_entries (
  seq INTEGER PRIMARY KEY,
  entry TEXT NOT NULL,
  nodes BLOB NOT NULL,
  type TEXT GENERATED ALWAYS AS (entry ->> '$.type') VIRTUAL,
  time TEXT GENERATED ALWAYS AS (entry ->> '$.time') VIRTUAL,
  app TEXT GENERATED ALWAYS AS (entry ->> '$.app') VIRTUAL,
  subject TEXT GENERATED ALWAYS AS (entry ->> '$.actor.subject') VIRTUAL,
  operation TEXT GENERATED ALWAYS AS (entry ->> '$.operation') VIRTUAL,
  approval TEXT GENERATED ALWAYS AS (entry ->> '$.approval') VIRTUAL,
  correlation TEXT GENERATED ALWAYS AS (entry ->> '$.correlation') VIRTUAL
) STRICT;
CREATE INDEX audit_entries_type ON audit_entries (type);
CREATE INDEX audit_entries_subject ON audit_entries (subject) WHERE subject IS NOT NULL;
CREATE INDEX audit_entries_operation ON audit_entries (operation) WHERE operation IS NOT NULL;
CREATE INDEX audit_entries_approval ON audit_entries (approval) WHERE approval IS NOT NULL;
CREATE INDEX audit_entries_correlation ON audit_entries (correlation);

CREATE TABLE audit_log (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL
) STRICT;
INSERT INTO audit_log (one, id) VALUES (1, lower(hex(randomblob(8))));

CREATE TABLE audit_checkpoints (
  size INTEGER PRIMARY KEY,
  note TEXT NOT NULL
) STRICT;

CREATE TABLE audit_segments (
  first INTEGER PRIMARY KEY,
  size INTEGER NOT NULL,
  nodes BLOB NOT NULL,
  note TEXT NOT NULL,
  file TEXT NOT NULL,
  digest TEXT NOT NULL
) STRICT;
`;

function misfit(name: string): GovernError {
  return new GovernError("audit-tampered", `the log in ${name} does not fit its tree`, {
    next: "Keep the file as it is, and start from a copy that verifies.",
  });
}

/** Entries keep the hashes that they had, so that one that was changed before is found as before. */
function moveEntries(db: Database.Database): void {
  const rows = db.prepare<[number], { seq: number; entry: string; leaf: Buffer }>(
    "SELECT seq, entry, leaf FROM audit_entries_before WHERE seq >= ? ORDER BY seq LIMIT 1000",
  );
  const insert = db.prepare("INSERT INTO audit_entries (seq, entry, nodes) VALUES (?, ?, ?)");
  let edge = emptyEdge;
  for (let batch = rows.all(0); batch.length > 0; batch = rows.all(edge.size)) {
    for (const { seq, entry, leaf } of batch) {
      if (seq !== edge.size) throw misfit(db.name);
      const digest: Digest = leaf.toString("latin1");
      const appended = appendLeaf(edge, digest);
      edge = appended.edge;
      insert.run(seq, entry, Buffer.from(appended.completed, "latin1"));
    }
  }
  const head = db
    .prepare<[], { size: number; nodes: Buffer }>("SELECT size, nodes FROM audit_head")
    .get();
  if (head?.size !== edge.size || !encodeEdge(edge).equals(head.nodes)) {
    throw misfit(db.name);
  }
  db.exec("DROP TABLE audit_entries_before");
}

/**
 * The log is searched by the terms of its blocks; indexes made an append write a page for each of its values,
 * and generated columns made it parse the entry. */
const termsOfBlocks = `
DROP INDEX audit_entries_type;
DROP INDEX audit_entries_subject;
DROP INDEX audit_entries_operation;
DROP INDEX audit_entries_approval;
DROP INDEX audit_entries_correlation;
ALTER TABLE audit_entries DROP COLUMN type;
ALTER TABLE audit_entries DROP COLUMN time;
ALTER TABLE audit_entries DROP COLUMN app;
ALTER TABLE audit_entries DROP COLUMN subject;
ALTER TABLE audit_entries DROP COLUMN operation;
ALTER TABLE audit_entries DROP COLUMN approval;
ALTER TABLE audit_entries DROP COLUMN correlation;
ALTER TABLE audit_head ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
CREATE TABLE audit_terms (
  first INTEGER NOT NULL,
  term TEXT NOT NULL,
  places TEXT NOT NULL,
  PRIMARY KEY (first, term)
) STRICT, WITHOUT ROWID;
`;

function writeTerms(db: Database.Database): void {
  const size =
    db.prepare<[], number>("SELECT size FROM audit_head WHERE one = 1").pluck().get() ?? 0;
  const terms = new TermWriter(db);
  while (terms.isDue(size)) terms.write().written();
}

const steps: readonly Step[] = [
  `
CREATE TABLE audit_entries (
  seq INTEGER PRIMARY KEY,
  entry TEXT NOT NULL,
  leaf BLOB NOT NULL,
  edge BLOB NOT NULL,
  type TEXT GENERATED ALWAYS AS (entry ->> '$.type') VIRTUAL,
  app TEXT GENERATED ALWAYS AS (entry ->> '$.app') VIRTUAL,
  subject TEXT GENERATED ALWAYS AS (entry ->> '$.actor.subject') VIRTUAL,
  approval TEXT GENERATED ALWAYS AS (entry ->> '$.approval') VIRTUAL
) STRICT;
CREATE INDEX audit_entries_type ON audit_entries (type);
CREATE INDEX audit_entries_subject ON audit_entries (subject) WHERE subject IS NOT NULL;
CREATE INDEX audit_entries_approval ON audit_entries (approval) WHERE approval IS NOT NULL;

CREATE TABLE audit_head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  size INTEGER NOT NULL,
  nodes BLOB NOT NULL
) STRICT;
INSERT INTO audit_head (one, size, nodes) VALUES (1, 0, x'');

CREATE TABLE approvals (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'executing', 'executed', 'failed',
    'unknown', 'denied', 'expired', 'cancelled', 'stale')),
  app TEXT NOT NULL,
  operation TEXT NOT NULL,
  operation_digest TEXT NOT NULL,
  summary TEXT NOT NULL,
  build TEXT NOT NULL,
  policy TEXT NOT NULL,
  arguments_digest TEXT NOT NULL,
  requester_subject TEXT NOT NULL,
  requester_issuer TEXT NOT NULL,
  requester_groups TEXT NOT NULL,
  requester_session TEXT NOT NULL,
  resource TEXT NOT NULL,
  approvers TEXT,
  quorum INTEGER NOT NULL,
  correlation TEXT NOT NULL,
  detached INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  decided_at TEXT,
  finished_at TEXT,
  fence INTEGER NOT NULL DEFAULT 0,
  result_status INTEGER,
  call BLOB,
  result BLOB
) STRICT;
CREATE INDEX approvals_state ON approvals (state);
CREATE INDEX approvals_identical ON approvals (operation_digest, arguments_digest, state);
CREATE INDEX approvals_requester ON approvals (requester_subject, requester_issuer);
CREATE INDEX approvals_expiry ON approvals (state, expires_at);
CREATE INDEX approvals_result ON approvals (finished_at) WHERE result IS NOT NULL;

CREATE TABLE votes (
  approval TEXT NOT NULL REFERENCES approvals (id),
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  groups TEXT NOT NULL,
  decision TEXT NOT NULL CHECK (decision IN ('approve', 'deny')),
  reason TEXT,
  time TEXT NOT NULL,
  UNIQUE (approval, issuer, subject)
) STRICT;

CREATE TABLE key_check (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  sealed BLOB NOT NULL
) STRICT;
`,
  `
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  audience TEXT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  groups TEXT NOT NULL,
  groups_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended TEXT CHECK (ended IN ('signed-out', 'refused')),
  tokens BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_person ON sessions (issuer, subject);
CREATE INDEX sessions_expiry ON sessions (expires_at);
`,
  `
CREATE TABLE notes (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`,
  wholeNodes,
  moveEntries,
  `
ALTER TABLE approvals ADD COLUMN rule TEXT;
ALTER TABLE approvals ADD COLUMN trace TEXT;
ALTER TABLE approvals ADD COLUMN release TEXT;
ALTER TABLE approvals ADD COLUMN resolution TEXT;
ALTER TABLE votes ADD COLUMN ticket TEXT;
CREATE INDEX approvals_released ON approvals (number) WHERE release IS NOT NULL;
CREATE INDEX approvals_operation ON approvals (operation_digest, state);
`,
  `
CREATE INDEX approvals_person ON approvals (requester_issuer, requester_subject, state);
DROP INDEX approvals_requester;
`,
  termsOfBlocks,
  writeTerms,
];

export const schemaVersion = steps.length;

function refuseForeign(db: Database.Database): void {
  const tables = db.prepare<[], number>("SELECT count(*) FROM sqlite_schema").pluck().get() ?? 0;
  if (tables > 0 && db.pragma("application_id", { simple: true }) !== applicationId) {
    throw new GovernError("store-failed", `${db.name} is a database of another program`, {
      next: "Name another file for the store, or move this one away.",
    });
  }
}

/**
 * Brings the file to this schema in one transaction. Throws `store-failed`, with nothing changed, for a file of another
 * program or of a newer version.
 */
export function migrate(db: Database.Database): void {
  refuseForeign(db);
  const version = Number(db.pragma("user_version", { simple: true }));
  if (version > schemaVersion) {
    throw new GovernError(
      "store-failed",
      `${db.name} has schema ${version}; this version of govern knows ${schemaVersion}`,
      { next: "Run the version of govern that wrote it, or a later one." },
    );
  }
  if (version === schemaVersion) return;
  db.transaction(() => {
    for (const step of steps.slice(version)) {
      if (typeof step === "string") db.exec(step);
      else step(db);
    }
    db.pragma(`application_id = ${applicationId}`);
    db.pragma(`user_version = ${schemaVersion}`);
  }).exclusive();
}

/** Every object of the schema by its kind and name, with its SQL. */
export function schemaObjects(db: Database.Database): ReadonlyMap<string, string> {
  const rows = db
    .prepare<[], { type: string; name: string; sql: string | null }>(
      "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )
    .all();
  return new Map(rows.map(({ type, name, sql }) => [`${type} ${name}`, sql ?? ""]));
}
