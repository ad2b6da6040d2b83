/** A clock that is this much behind for good has lost sound or time; less is jitter, or two clocks going apart. */
const LOST_MS = 15;
/** So many frames that come at once are jitter: a device takes several. */
const FRAMES = 16;
/** Readings of both clocks of which the middle one counts. */
const READINGS = 21;

/** Something was lost somewhere between the two, in milliseconds of the clock. */
export interface Hole {
  readonly from_ms: number;
  readonly to_ms: number;
}

/** As much of a hole as lies behind the clock's zero: a frame that came with the first reading may have begun before it. */
export function sinceZero({ from_ms, to_ms }: Hole): Hole | null {
  return to_ms > 0 ? { from_ms: Math.max(0, from_ms), to_ms } : null;
}

/**
 * Frames of sound in a row, from the time stamps that they came with. A stamp is never early but often late, so the frames
 * lie as early as the stamps allow; where all stamps come late from some frame on, something was lost. Pure.
 */
export class Stamps {
  #next: number | null = null;
  readonly #late: number[] = [];

  /** Where a frame begins, and whether something was lost before it. */
  place(stamp_ms: number, lasts_ms: number): { readonly at_ms: number; readonly hole: Hole | null } {
    const expected = this.#next ?? stamp_ms;
    let late = stamp_ms - expected;
    let hole: Hole | null = null;
    if (late < 0) {
      this.#late.length = 0;
    } else {
      this.#late.push(late);
      const all = this.#late.length === FRAMES;
      const least = Math.min(...this.#late);
      if (all) this.#late.shift();
      late = all ? least : 0;
      if (late > 0) {
        for (let i = 0; i < this.#late.length; i++) this.#late[i] = (this.#late[i] as number) - late;
        if (late >= LOST_MS) hole = { from_ms: expected - FRAMES * lasts_ms, to_ms: expected + late };
      }
    }
    const at_ms = expected + late;
    this.#next = at_ms + lasts_ms;
    return { at_ms, hole };
  }
}

/** Readings by which the clock of the stamps is known. */
const STAMPS = 200;

/** How far the machine's clock is before that of the stamps: what came with the least delay tells. Pure. */
export class Origin {
  #least = Number.POSITIVE_INFINITY;
  #count = 0;

  /** A frame whose end is stamped so came at `now_ms`. */
  seen(now_ms: number, stamp_ms: number): number {
    // Known for good: what would move it moved both sides.
    if (this.#count < STAMPS) this.#least = Math.min(this.#least, now_ms - stamp_ms);
    this.#count += 1;
    return this.#least;
  }
}

/** How far one clock is before another, of which both are read at about the same time. Pure. */
export class Offset {
  #offset: number | null = null;
  #since = 0;
  readonly #seen: number[] = [];

  /** The difference, and whether one of the clocks has stood still. */
  seen(clock_ms: number, other_ms: number): { readonly offset: number; readonly hole: Hole | null } {
    const seen = this.#seen;
    if (seen.length === 0) this.#since = clock_ms;
    seen.push(clock_ms - other_ms);
    this.#offset ??= clock_ms - other_ms;
    if (seen.length < READINGS) return { offset: this.#offset, hole: null };
    const middle = [...seen].sort((a, b) => a - b)[(READINGS - 1) / 2] as number;
    seen.length = 0;
    const moved = Math.abs(middle - this.#offset) >= LOST_MS;
    if (!moved) return { offset: this.#offset, hole: null };
    this.#offset = middle;
    return { offset: middle, hole: { from_ms: this.#since - LOST_MS, to_ms: clock_ms } };
  }
}
