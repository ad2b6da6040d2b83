import { HISTORY_SECONDS } from "../audio/levels.ts";
import type { Activity } from "./activity.ts";
import type { Logged } from "./log.ts";

/** What the service decided, each with a shape of its own on a grid of 8: colours alone would not tell them apart. */
export const SHAPES = {
  started: "M1 0l6 4-6 4z",
  stopped: "M7 0v8L1 4z",
  ended: "M1 1h6v6H1z",
  interruption: "M4 0l4 4-4 4-4-4z",
  backchannel: "M4 0l4 4-4 4-4-4zM4 2.2L2.2 4 4 5.8 5.8 4z",
  cough: "M4 .4a3.6 3.6 0 1 0 0 7.2 3.6 3.6 0 0 0 0-7.2zM4 2.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6z",
  cancelled: "M1.2.2L4 3 6.8.2l1 1L5 4l2.8 2.8-1 1L4 5 1.2 7.8l-1-1L3 4 .2 1.2z",
} as const;

export type Decision = keyof typeof SHAPES;

/** A decision, and when it came (or which moment it is about), in seconds since the epoch. */
export interface Mark {
  readonly decision: Decision;
  readonly at: number;
}

/** What comes within this of the end of speech says the same. */
const SAME_S = 0.1;

/** Pure: what was decided in the last minute of the events, by when it came; speech stops where it is said to. */
export function decisions(events: readonly Logged[], activity: Pick<Activity, "at">): Mark[] {
  const newest = events.at(-1)?.at ?? 0;
  const marks: Mark[] = [];
  for (const event of events) {
    if (event.at < newest - HISTORY_SECONDS) continue;
    const decision = decided(event);
    if (!decision) continue;
    const at =
      decision === "stopped" ? (activity.at(JSON.parse(event.text).audio_end_ms, event.at) ?? event.at) : event.at;
    const last = marks.at(-1);
    if (decision === "ended" && last?.decision === "stopped" && at - last.at < SAME_S) marks.pop();
    marks.push({ decision, at });
  }
  return marks.sort((a, b) => a.at - b.at);
}

function decided({ type, text }: Logged): Decision | null {
  if (type === "input_audio_buffer.speech_started") return "started";
  if (type === "input_audio_buffer.speech_stopped") return "stopped";
  if (type === "input_audio_buffer.committed") return "ended";
  if (type === "voice_widget.overlap.decided") {
    const { decision } = JSON.parse(text);
    return decision in SHAPES ? decision : null;
  }
  if (type === "response.done" && JSON.parse(text).response?.status === "cancelled") return "cancelled";
  return null;
}
