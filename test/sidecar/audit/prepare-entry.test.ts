import { describe, expect, it } from "vitest";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { encodeEntry, leafHash, nodeHash } from "../../../src/contract/audit-entry.ts";
import {
  entryText,
  readStamp,
  stampEntry,
  stampText,
} from "../../../src/sidecar/audit/entry-text.ts";
import { capEntry, redactEntry } from "../../../src/sidecar/audit/prepare-entry.ts";
import { redactionOf } from "../../../src/sidecar/audit/redaction.ts";
import { originId } from "../../../src/contract/operation-id.ts";
import type { Operation } from "../../../src/contract/operation.ts";
import { sampleEntry } from "../store/samples.ts";

const key = new Uint8Array(32).fill(3);
const keyed = (text: string): string => createHmac("sha256", key).update(text).digest("hex");

function tokenAt(id: string, origin: string): Operation {
  return {
    id,
    kind: "http",
    access: "write",
    why: "method POST",
    method: "POST",
    origin,
    path: "/token",
    query: { fields: {}, open: false },
    headers: [],
    body: { type: "form", fields: {}, open: true },
  };
}

describe("redaction", () => {
  it("takes all that is sent to where people sign in, and what is named elsewhere", () => {
    const login = "https://login.acme.example";
    const api = "https://api.acme.example";
    const redaction = redactionOf(
      [
        {
          name: "desk",
          operations: [tokenAt("post-token-1", login), tokenAt("post-token-2", api)],
          origins: [
            { id: originId(login), origin: login, class: "auth", why: "" },
            { id: originId(api), origin: api, class: "data", why: "" },
          ],
        },
      ],
      ["arguments.body.ssn"],
    );
    const pathsOf = (operation: string) => redaction(sampleEntry({ app: "desk", operation }));
    expect(pathsOf("post-token-1")).toEqual([
      "arguments.body.ssn",
      "arguments.body",
      "arguments.query",
    ]);
    expect(pathsOf("post-token-2")).toEqual(["arguments.body.ssn"]);
  });

  it("puts a keyed digest where a declared path leads", () => {
    const entry = sampleEntry({ arguments: { body: { ssn: "078-05-1120", amount: 25 } } });
    expect(redactEntry(entry, ["arguments.body.ssn"], key).arguments).toEqual({
      body: { ssn: { $redacted: keyed('"078-05-1120"') }, amount: 25 },
    });
    expect(entry.arguments).toEqual({ body: { ssn: "078-05-1120", amount: 25 } });
  });

  it("reaches into lists and takes whole objects", () => {
    const entry = sampleEntry({
      arguments: { body: [{ ssn: 1 }, { ssn: 2 }, "x"] },
      outcome: { card: { number: 4 } },
    });
    const redacted = redactEntry(entry, ["arguments.body.ssn", "outcome.card"], key);
    expect(redacted.arguments).toEqual({
      body: [{ ssn: { $redacted: keyed("1") } }, { ssn: { $redacted: keyed("2") } }, "x"],
    });
    expect(redacted.outcome).toEqual({ card: { $redacted: keyed('{"number":4}') } });
  });

  it("passes over paths that lead nowhere or outside of what is recorded", () => {
    const entry = sampleEntry({ arguments: null });
    const paths = ["arguments.body.ssn", "actor.subject", "arguments.__proto__.x"];
    expect(redactEntry(entry, paths, key)).toEqual(entry);
  });

  it("applies every path of one member", () => {
    const entry = sampleEntry({ arguments: { a: 1, b: 2 } });
    expect(redactEntry(entry, ["arguments.a", "arguments.b"], key).arguments).toEqual({
      a: { $redacted: keyed("1") },
      b: { $redacted: keyed("2") },
    });
  });
});

describe("caps", () => {
  it("keeps strings up to 4096 bytes and the digest of longer ones", () => {
    const entry = sampleEntry({ arguments: { fits: "x".repeat(4096), long: "€".repeat(1366) } });
    const capped = capEntry(entry).arguments as Record<string, unknown>;
    expect(capped["fits"]).toBe("x".repeat(4096));
    expect(capped["long"]).toEqual({
      $digest: expect.stringMatching(/^[\da-f]{64}$/),
      bytes: 4098,
    });
  });

  it("keeps the digest of a member that is large by its number of parts", () => {
    const entry = sampleEntry({ outcome: Array.from({ length: 40_000 }, () => 1) });
    expect(capEntry(entry).outcome).toMatchObject({ bytes: 80_001 });
  });
});

describe("the text of an entry", () => {
  it("L10: is the canonical encoding of the whole entry", () => {
    const stamp = { seq: 12, time: "2026-03-01T10:00:00.000Z" };
    const entry = sampleEntry({ arguments: { "\u{1f4a5}": 1e21, z: -0, "\r": '\u0007\\"</' } });
    const text = stampText(entryText(entry), stamp);
    expect(text).toBe(encodeEntry(stampEntry(entry, stamp)));
    expect(readStamp(text)).toEqual(stamp);
  });

  it("L10: differs with the entry, wherever one value ends and the next begins", () => {
    const stamp = { seq: 1, time: "2026-03-01T10:00:00.000Z" };
    const parts = fc.tuple(fc.string(), fc.string());
    const textOf = ([app, correlation]: readonly [string, string]): string =>
      stampText(entryText(sampleEntry({ app, correlation })), stamp);
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const isSame = one[0] === other[0] && one[1] === other[1];
        expect(textOf(one) === textOf(other)).toBe(isSame);
      }),
    );
    expect(textOf(["ab", "c"])).not.toBe(textOf(["a", "bc"]));
  });

  it("L10: is never hashed as a node, nor a node as a text", () => {
    const [left, right] = [leafHash("a"), leafHash("b")];
    expect(nodeHash(left, right)).not.toBe(leafHash(left + right));
  });

  it("gives no stamp for another text", () => {
    expect(readStamp('{"seq":1}')).toBeUndefined();
  });
});
