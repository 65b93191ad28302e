/**
 * A built app in memory: its files, what each is, and the scripts in them. Reading and digesting live here; nothing of a
 * bundle is ever executed, and links that leave the folder are not followed.
 */
export type FileKind = "html" | "script" | "map" | "style" | "asset";

export interface BundleFile {
  /** Relative to the bundle's folder, with `/`. */
  readonly path: string;
  readonly kind: FileKind;
  readonly bytes: Uint8Array;
}

/** A run of JavaScript: a whole script file, or an inline script or handler of an html file. */
export interface Script {
  readonly file: string;
  /** Offset of `code` in the file's text: 0 for a script file. All offsets are UTF-16, in the file's text. */
  readonly offset: number;
  readonly code: string;
  /** `handler`: the body of a function that an attribute gives, or a `javascript:` address. */
  readonly type: "module" | "classic" | "unknown" | "handler";
  /** Where each character of the code stands in the file, and its end, if they do not simply follow each other. */
  readonly offsets?: readonly number[];
}

/** A file of a bundle that is left out. */
export interface Unread {
  readonly path: string;
  /** What follows its name in a message: `cannot be opened`. */
  readonly reason: string;
}

export interface Bundle {
  /** Absolute path of its folder. */
  readonly root: string;
  /** Sorted by path. */
  readonly files: ReadonlyMap<string, BundleFile>;
  readonly scripts: readonly Script[];
  /** SHA-256 hex over the sorted list of (path, SHA-256 of content). */
  readonly digest: string;
  readonly bytes: number;
  /** What could not be read; nothing if left out. */
  readonly unread?: readonly Unread[];
}
