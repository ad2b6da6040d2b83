import { RATE } from "./speaker.ts";
import type { Hole } from "./stamps.ts";

const PER_MS = RATE / 1000;
/** So much sound may be on its way: a kernel that a cell holds for seconds is to lose no word. */
export const ON_ITS_WAY_MS = 5000;
/** So much more is kept here; nobody would want the answer to what is older. */
export const KEPT_MS = 1000;

interface Piece {
  readonly pcm: Int16Array<ArrayBuffer>;
  /** The number of its first sample on the page's clock. */
  readonly start: number;
}

/**
 * Sound that goes no faster than the other end takes it: else it would pile up in the browser, and the way would be later
 * and later. What is too old by then is dropped. Pure.
 */
export class Credit {
  readonly #send: (pcm: ArrayBuffer) => void;
  readonly #missed: (hole: Hole) => void;
  #kept: Piece[] = [];
  /** Samples, of the whole call. */
  #sent = 0;
  #taken = 0;

  constructor(send: (pcm: ArrayBuffer) => void, missed: (hole: Hole) => void) {
    this.#send = send;
    this.#missed = missed;
  }

  add(piece: Piece): void {
    if (piece.pcm.length > 0) this.#kept.push(piece);
    this.#go();
    let kept = this.#kept.reduce((sum, { pcm }) => sum + pcm.length, 0);
    let from: number | null = null;
    let to = 0;
    while (kept > KEPT_MS * PER_MS) {
      const { pcm, start } = this.#kept.shift() as Piece;
      kept -= pcm.length;
      from ??= start;
      to = start + pcm.length;
    }
    if (from !== null) this.#missed({ from_ms: from / PER_MS, to_ms: to / PER_MS });
  }

  /** The other end has taken so many samples of the call. */
  taken(samples: number): void {
    this.#taken = Math.max(this.#taken, samples);
    this.#go();
  }

  /** What goes now goes behind all that is kept. */
  flush(): void {
    this.#go(Number.POSITIVE_INFINITY);
  }

  #go(most = ON_ITS_WAY_MS * PER_MS): void {
    while (this.#kept.length > 0 && this.#sent - this.#taken < most) {
      const { pcm } = this.#kept.shift() as Piece;
      this.#sent += pcm.length;
      this.#send(pcm.buffer);
    }
  }
}
