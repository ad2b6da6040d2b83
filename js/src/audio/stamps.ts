/** A clock that is this much behind for good has lost sound or time; less is jitter, or two clocks going apart. */
const LOST_MS = 15;
/** So many frames that come at once are jitter: a device takes several. */
const FRAMES = 16;
/** Readings of both clocks in a round, some 0.2 s; and rounds after which one is forgotten, for another device takes over. */
const READINGS = 21;
const ROUNDS = 10;
/** Clocks that go apart are followed in steps, for each is a seam in what is recorded. */
const NEAR_MS = 1;

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

/** What a context says of its clock, in milliseconds; `out_ms` is by how much what goes out now is before the machine's. */
export interface ClockReading {
  readonly clock_ms: number;
  readonly now_ms: number;
  /** Null: nothing has gone out yet. */
  readonly out_ms: number | null;
}

/**
 * How far a context's clock is before the machine's. It goes in bursts, and only what goes out goes steadily: right behind
 * a burst it is before that by as much as sound waits, so the most that was seen lately tells. Pure.
 */
export class Offset {
  #offset: number | null = null;
  /** The clock at the beginning of this round of readings, and of the one before it. */
  #round = 0;
  #since = 0;
  #outs: number[] = [];
  #waits = Number.NEGATIVE_INFINITY;
  /** The longest wait of each of the last rounds. */
  #lately: number[] = [];

  /** The difference, and whether one of the clocks has stood still. */
  seen({ clock_ms, now_ms, out_ms }: ClockReading): { readonly offset: number; readonly hole: Hole | null } {
    const before = this.#offset ?? clock_ms - now_ms;
    this.#offset = before;
    if (out_ms === null) return { offset: before, hole: null };
    if (this.#outs.length === 0) this.#round = clock_ms;
    this.#outs.push(out_ms);
    this.#waits = Math.max(this.#waits, clock_ms - now_ms - out_ms);
    if (this.#outs.length < READINGS) return { offset: before, hole: null };
    const out = this.#outs.sort((a, b) => a - b)[(READINGS - 1) / 2] as number;
    const first = this.#lately.length === 0;
    this.#lately = [...this.#lately, this.#waits].slice(-ROUNDS);
    const now = out + Math.max(...this.#lately);
    const since = this.#since;
    this.#since = this.#round;
    this.#outs = [];
    this.#waits = Number.NEGATIVE_INFINITY;
    const moved = Math.abs(now - before);
    if (moved >= NEAR_MS) this.#offset = now;
    const lost = moved >= LOST_MS && !first;
    return { offset: this.#offset, hole: lost ? { from_ms: since, to_ms: clock_ms } : null };
  }
}
