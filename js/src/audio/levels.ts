import type { Side } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import { VoiceMarks } from "./marks.ts";
import { Tap } from "./tap.ts";

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

/** Both sides of a call in numbers, read on one clock. */
export class Levels {
  readonly lanes: Readonly<Record<Side, Lane>>;
  /** Something was audible in the last reading. */
  lively = false;

  readonly #context: BaseAudioContext;
  readonly #sides = new Map<Side, { tap: Tap; marks: VoiceMarks }>();
  readonly #tell: (side: Side, voiced: boolean, at_ms: number) => void;

  constructor(
    context: BaseAudioContext,
    lanes: Readonly<Record<Side, Lane>>,
    tell: (side: Side, voiced: boolean, at_ms: number) => void,
  ) {
    this.#context = context;
    this.lanes = lanes;
    this.#tell = tell;
  }

  /** Until `scope` ends. A side that is listened to again (a new call) starts anew. */
  listen(side: Side, source: AudioNode, scope: Scope): void {
    const marks = new VoiceMarks({
      sampleRate: this.#context.sampleRate,
      quiet: side === "user" ? 0.008 : 0.003,
      followNoise: side === "user",
    });
    const heard = { tap: new Tap(this.#context, source, scope), marks };
    this.#sides.set(side, heard);
    scope.defer(() => {
      if (this.#sides.get(side) === heard) this.#sides.delete(side);
    });
  }

  voiced(side: Side): boolean {
    return this.#sides.get(side)?.marks.voiced ?? false;
  }

  /** The clock of the marks, in milliseconds. */
  get now(): number {
    return this.#context.currentTime * 1000;
  }

  /** Take what was heard since the last time. To be called at least every second. */
  poll(): void {
    this.lively = false;
    for (const [side, { tap, marks }] of this.#sides) {
      const { samples, start } = tap.read();
      const heard = marks.push(samples, start);
      const lane = this.lanes[side];
      const end = Math.floor(((start + samples.length) / this.#context.sampleRate) * BLOCKS_PER_SECOND);
      advance(lane, heard.levels, end - heard.levels.length);
      this.lively ||= marks.voiced || heard.levels.some((level) => level > 0.003);
      for (const mark of heard.marks) this.#tell(side, mark.voiced, (mark.at / this.#context.sampleRate) * 1000);
    }
  }
}

/** Put `levels` into the lane from block `first` on; what was missed in between was silent as far as we know. */
export function advance(lane: Lane, levels: readonly number[], first: number): void {
  const size = lane.levels.length;
  for (let block = Math.max(lane.newest + 1, first - size); block < first; block++) lane.levels[block % size] = 0;
  for (const [i, level] of levels.entries()) lane.levels[(first + i) % size] = level;
  lane.newest = Math.max(lane.newest, first + levels.length - 1);
}
