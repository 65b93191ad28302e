import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkConsistency,
  checkInclusion,
  consistencyProof,
  inclusionProof,
  type NodeAt,
} from "../../../src/sidecar/audit/proofs.ts";

// The inputs and paths that Certificate Transparency implementations test with (certificate-transparency's merkletree
// tests, transparency-dev/merkle). Leaves are counted from 0 here.
const inputs = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const [a, b, c] = [
  "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
  "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
  "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
];
const [d, e, f] = [
  "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
  "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
];
const g = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
const h = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
const i = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const j = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f";

// An implementation of its own, by the definitions of RFC 6962 section 2.1: nothing of the sources is used.
const sha256 = (...parts: Uint8Array[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const leafOf = (input: Uint8Array): Buffer => sha256(Buffer.of(0), input);
const join = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.of(1), left, right);

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function head(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return first;
  const k = split(leaves.length);
  return join(head(leaves.slice(0, k)), head(leaves.slice(k)));
}

/** The root that an audit path leads to, by recursion from the top. */
function rootByPath(leaf: Buffer, m: number, n: number, path: readonly Buffer[]): Buffer {
  const last = path.at(-1);
  if (n === 1 || last === undefined) return leaf;
  const [k, rest] = [split(n), path.slice(0, -1)];
  return m < k
    ? join(rootByPath(leaf, m, k, rest), last)
    : join(last, rootByPath(leaf, m - k, n - k, rest));
}

/** The old and the new root that a consistency path leads to: SUBPROOF read backwards. */
function rootsByPath(m: number, n: number, path: readonly Buffer[], old: Buffer): [Buffer, Buffer] {
  const walk = (
    size: number,
    of: number,
    left: readonly Buffer[],
    whole: boolean,
  ): [Buffer, Buffer] => {
    const last = left.at(-1);
    if (size === of) return whole ? [old, old] : [last ?? old, last ?? old];
    const [k, rest] = [split(of), left.slice(0, -1)];
    const node = last ?? old;
    if (size <= k) {
      const [before, after] = walk(size, k, rest, whole);
      return [before, join(after, node)];
    }
    const [before, after] = walk(size - k, of - k, rest, false);
    return [join(node, before), join(node, after)];
  };
  return walk(m, n, path, true);
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const hex = (digests: readonly string[]): string[] =>
  digests.map((one) => Buffer.from(one, "latin1").toString("hex"));
const nodesOf =
  (leaves: readonly Buffer[]): NodeAt =>
  (from, size) =>
    text(head(leaves.slice(from, from + size)));

const known = inputs.map((one) => leafOf(Buffer.from(one, "hex")));

describe("proofs", () => {
  it.each([
    [0, 1, []],
    [0, 8, [a, b, c]],
    [5, 8, [d, e, f]],
    [2, 3, [g]],
    [1, 5, [h, b, d]],
  ])("of the inclusion of leaf %i in %i are the public ones", (index, size, path) => {
    expect(hex(inclusionProof(nodesOf(known), index, size))).toEqual(path);
  });

  it.each([
    [1, 1, []],
    [1, 8, [a, b, c]],
    [6, 8, [i, e, f]],
    [2, 5, [b, d]],
    [6, 7, [i, j, f]],
  ])("of the consistency of %i with %i are the public ones", (before, size, path) => {
    expect(hex(consistencyProof(nodesOf(known), before, size))).toEqual(path);
  });

  it("lead an independent implementation to the root, for every entry of every size to 40", () => {
    const leaves = Array.from({ length: 40 }, (_, n) => leafOf(Buffer.of(n)));
    for (let size = 1; size <= leaves.length; size += 1) {
      const some = leaves.slice(0, size);
      const root = head(some);
      for (const [index, leaf] of some.entries()) {
        const path = inclusionProof(nodesOf(some), index, size);
        const bytes = path.map((one) => Buffer.from(one, "latin1"));
        expect(rootByPath(leaf, index, size, bytes)).toEqual(root);
        expect(checkInclusion({ leaf: text(leaf), index, size, root: text(root) }, path)).toBe(
          true,
        );
      }
    }
  });

  it("lead an independent implementation to both roots, for every two sizes to 24", () => {
    const leaves = Array.from({ length: 24 }, (_, n) => leafOf(Buffer.of(n)));
    for (let size = 1; size <= leaves.length; size += 1) {
      for (let before = 1; before <= size; before += 1) {
        const [old, root] = [head(leaves.slice(0, before)), head(leaves.slice(0, size))];
        const path = consistencyProof(nodesOf(leaves), before, size);
        const bytes = path.map((one) => Buffer.from(one, "latin1"));
        expect(rootsByPath(before, size, bytes, old)).toEqual([old, root]);
        const claim = {
          before: { size: before, root: text(old) },
          after: { size, root: text(root) },
        };
        expect(checkConsistency(claim, path)).toBe(true);
      }
    }
  });

  it("hold for nothing but what they were made for", () => {
    const leaves = Array.from({ length: 40 }, (_, n) => leafOf(Buffer.of(n)));
    const place = fc.record({
      size: fc.integer({ min: 2, max: 40 }),
      index: fc.nat(),
      bit: fc.nat(255),
    });
    fc.assert(
      fc.property(
        place,
        fc.constantFrom("bit", "index", "leaf", "drop", "add", "old"),
        (at, kind) => {
          const { size } = at;
          const index = at.index % size;
          const root = text(head(leaves.slice(0, size)));
          const path = inclusionProof(nodesOf(leaves), index, size);
          const claim = { leaf: text(leaves[index] ?? Buffer.alloc(0)), index, size, root };
          const node = at.bit % path.length;
          const flip = (digest: string): string =>
            String.fromCharCode(digest.charCodeAt(0) ^ (1 << (at.bit % 8))) + digest.slice(1);
          if (kind === "bit") {
            const bad = path.map((one, n) => (n === node ? flip(one) : one));
            expect(checkInclusion(claim, bad)).toBe(false);
          }
          if (kind === "index") {
            expect(checkInclusion({ ...claim, index: (index + 1) % size }, path)).toBe(false);
          }
          if (kind === "leaf")
            expect(checkInclusion({ ...claim, leaf: flip(claim.leaf) }, path)).toBe(false);
          if (kind === "drop") expect(checkInclusion(claim, path.slice(1))).toBe(false);
          if (kind === "add") expect(checkInclusion(claim, [...path, root])).toBe(false);
          if (kind === "old") {
            const before = Math.max(1, index);
            const old = { size: before, root: flip(text(head(leaves.slice(0, before)))) };
            const proof = consistencyProof(nodesOf(leaves), before, size);
            expect(checkConsistency({ before: old, after: { size, root } }, proof)).toBe(false);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
