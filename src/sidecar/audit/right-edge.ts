/**
 * The growing Merkle tree of the log as its right edge: the roots of the largest complete subtrees, from left to right
 * (RFC 6962 section 2.1). It decides the tree head, has one node per 1-bit of the size, and never needs earlier entries.
 */
import { hash } from "node:crypto";
import { nodeHash, type Digest } from "../../contract/audit-entry.ts";
import type { NodeAt } from "./proofs.ts";

interface EdgeNode {
  readonly digest: Digest;
  /** The next one to the left. */
  readonly left: EdgeNode | undefined;
}

/** Never changed in place, so that an edge can be kept to go back to. */
export interface RightEdge {
  readonly size: number;
  /** The rightmost node. */
  readonly last: EdgeNode | undefined;
}

export const emptyEdge: RightEdge = { size: 0, last: undefined };

interface Appended {
  readonly edge: RightEdge;
  /**
   * The leaf and every subtree that it completed, from small to large: the node of level n over the leaves
   * [i·2ⁿ, (i+1)·2ⁿ) stands at n among those of the leaf (i+1)·2ⁿ−1.
   */
  readonly completed: string;
}

/** The edge after one more leaf: one node hash on average. */
export function appendLeaf({ size, last }: RightEdge, leaf: Digest): Appended {
  let digest = leaf;
  let completed = leaf;
  let left = last;
  for (let rest = size; rest % 2 === 1 && left !== undefined; rest = (rest - 1) / 2) {
    digest = nodeHash(left.digest, digest);
    completed += digest;
    left = left.left;
  }
  return { edge: { size: size + 1, last: { digest, left } }, completed };
}

/** The RFC 6962 tree head; of no entries, the SHA-256 of nothing. */
export function treeHead({ last }: RightEdge): Digest {
  if (last === undefined) return hash("sha256", "", "binary");
  let digest = last.digest;
  for (let { left } = last; left !== undefined; left = left.left) {
    digest = nodeHash(left.digest, digest);
  }
  return digest;
}

/** A digest as people read it. */
export function hexOf(digest: Digest): string {
  return Buffer.from(digest, "latin1").toString("hex");
}

/** The nodes in a row from left to right, as they are stored beside the size. */
export function encodeEdge({ last }: RightEdge): Buffer {
  let nodes = "";
  for (let node = last; node !== undefined; node = node.left) nodes = node.digest + nodes;
  return Buffer.from(nodes, "latin1");
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
  const text = Buffer.from(bytes).toString("latin1");
  let last: EdgeNode | undefined;
  for (let at = 0; at < text.length; at += 32) {
    last = { digest: text.slice(at, at + 32), left: last };
  }
  return { size, last };
}

/** The edge of a size, from nodes that are known. */
export function edgeAt(nodeAt: NodeAt, size: number): RightEdge {
  let last: EdgeNode | undefined;
  let width = 1;
  while (width * 2 <= size) width *= 2;
  for (let from = 0; from < size; width /= 2) {
    if (from + width > size) continue;
    last = { digest: nodeAt(from, width), left: last };
    from += width;
  }
  return { size, last };
}

/** The node of a complete subtree in an edge, if it is one of the edge's own. */
export function edgeNode(edge: RightEdge, from: number, size: number): Digest | undefined {
  let end = edge.size;
  let rest = edge.size;
  let width = 1;
  for (let node = edge.last; node !== undefined; node = node.left) {
    while (rest % 2 === 0) {
      rest /= 2;
      width *= 2;
    }
    if (width === size && end - width === from) return node.digest;
    end -= width;
    rest -= 1;
  }
  return undefined;
}
