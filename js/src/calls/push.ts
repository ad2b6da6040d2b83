import type { Scope, Undo } from "../scope.ts";

/** The track stays open until then, or the last word is cut. */
export const TAIL_MS = 150;

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

  readonly #host: PushHost;
  readonly #scope: Scope;
  #closing: Undo | null = null;

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
    if (!this.#stay()) this.#host.event("input_audio_buffer.clear");
    this.open = true;
    this.#host.changed();
  }

  release(): void {
    if (!this.held) return;
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
