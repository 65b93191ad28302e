/** Ids that tell which entries belong to one call. */
import { randomFillSync } from "node:crypto";

const size = 16;
/** Random bytes ahead of their use: asking for many costs what asking for few does. */
const pool = Buffer.alloc(size * 256);
let used = pool.length;

function nextBytes(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += size;
  return pool.subarray(used - size, used);
}

/**
 * A UUID of version 7 (RFC 9562): it begins with the time, so that the log's index of them grows at its end, and is as
 * fast with many entries as with few.
 */
export function newCorrelation(now = Date.now()): string {
  const bytes = nextBytes();
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
