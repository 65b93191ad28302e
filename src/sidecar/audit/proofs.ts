/**
 * Proofs of RFC 6962 section 2.1: that an entry is in the tree of a size (inclusion), and that the tree of one size begins
 * with that of another (consistency). They are made from stored nodes and checked from nothing but themselves, by the
 * procedures of RFC 9162 sections 2.1.3.2 and 2.1.4.2.
 */
import { nodeHash, type Digest } from "../../contract/audit-entry.ts";

/** Gives the root of the complete subtree over the leaves [from, from + size); `size` is a power of two that divides `from`. */
export type NodeAt = (from: number, size: number) => Digest;

/** The largest power of two that is smaller than a size of at least 2. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

function isPowerOfTwo(size: number): boolean {
  return size === 1 || splitOf(size) * 2 === size;
}

/** The root over the leaves [from, from + size), where `from` is one of the places at which the tree splits. */
function rootOf(nodeAt: NodeAt, from: number, size: number): Digest {
  if (isPowerOfTwo(size)) return nodeAt(from, size);
  const split = splitOf(size);
  return nodeHash(nodeAt(from, split), rootOf(nodeAt, from + split, size - split));
}

/** The audit path of an entry in the tree of a size, from its sibling to a child of the root (section 2.1.1). */
export function inclusionProof(nodeAt: NodeAt, index: number, size: number): Digest[] {
  const path: Digest[] = [];
  for (let [from, width] = [0, size]; width > 1;) {
    const split = splitOf(width);
    if (index < from + split) {
      path.push(rootOf(nodeAt, from + split, width - split));
      width = split;
    } else {
      path.push(nodeAt(from, split));
      [from, width] = [from + split, width - split];
    }
  }
  return path.toReversed();
}

/** The nodes that prove the tree of `before` entries to be the beginning of that of `size`; none for no or all entries (2.1.2). */
export function consistencyProof(nodeAt: NodeAt, before: number, size: number): Digest[] {
  if (before === 0 || before === size) return [];
  const path: Digest[] = [];
  let [from, width, isWhole] = [0, size, true];
  while (from + width !== before) {
    const split = splitOf(width);
    if (before <= from + split) {
      path.push(rootOf(nodeAt, from + split, width - split));
      width = split;
    } else {
      path.push(nodeAt(from, split));
      [from, width, isWhole] = [from + split, width - split, false];
    }
  }
  if (!isWhole) path.push(rootOf(nodeAt, from, width));
  return path.toReversed();
}

export interface InclusionClaim {
  readonly leaf: Digest;
  readonly index: number;
  readonly size: number;
  readonly root: Digest;
}

/** A node's number in its level, and that of the level's last node. */
interface Place {
  readonly at: number;
  readonly last: number;
}

const above = ({ at, last }: Place): Place => {
  return { at: Math.floor(at / 2), last: Math.floor(last / 2) };
};

/** Whether its sibling stands to its left; a last node without one is taken to be where its next ancestor with one is. */
const isRight = ({ at, last }: Place): boolean => at % 2 === 1 || at === last;

function aboveEven(from: Place): Place {
  let place = from;
  while (place.at % 2 === 0 && place.at !== 0) place = above(place);
  return place;
}

/** Whether a path proves that the leaf stands at the index of the tree (RFC 9162 section 2.1.3.2). */
export function checkInclusion(claim: InclusionClaim, path: readonly Digest[]): boolean {
  const { leaf, index, size, root } = claim;
  if (index < 0 || index >= size) return false;
  let place = { at: index, last: size - 1 };
  let digest = leaf;
  for (const sibling of path) {
    if (place.last === 0) return false;
    if (isRight(place)) {
      digest = nodeHash(sibling, digest);
      place = aboveEven(place);
    } else {
      digest = nodeHash(digest, sibling);
    }
    place = above(place);
  }
  return place.last === 0 && digest === root;
}

export interface ConsistencyClaim {
  readonly before: { readonly size: number; readonly root: Digest };
  readonly after: { readonly size: number; readonly root: Digest };
}

/** Whether a path proves that one tree begins with the other (RFC 9162 section 2.1.4.2). */
export function checkConsistency(claim: ConsistencyClaim, path: readonly Digest[]): boolean {
  const { before, after } = claim;
  if (before.size > after.size) return false;
  if (before.size === after.size) return path.length === 0 && before.root === after.root;
  if (before.size === 0) return path.length === 0;
  const nodes = isPowerOfTwo(before.size) ? [before.root, ...path] : path;
  return leadsToBoth(claim, nodes);
}

function leadsToBoth({ before, after }: ConsistencyClaim, nodes: readonly Digest[]): boolean {
  const [first, ...others] = nodes;
  if (first === undefined) return false;
  let place = { at: before.size - 1, last: after.size - 1 };
  while (place.at % 2 === 1) place = above(place);
  let [old, whole] = [first, first];
  for (const node of others) {
    if (place.last === 0) return false;
    if (isRight(place)) {
      [old, whole] = [nodeHash(node, old), nodeHash(node, whole)];
      place = aboveEven(place);
    } else {
      whole = nodeHash(whole, node);
    }
    place = above(place);
  }
  return place.last === 0 && old === before.root && whole === after.root;
}
