import type { Scope, Undo } from "../scope.ts";

/** The track stays open until then, or the last word is cut. */
export const TAIL_MS = 150;

/** Nobody says anything in so short a time: it was a slip, or a click. */
export const TAP_MS = 200;

export interface PushHost {
  /** A client event, by whatever way. */
  event(type: string): void;
  /** `open` or `held` changed. */
  changed(): void;
}

/** Push to talk: what is said between press and release is one turn. */
export class Push {
  /** The microphone is to be heard. */
  open = false;
  /** `performance.now()` of the last press that was too short to be one. */
  tappedAt = Number.NEGATIVE_INFINITY;

  readonly #host: PushHost;
  readonly #scope: Scope;
  #closing: Undo | null = null;
  #pressedAt = 0;

  constructor(host: PushHost, scope: Scope) {
    this.#host = host;
    this.#scope = scope;
  }

  /** Pressed now. */
  get held(): boolean {
    return this.open && !this.#closing;
  }

  press(): void {
    if (this.held) return;
    // Again before it closed: it was never let go of.
    if (!this.#stay()) {
      this.#host.event("input_audio_buffer.clear");
      this.#pressedAt = performance.now();
    }
    this.tappedAt = Number.NEGATIVE_INFINITY;
    this.open = true;
    this.#host.changed();
  }

  release(): void {
    if (!this.held) return;
    const now = performance.now();
    if (now - this.#pressedAt < TAP_MS) {
      // No turn: it would have no words, and an answer to that.
      this.tappedAt = now;
      this.drop();
      this.#host.event("input_audio_buffer.clear");
      return;
    }
    this.#closing = this.#scope.after(TAIL_MS, () => {
      this.drop();
      this.#host.event("input_audio_buffer.commit");
      this.#host.event("response.create");
    });
    this.#host.changed();
  }

  /** Nobody waits for it any more. */
  drop(): void {
    if (!this.open) return;
    this.#stay();
    this.open = false;
    this.#host.changed();
  }

  #stay(): boolean {
    this.#closing?.();
    const was = this.#closing !== null;
    this.#closing = null;
    return was;
  }
}
