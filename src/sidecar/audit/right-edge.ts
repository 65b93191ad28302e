/**
 * The growing Merkle tree of the log as its right edge: the roots of the largest complete subtrees, from left to right
 * (RFC 6962 section 2.1). It decides the tree head, has one node per 1-bit of the size, and never needs earlier entries.
 */
import { hash } from "node:crypto";
import { nodeHash } from "../../contract/audit-entry.ts";

/** Values are never changed in place, so that an edge can be kept to go back to. */
export interface RightEdge {
  readonly size: number;
  readonly nodes: readonly Uint8Array[];
}

export const emptyEdge: RightEdge = { size: 0, nodes: [] };

/** The edge after one more leaf: one node hash on average. */
export function appendLeaf(edge: RightEdge, leaf: Uint8Array): RightEdge {
  const nodes = [...edge.nodes];
  let node = leaf;
  for (let complete = edge.size; complete % 2 === 1; complete = Math.floor(complete / 2)) {
    const left = nodes.pop();
    if (left !== undefined) node = nodeHash(left, node);
  }
  nodes.push(node);
  return { size: edge.size + 1, nodes };
}

/** The RFC 6962 tree head in hex; of no entries, the SHA-256 of nothing. */
export function treeHead(edge: RightEdge): string {
  const [last, ...others] = edge.nodes.toReversed();
  if (last === undefined) return hash("sha256", "", "hex");
  return Buffer.from(others.reduce((right, left) => nodeHash(left, right), last)).toString("hex");
}

/**
 * SHA-256 over the edge's nodes in a row. It commits to the tree exactly as the tree head does, at one hash instead of
 * one per level, which is why each row of the log carries it.
 */
export function edgeDigest(edge: RightEdge): Buffer {
  return hash("sha256", encodeEdge(edge), "buffer");
}

/** The nodes in a row, as they are stored beside the size. */
export function encodeEdge(edge: RightEdge): Buffer {
  return Buffer.concat(edge.nodes);
}

function oneBits(size: number): number {
  let bits = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits;
}

/** Reads what `encodeEdge` wrote; undefined where size and bytes do not fit each other. */
export function decodeEdge(size: number, bytes: Uint8Array): RightEdge | undefined {
  const count = oneBits(size);
  if (bytes.length !== count * 32) return undefined;
  const nodes = Array.from({ length: count }, (_, index) =>
    Buffer.from(bytes.subarray(index * 32, index * 32 + 32)),
  );
  return { size, nodes };
}
