import { BLOCKS_PER_SECOND } from "../audio/levels.ts";
import { BAR_BLOCKS, type LaneView, PITCH, type Rect } from "../view/waveform.ts";
import type { Logged } from "./log.ts";

const STROKE = 2;

/** A stretch of time in seconds since the epoch; without an end it goes on. */
export interface Span {
  readonly from: number;
  readonly to: number | null;
}

/** Pure: when the service took what it heard for speech, by when its decisions came. */
export function speech(events: readonly Logged[]): Span[] {
  const spans: { from: number; to: number | null }[] = [];
  for (const { type, at } of events) {
    const last = spans.at(-1);
    if (type === "input_audio_buffer.speech_started") spans.push({ from: at, to: null });
    else if (type === "input_audio_buffer.speech_stopped" && last?.to === null) last.to = at;
  }
  return spans;
}

/** Pure: where a time stands in a lane, as its bars do. `end` and the time are in seconds since the epoch. */
export function timeline({ width, ratio, end }: LaneView): (time: number) => number {
  const second = (Math.max(2, Math.round(PITCH * ratio)) * BLOCKS_PER_SECOND) / BAR_BLOCKS;
  return (time) => width - (end - time) * second;
}

/** Pure: a line under the bars of a lane for each span. */
export function strokes(spans: readonly Span[], view: LaneView): Rect[] {
  const { width, top, height, ratio } = view;
  const thick = Math.max(1, Math.round(STROKE * ratio));
  const x = timeline(view);
  const at = (time: number) => Math.round(x(time));
  return spans.flatMap(({ from, to }) => {
    const [left, right] = [Math.max(0, at(from)), Math.min(width, to === null ? width : at(to))];
    return right > left ? [{ x: left, y: top + height - thick, width: right - left, height: thick }] : [];
  });
}
