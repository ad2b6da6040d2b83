import { HISTORY_SECONDS } from "../audio/levels.ts";
import type { VoiceActivity, VoiceActivityPiece } from "../model.gen.ts";
import type { LaneView } from "../view/waveform.ts";
import { timeline } from "./speech.ts";

/** A point of the lane, in device pixels. */
export type Point = readonly [number, number];

/** How likely the service's detector found speech lately; `told` is null where it does not tell. */
export class Activity {
  next = 0;
  told: boolean | null = null;
  #pieces: VoiceActivityPiece[] = [];

  get pieces(): readonly VoiceActivityPiece[] {
    return this.#pieces;
  }

  /** The last value. */
  get now(): number | null {
    return this.#pieces.at(-1)?.probabilities.at(-1) ?? null;
  }

  /** True: there is more of it. */
  take(activity: VoiceActivity | null): boolean {
    this.told = activity !== null;
    if (!activity) return false;
    this.next = activity.next;
    const oldest = (activity.pieces.at(-1)?.at ?? 0) - HISTORY_SECONDS;
    this.#pieces = [...this.#pieces, ...activity.pieces].filter(({ at }) => at >= oldest);
    return activity.pieces.length > 0;
  }

  /** When this moment of the caller's sound was, if that is known of the call that was heard at `arrived`. */
  at(audio_ms: unknown, arrived: number): number | null {
    const piece = this.#pieces.findLast(({ at }) => at <= arrived);
    if (!piece || typeof audio_ms !== "number") return null;
    const at = piece.at + (audio_ms - piece.audio_start_ms) / 1000;
    // Another call's clock would say something else altogether.
    return at <= arrived && at > arrived - HISTORY_SECONDS / 2 ? at : null;
  }
}

/** Pure: how high a probability stands in a lane. */
export function height(probability: number, view: LaneView): number {
  return view.top + view.height * (1 - probability);
}

/** Pure: the line of the probability, a new one behind each gap. Each value stands in the middle of its step. */
export function lines(pieces: readonly VoiceActivityPiece[], view: LaneView): Point[][] {
  const x = timeline(view);
  const found: Point[][] = [];
  let due = Number.NaN;
  for (const { at, step_ms, probabilities } of pieces) {
    const step = step_ms / 1000;
    const end = at + probabilities.length * step;
    // What a piece is placed by gets better with each: a step's difference is no gap.
    if (!(Math.abs(at - due) < 2 * step + 0.05)) found.push([]);
    due = end;
    const line = found.at(-1);
    if (!line || x(end) < 0) continue;
    for (const [i, probability] of probabilities.entries()) {
      line.push([x(at + (i + 0.5) * step), height(probability, view)]);
    }
  }
  return found.filter((line) => line.length > 0);
}
