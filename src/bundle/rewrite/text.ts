/** A bundle's files as text, where they are text. */
import type { BundleFile } from "../files/bundle.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The text of a file that names and credentials may stand in; null for a binary file or one that is not UTF-8. */
export function textOf(file: BundleFile): string | null {
  if (file.kind === "asset" && file.bytes.subarray(0, 8192).includes(0)) return null;
  try {
    return decoder.decode(file.bytes);
  } catch {
    return null;
  }
}

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Line from 1 and column from 0 of an offset. */
export function placeAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart };
}
