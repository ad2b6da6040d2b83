import type { Side } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import { Clocks, type Ear, earOf, type Heard } from "./ear.ts";
import { VoiceMarks } from "./marks.ts";
import { type Hole, sinceZero } from "./stamps.ts";

/** Blocks per second of a lane's history. */
export const BLOCKS_PER_SECOND = 100;
/** The history that a lane keeps: more than any panel shows. */
export const HISTORY_SECONDS = 60;

/** How loud a side was, in blocks of 10 ms; `newest` is the number of the newest one since the clock's start. */
export interface Lane {
  readonly levels: Float32Array;
  newest: number;
}

export function newLane(): Lane {
  return { levels: new Float32Array(HISTORY_SECONDS * BLOCKS_PER_SECOND), newest: -1 };
}

/** What is told of a side, and of what was missed. */
export interface Told {
  voiced(side: Side, voiced: boolean, at_ms: number): void;
  missed(hole: Hole): void;
}

/** What an ear heard of a side, piece by piece. */
export type Sounded = (side: Side, heard: Heard, ear: Ear) => void;

interface Listening {
  readonly ear: Ear;
  marks: VoiceMarks | null;
  rate: number;
}

/** Both sides of a call in numbers, read on one clock. */
export class Levels {
  readonly lanes: Readonly<Record<Side, Lane>>;
  /** Something was audible in the last reading. */
  lively = false;

  readonly #context: AudioContext;
  readonly #sides = new Map<Side, Listening>();
  readonly #clocks = new Clocks();
  readonly #told: Told;
  readonly #sounded: Sounded;

  constructor(context: AudioContext, lanes: Readonly<Record<Side, Lane>>, told: Told, sounded: Sounded = () => {}) {
    this.#context = context;
    this.lanes = lanes;
    this.#told = told;
    this.#sounded = sounded;
  }

  /**
   * Until `scope` ends. A side that is listened to again (a new call) starts anew, or `goesOn` on another track.
   * `source` and `track` are the same sound.
   */
  listen(side: Side, source: AudioNode, track: MediaStreamTrack | null, scope: Scope, goesOn = false): void {
    const ear = earOf(this.#context, track, source, this.#clocks, scope);
    const before = goesOn ? this.#sides.get(side) : undefined;
    const heard = { ear, marks: before?.marks ?? null, rate: before?.rate ?? 0 };
    this.#sides.set(side, heard);
    scope.defer(() => {
      if (this.#sides.get(side) !== heard) return;
      for (const piece of ear.read().heard) this.#hear(side, heard, piece);
      this.#over(side, heard);
      this.#sides.delete(side);
    });
  }

  voiced(side: Side): boolean {
    return this.#sides.get(side)?.marks?.voiced ?? false;
  }

  /** The clock of the marks, in milliseconds. */
  get now(): number {
    return this.#context.currentTime * 1000;
  }

  /** Take what was heard since the last time. To be called at least every second. */
  poll(): void {
    this.lively = false;
    for (const [side, listening] of this.#sides) {
      const { heard, holes } = listening.ear.read();
      for (const hole of holes) {
        const missed = sinceZero(hole);
        if (missed) this.#told.missed(missed);
      }
      for (const piece of heard) this.#hear(side, listening, piece);
      this.lively ||= listening.marks?.voiced ?? false;
    }
  }

  #hear(side: Side, listening: Listening, heard: Heard): void {
    const { samples, start, rate } = heard;
    this.#sounded(side, heard, listening.ear);
    if (!listening.marks || listening.rate !== rate) {
      this.#over(side, listening);
      const user = side === "user";
      listening.marks = new VoiceMarks({ sampleRate: rate, quiet: user ? 0.008 : 0.003, followNoise: user });
      listening.rate = rate;
    }
    const { levels, marks } = listening.marks.push(samples, start);
    const end = Math.floor(((start + samples.length) / rate) * BLOCKS_PER_SECOND);
    advance(this.lanes[side], levels, end - levels.length);
    this.lively ||= levels.some((level) => level > 0.003);
    for (const mark of marks) this.#told.voiced(side, mark.voiced, Math.max(0, (mark.at / rate) * 1000));
  }

  /** Nothing more comes that goes on: what is heard ends where it was heard last. */
  #over(side: Side, { marks, rate }: Listening): void {
    const over = marks?.end;
    if (over) this.#told.voiced(side, over.voiced, Math.max(0, (over.at / rate) * 1000));
  }
}

/** Put `levels` into the lane from block `first` on; what was missed in between was silent as far as we know. */
export function advance(lane: Lane, levels: readonly number[], first: number): void {
  const size = lane.levels.length;
  for (let block = Math.max(lane.newest + 1, first - size); block < first; block++) lane.levels[block % size] = 0;
  for (const [i, level] of levels.entries()) lane.levels[(first + i) % size] = level;
  lane.newest = Math.max(lane.newest, first + levels.length - 1);
}
