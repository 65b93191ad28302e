/** Undoes the coding of an answer, up to a cap: what leaves the boundary has the size that it was judged by. */
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, type InputType } from "node:zlib";

type Decompress = (
  bytes: InputType,
  options: { readonly maxOutputLength: number },
) => Promise<Uint8Array>;

const decoders: ReadonlyMap<string, Decompress> = new Map([
  ["gzip", promisify(gunzip) as Decompress],
  ["x-gzip", promisify(gunzip) as Decompress],
  ["deflate", promisify(inflate) as Decompress],
  ["br", promisify(brotliDecompress) as Decompress],
]);

/** The bytes without their coding; undefined for one that is not known, that does not hold, or that grows beyond `most`. */
export async function decodeBody(
  bytes: Uint8Array,
  coding: string,
  most: number,
): Promise<Uint8Array | undefined> {
  const decode = decoders.get(coding.trim().toLowerCase());
  if (decode === undefined) return undefined;
  try {
    return await decode(bytes, { maxOutputLength: most });
  } catch {
    return undefined;
  }
}
