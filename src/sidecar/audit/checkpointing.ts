/**
 * Signs the head of the log from time to time, keeps the checkpoint beside it and gives it to the anchors. It never holds up
 * a call: what fails is told, and tried again with the next one.
 */
import { performance } from "node:perf_hooks";
import { GovernError } from "../../errors/govern-error.ts";
import type { OnFault } from "../faults.ts";
import type { Store } from "../store/store.ts";
import type { Anchor, SignedCheckpoint } from "./anchors.ts";
import { signCheckpoint, type NoteSigner } from "./signed-note.ts";

/** Milliseconds between two looks at the log. */
const lookEvery = 1000;

export interface CheckpointOptions {
  readonly store: Pick<Store, "head" | "addCheckpoint">;
  readonly signer: NoteSigner;
  /** A checkpoint is due after so many entries, or after so many milliseconds with any. */
  readonly entries: number;
  readonly interval: number;
  readonly anchors: readonly Anchor[];
  readonly onFault: OnFault;
}

/** How far an anchor follows the log. */
export interface AnchorState {
  readonly name: string;
  /** The size of the last checkpoint that it took; null for none since the start. */
  readonly size: number | null;
  readonly failing: boolean;
}

export interface CheckpointState {
  /** The size that was last signed since the start. */
  readonly signed: number | null;
  readonly anchors: readonly AnchorState[];
}

interface Place {
  readonly anchor: Anchor;
  size: number | null;
  at: number;
  failing: boolean;
}

export class Checkpointing {
  readonly #options: CheckpointOptions;
  readonly #places: readonly Place[];
  #signed: SignedCheckpoint | undefined;
  #signedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#places = options.anchors.map((anchor) => {
      return { anchor, size: null, at: -Infinity, failing: false };
    });
  }

  get state(): CheckpointState {
    return {
      signed: this.#signed?.checkpoint.size ?? null,
      anchors: this.#places.map(({ anchor, size, failing }) => {
        return { name: anchor.name, size, failing };
      }),
    };
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#round = this.#look(false).then(() => {
        if (this.#timer !== undefined) this.start();
        return undefined;
      });
    }, lookEvery).unref();
  }

  /** Signs what there is, gives it to every anchor, and ends. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#round;
    clearTimeout(this.#timer);
    await this.#look(true);
  }

  async #look(isLast: boolean): Promise<void> {
    try {
      await this.#sign(isLast);
    } catch (error) {
      this.#options.onFault(error, null);
    }
    const signed = this.#signed;
    if (signed === undefined) return;
    await Promise.all(this.#places.map((place) => this.#anchor(place, signed, isLast)));
  }

  async #sign(isLast: boolean): Promise<void> {
    const { store, signer, entries, interval } = this.#options;
    const head = await store.head();
    const fresh = head.size - (this.#signed?.checkpoint.size ?? 0);
    const isDue = fresh >= entries || performance.now() - this.#signedAt >= interval;
    if (fresh === 0 || !(isDue || isLast)) return;
    const note = signCheckpoint(head, signer);
    await store.addCheckpoint({ size: head.size, note });
    this.#signed = { checkpoint: head, note };
    this.#signedAt = performance.now();
  }

  async #anchor(place: Place, signed: SignedCheckpoint, isLast: boolean): Promise<void> {
    const { size } = signed.checkpoint;
    const isDue = performance.now() - place.at >= place.anchor.every;
    if (place.size === size || !(isDue || isLast)) return;
    place.at = performance.now();
    try {
      await place.anchor.put(signed);
      place.size = size;
      place.failing = false;
    } catch (cause) {
      // Told once, until it works again: an anchor may be away for long.
      if (!place.failing) this.#options.onFault(this.#anchorFault(place, cause), null);
      place.failing = true;
    }
  }

  #anchorFault({ anchor }: Place, cause: unknown): GovernError {
    const why = cause instanceof GovernError ? `: ${cause.message}` : "";
    const message = `the checkpoint could not be given to the anchor ${anchor.name}${why}`;
    return new GovernError("resource-failed", message, { cause });
  }
}
