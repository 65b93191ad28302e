/**
 * Tells when files changed, by looking at them twice a second: that works on every file system, for files that are
 * replaced as for files that are written in place, and behind links.
 */
import { stat } from "node:fs/promises";

const interval = 500;

async function stampOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(file);
    return `${ino}:${size}:${mtimeMs}`;
  } catch {
    return "absent";
  }
}

/**
 * Calls `onChange` once the files are others than at the last call, and did not change between two looks: a file that is
 * being written is left alone until it is whole. The first call comes without a change: one may have come before the first
 * look. Gives what ends the watch.
 */
export function watchFiles(files: readonly string[], onChange: () => void): () => void {
  let told: string | undefined;
  let seen: string | undefined;
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    const stamp = (await Promise.all(files.map(stampOf))).join(" ");
    looking = false;
    const settled = stamp === seen;
    seen = stamp;
    if (!settled || stamp === told) return;
    told = stamp;
    onChange();
  };
  const timer = setInterval(() => void look(), interval);
  timer.unref();
  void look();
  return () => clearInterval(timer);
}
