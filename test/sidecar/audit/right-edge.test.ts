import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { createHash } from "node:crypto";
import {
  appendLeaf,
  decodeEdge,
  emptyEdge,
  encodeEdge,
  hexOf,
  treeHead,
  type RightEdge,
} from "../../../src/sidecar/audit/right-edge.ts";

// The inputs and tree heads that Certificate Transparency implementations test with (certificate-transparency's
// merkletree tests, transparency-dev/merkle testonly).
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
const heads = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

function sha256(...parts: Uint8Array[]): Buffer {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest();
}

function grow(start: RightEdge, leaves: readonly Buffer[]): RightEdge {
  return leaves.reduce((edge, leaf) => appendLeaf(edge, leaf.toString("latin1")).edge, start);
}

const edgeOf = (leaves: readonly Buffer[]): RightEdge => grow(emptyEdge, leaves);
const headOf = (edge: RightEdge): string => hexOf(treeHead(edge));

/** RFC 6962 section 2.1, word for word. */
function definedHead(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return first;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const left = definedHead(leaves.slice(0, split));
  return sha256(Buffer.of(1), left, definedHead(leaves.slice(split)));
}

const leaves = fc
  .array(fc.uint8Array({ maxLength: 8 }), { maxLength: 140 })
  .map((all) => all.map((bytes) => sha256(Buffer.of(0), bytes)));

describe("the right edge", () => {
  it("gives the public RFC 6962 tree heads of sizes 1 to 8", () => {
    const hashes = inputs.map((hex) => sha256(Buffer.of(0), Buffer.from(hex, "hex")));
    expect(heads.map((_, index) => headOf(edgeOf(hashes.slice(0, index + 1))))).toEqual(heads);
    expect(headOf(emptyEdge)).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
  });

  it("gives the defined tree head for every size", () => {
    fc.assert(
      fc.property(leaves, (all) => headOf(edgeOf(all)) === definedHead(all).toString("hex")),
      { numRuns: 60 },
    );
  });

  it("continues after being stored as if it never was", () => {
    fc.assert(
      fc.property(leaves, fc.nat(140), (all, cut) => {
        const before = edgeOf(all.slice(0, cut));
        const again = decodeEdge(before.size, encodeEdge(before));
        expect(again).toEqual(before);
        const after = grow(again ?? emptyEdge, all.slice(cut));
        expect(headOf(after)).toBe(headOf(edgeOf(all)));
      }),
      { numRuns: 60 },
    );
  });

  it("refuses bytes that do not fit the size", () => {
    expect(decodeEdge(3, Buffer.alloc(32))).toBeUndefined();
    expect(decodeEdge(3, Buffer.alloc(64))).toBeDefined();
  });
});
