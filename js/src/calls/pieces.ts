import type { Part, Piece } from "../audio/recorder.ts";
import { RATE } from "../audio/speaker.ts";
import type { Link } from "../link.ts";
import type { FrontEnd, Hole, KernelMessage } from "../model.gen.ts";
import type { Scope } from "../scope.ts";

/** So many may be under way: behind ten seconds of sound in a busy kernel's queue waits what matters. */
export const WINDOW = 40;
/** So many more are kept until there is room: five minutes of both sides are 29 MB. */
export const KEPT = 1200;
/** So long without a word of the kernel, the newest is sent again: was any lost, it asks for those. */
export const PROBE_MS = 5000;
export const LONGEST_PROBE_MS = 60_000;

interface Kept {
  readonly call: number;
  readonly piece: Piece;
  number: number;
}

/** Brings the recorder's pieces to the kernel, each once and in order: kept until it says that it has them. */
export class Pieces {
  readonly #link: Pick<Link, "send" | "page">;
  readonly #scope: Scope;
  /** Told with the first. */
  readonly #page: FrontEnd;
  /** Sent and not acknowledged. */
  #flight: Kept[] = [];
  #waiting: Kept[] = [];
  #last = 0;
  #wait = PROBE_MS;
  #probe: (() => void) | null = null;

  constructor(link: Pick<Link, "send" | "page">, page: FrontEnd, scope: Scope) {
    this.#link = link;
    this.#page = page;
    this.#scope = scope;
  }

  /** How many the kernel has not got yet, as far as is known. */
  get size(): number {
    return this.#flight.length + this.#waiting.length;
  }

  /** `call` is the one of this moment, or the last. */
  add(piece: Piece, call: number): void {
    this.#waiting.push({ call, piece, number: 0 });
    if (this.#waiting.length > KEPT) this.#drop();
    this.#send();
  }

  take(message: KernelMessage): void {
    if (message.type !== "recording.kept" || message.page !== this.#link.page) return;
    const { number, again } = message;
    const before = this.#flight.length;
    this.#flight = this.#flight.filter((kept) => kept.number > number);
    if (this.#flight.length < before) this.#wait = PROBE_MS;
    if (again) for (const kept of this.#flight) this.#transmit(kept);
    this.#rest();
    this.#send();
  }

  /** Nobody wants them any more. */
  clear(): void {
    this.#flight = [];
    this.#waiting = [];
    this.#rest();
  }

  #send(): void {
    for (let next = this.#waiting[0]; next && this.#flight.length < WINDOW; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#last += 1;
      next.number = this.#last;
      // First: a comm that refuses ends all of it in here.
      this.#flight.push(next);
      this.#transmit(next);
    }
    if (!this.#probe && this.#flight.length > 0) {
      this.#probe = this.#scope.after(this.#wait, () => {
        this.#probe = null;
        this.#wait = Math.min(2 * this.#wait, LONGEST_PROBE_MS);
        const newest = this.#flight.at(-1);
        if (newest) this.#transmit(newest);
        this.#send();
      });
    }
  }

  /** The next wait begins anew. */
  #rest(): void {
    this.#probe?.();
    this.#probe = null;
  }

  #transmit({ number, call, piece }: Kept): void {
    const { clock, last, microphone } = piece;
    const now = Math.round(((performance.now() - piece.zero) * RATE) / 1000);
    const parts = piece.parts.map(({ pcm, ...part }) => ({ ...part, samples: pcm.length }));
    const buffers = piece.parts.map(({ pcm }) => (pcm.every((value) => value === 0) ? new ArrayBuffer(0) : pcm.buffer));
    const facts = { ...(microphone && { microphone }), ...(number === 1 && { front_end: this.#page }) };
    this.#link.send({ type: "recording.piece", number, call, clock, now, parts, last, ...facts }, buffers);
  }

  /** Too many: the oldest that is not under way goes, and the next one tells of it. */
  #drop(): void {
    const gone = this.#waiting.shift();
    const next = this.#waiting[0];
    if (!gone || !next) return;
    const { clock, parts, microphone } = gone.piece;
    if (microphone) this.#waiting[0] = { ...next, piece: { ...next.piece, microphone } };
    for (const part of parts) {
      if (part.alignment === "pending") continue;
      const heir = this.#waiting
        .filter((kept) => kept.piece.clock === clock)
        .flatMap((kept) => kept.piece.parts)
        .find(({ side, alignment }) => side === part.side && alignment !== "pending");
      if (heir) inherit(part, heir);
    }
  }
}

/** Put the holes of a part that goes, and that part, before those of the next one; what touches is one. */
function inherit({ start, pcm, holes }: Part, heir: Part): void {
  const all: Hole[] = [...holes, { start, samples: pcm.length, reason: "dropped" }, ...heir.holes.splice(0)];
  for (const hole of all) {
    const last = heir.holes.at(-1);
    if (last?.reason === hole.reason && last.start + last.samples === hole.start) {
      heir.holes[heir.holes.length - 1] = { ...last, samples: last.samples + hole.samples };
    } else heir.holes.push(hole);
  }
}
