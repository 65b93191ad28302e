/** SHA-256 (FIPS 180-4), synchronous: `crypto.subtle` is async and absent outside secure contexts. */

/** The first 32 bits of the fractional part of a root, as FIPS 180-4 derives its constants. */
const fraction = (root: number): number => (root * 2 ** 32) | 0;

function deriveConstants(): { initial: number[]; rounds: number[] } {
  const initial: number[] = [];
  const rounds: number[] = [];
  for (let candidate = 2; rounds.length < 64; candidate += 1) {
    let divisor = 2;
    while (candidate % divisor !== 0) divisor += 1;
    if (divisor < candidate) continue;
    if (initial.length < 8) initial.push(fraction(Math.sqrt(candidate)));
    rounds.push(fraction(Math.cbrt(candidate)));
  }
  return { initial, rounds };
}

let constants: ReturnType<typeof deriveConstants> | undefined;

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** The message in 512-bit blocks: a one bit, zeros, the length in bits, of which no text here needs more than 32. */
function padMessage(bytes: Uint8Array): DataView {
  const view = new DataView(new ArrayBuffer(((bytes.length + 72) >> 6) << 6));
  new Uint8Array(view.buffer).set(bytes);
  view.setUint8(bytes.length, 0x80);
  view.setUint32(view.byteLength - 4, bytes.length << 3);
  return view;
}

function compressBlock(hash: Int32Array, block: Int32Array, rounds: readonly number[]): void {
  const at = (index: number): number => block[index & 15] as number;
  const v = Array.from(hash) as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i += 1) {
    if (i > 15) {
      const early = at(i + 1);
      const late = at(i + 14);
      block[i & 15] =
        at(i) +
        (rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)) +
        at(i + 9) +
        (rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10));
    }
    const [a, b, c, , e, f, g, h] = v;
    const mixed =
      h +
      (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
      ((e & f) ^ (~e & g)) +
      (rounds[i] as number) +
      at(i);
    const majority = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    v.pop();
    v.unshift((mixed + majority) | 0);
    v[4] = (v[4] + mixed) | 0;
  }
  v.forEach((word, i) => {
    hash[i] = (hash[i] as number) + word;
  });
}

/** SHA-256 of a text's UTF-8 bytes, in lower-case hex. */
export function sha256Hex(text: string): string {
  constants ??= deriveConstants();
  const message = padMessage(new TextEncoder().encode(text));
  const hash = Int32Array.from(constants.initial);
  const block = new Int32Array(16);
  for (let offset = 0; offset < message.byteLength; offset += 64) {
    for (let i = 0; i < 16; i += 1) block[i] = message.getInt32(offset + i * 4);
    compressBlock(hash, block, constants.rounds);
  }
  return Array.from(hash, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
