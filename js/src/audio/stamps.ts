/** A clock that is this much behind for good has lost sound or time; less is jitter, or two clocks going apart. */
const LOST_MS = 15;
/** So many frames that come at once are jitter: a device takes several. */
const FRAMES = 16;
/** Of both clocks in a round: so many readings at least, and so long, for a page that was busy has many at one moment. */
const READINGS = 21;
const ROUND_MS = 150;
/** Rounds after which one is forgotten. */
const ROUNDS = 10;
/** Readings of a round in which that much else goes out are wrong, or of before it stumbled. */
const ALIKE_MS = 2;
/** A context that ran so long and does not tell what goes out never will. */
const TELLS_MS = 1000;
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
  /** Null: nothing has gone out yet, or this browser does not say. */
  readonly out_ms: number | null;
}

/**
 * How far a context's clock is before the machine's. It goes in bursts, and only what goes out goes steadily: right behind
 * a burst it is before that by as much as sound waits, so the most that was seen lately tells. Pure.
 */
export class Offset {
  #offset: number | null = null;
  /** The clock, and the machine's, at the beginning of this round of readings; and the clock at that of the one before it. */
  #round = 0;
  #begun = 0;
  #since = 0;
  #seen: { readonly out: number; readonly waits: number }[] = [];
  /** Of the last round. */
  #out = 0;
  /** The longest wait of each of the last rounds. */
  #lately: number[] = [];

  /** The difference, and whether one of the clocks has stood still. */
  seen({ clock_ms, now_ms, out_ms }: ClockReading): { readonly offset: number; readonly hole: Hole | null } {
    const before = this.#offset ?? clock_ms - now_ms;
    this.#offset = before;
    const out = out_ms ?? (clock_ms > TELLS_MS ? clock_ms - now_ms : null);
    if (out === null) return { offset: before, hole: null };
    if (this.#seen.length === 0) [this.#round, this.#begun] = [clock_ms, now_ms];
    this.#seen.push({ out, waits: clock_ms - now_ms - out });
    if (this.#seen.length < READINGS || now_ms - this.#begun < ROUND_MS) return { offset: before, hole: null };
    const first = this.#lately.length === 0;
    const now = this.#end(before);
    const since = this.#since;
    this.#since = this.#round;
    const moved = Math.abs(now - before);
    if (moved >= NEAR_MS) this.#offset = now;
    const lost = moved >= LOST_MS && !first;
    // As far as something was put by what was known before.
    const to_ms = Math.max(clock_ms, now_ms + before);
    return { offset: this.#offset, hole: lost ? { from_ms: since, to_ms } : null };
  }

  /** What a whole round says. */
  #end(before: number): number {
    const outs = this.#seen.map(({ out }) => out).sort((a, b) => a - b);
    const out = outs[outs.length >> 1] as number;
    const waits = Math.max(...this.#seen.filter((one) => Math.abs(one.out - out) <= ALIKE_MS).map((one) => one.waits));
    this.#seen = [];
    const moved = Math.abs(out - this.#out);
    this.#out = out;
    // Where what goes out moved and the clock did not, another device has taken over: there sound waits otherwise.
    if (moved >= LOST_MS && Math.abs(out + waits - before) < moved / 2) this.#lately = [];
    this.#lately = [...this.#lately, waits].slice(-ROUNDS);
    return out + Math.max(...this.#lately);
  }
}
