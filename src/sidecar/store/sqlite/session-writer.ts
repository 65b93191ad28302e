/** Changes sessions inside the writer's transaction. One that was ended is never changed again. */
import type Database from "better-sqlite3";
import { sealTokens } from "../sealing.ts";
import type { NewSession, SessionChange, SessionEnd, SessionTokens } from "../store.ts";

type Bound = Readonly<Record<string, string | number | Buffer | null>>;

export class SessionWriter {
  readonly #key: Uint8Array;
  readonly #insert: Database.Statement<[Bound]>;
  readonly #update: Database.Statement<[Bound]>;
  readonly #end: Database.Statement<[SessionEnd, string]>;
  readonly #drop: Database.Statement<[number]>;

  constructor(db: Database.Database, key: Uint8Array) {
    this.#key = key;
    this.#insert = db.prepare(`INSERT INTO sessions
      (id, audience, issuer, subject, groups, groups_at, seen_at, expires_at, tokens) VALUES
      (:id, :audience, :issuer, :subject, :groups, :groupsAt, :seenAt, :expiresAt, :tokens)`);
    this.#update = db.prepare(`UPDATE sessions SET groups = coalesce(:groups, groups),
      groups_at = coalesce(:groupsAt, groups_at), seen_at = coalesce(:seenAt, seen_at),
      tokens = CASE :setTokens WHEN 1 THEN :tokens ELSE tokens END WHERE id = :id AND ended IS NULL`);
    this.#end = db.prepare(
      "UPDATE sessions SET ended = ?, tokens = NULL WHERE id = ? AND ended IS NULL",
    );
    this.#drop = db.prepare("DELETE FROM sessions WHERE expires_at <= ?");
  }

  #sealed(id: string, tokens: SessionTokens | null): Buffer | null {
    return tokens === null ? null : sealTokens(this.#key, id, tokens);
  }

  begin({ tokens, groups, ...session }: NewSession): void {
    this.#insert.run({
      ...session,
      groups: JSON.stringify(groups),
      tokens: this.#sealed(session.id, tokens),
    });
  }

  update(id: string, { groups, groupsAt, seenAt, tokens }: SessionChange): boolean {
    const { changes } = this.#update.run({
      id,
      groups: groups === undefined ? null : JSON.stringify(groups),
      groupsAt: groupsAt ?? null,
      seenAt: seenAt ?? null,
      setTokens: tokens === undefined ? 0 : 1,
      tokens: this.#sealed(id, tokens ?? null),
    });
    return changes === 1;
  }

  end(id: string, why: SessionEnd): boolean {
    return this.#end.run(why, id).changes === 1;
  }

  drop(expiredBy: number): number {
    return this.#drop.run(expiredBy).changes;
  }
}
