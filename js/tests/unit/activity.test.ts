import { expect, test } from "vitest";
import { Activity, height, lines } from "../../src/inspector/activity.ts";
import { decisions } from "../../src/inspector/decisions.ts";
import { thresholdOf } from "../../src/inspector/legend.ts";
import type { Logged } from "../../src/inspector/log.ts";
import { places } from "../../src/inspector/paint.ts";
import type { VoiceActivityPiece } from "../../src/model.gen.ts";

// 40 CSS pixels a second, at two device pixels each: the lane goes 5 s back.
const VIEW = { width: 400, top: 10, height: 40, ratio: 2, end: 100 };

function piece(at: number, probabilities: number[], more: Partial<VoiceActivityPiece> = {}): VoiceActivityPiece {
  return { at, audio_start_ms: (at - 90) * 1000, step_ms: 100, probabilities, ...more };
}

function event(at: number, type: string, fields: object = {}): Logged {
  const text = JSON.stringify({ type, ...fields });
  const head = { direction: "received", call_id: "rtc_1", items: [], summary: "", failed: false } as const;
  return { number: at, at, type, text, ...head };
}

/** With pieces from 90 on, whose clock began then. */
function heard(...pieces: VoiceActivityPiece[]): Activity {
  const activity = new Activity();
  activity.take({ next: pieces.length, pieces });
  return activity;
}

const short = (events: readonly Logged[], activity = new Activity()) =>
  decisions(events, activity).map(({ decision, at }) => [decision, at]);

test("a probability stands as high as it is likely", () => {
  expect([0, 0.25, 1].map((one) => height(one, VIEW))).toEqual([50, 40, 10]);
});

test("each value stands in the middle of its step, on the lane's own time", () => {
  const found = lines([piece(99, [0, 0.5, 1])], VIEW);
  expect(found.map((line) => line.map(([x, y]) => [Math.round(x), y]))).toEqual([
    [
      [324, 50],
      [332, 30],
      [340, 10],
    ],
  ]);
});

test("pieces that follow one another are one line, and a gap is none", () => {
  const pieces = [piece(98, [0, 0]), piece(98.23, [1, 1]), piece(99, [0])];
  expect(lines(pieces, VIEW).map((line) => line.length)).toEqual([4, 1]);
});

test("what has left the lane is not drawn", () => {
  expect(lines([piece(80, [1, 1]), piece(99, [1])], VIEW).map((line) => line.length)).toEqual([1]);
});

test("only what the lanes can show is kept, and the next piece is asked for", () => {
  const activity = heard(piece(30, [0.1]), piece(99, [0.2, 0.3]));
  expect([activity.pieces.length, activity.next, activity.now]).toEqual([1, 2, 0.3]);
  expect(activity.take({ next: 2, pieces: [] })).toBe(false);
  expect([activity.pieces.length, activity.told]).toEqual([1, true]);
});

test("a service that tells none has none", () => {
  const activity = new Activity();
  expect(activity.told).toBeNull();
  expect(activity.take(null)).toBe(false);
  expect([activity.told, activity.now]).toEqual([false, null]);
});

test("what was decided is marked by when that came; where speech stopped by its samples", () => {
  const events = [
    event(95.1, "input_audio_buffer.speech_started", { audio_start_ms: 4700 }),
    event(97.5, "input_audio_buffer.speech_stopped", { audio_end_ms: 7000 }),
    event(97.51, "input_audio_buffer.committed"),
    event(98, "response.done", { response: { status: "completed" } }),
  ];
  expect(short(events, heard(piece(90, [0])))).toEqual([
    ["started", 95.1],
    ["stopped", 97],
    ["ended", 97.51],
  ]);
});

test("where the samples' times are not known the end of speech and of the turn are one", () => {
  const events = [
    event(95, "input_audio_buffer.speech_started"),
    event(97.5, "input_audio_buffer.speech_stopped", { audio_end_ms: 7000 }),
    event(97.51, "input_audio_buffer.committed"),
  ];
  expect(short(events)).toEqual([
    ["started", 95],
    ["ended", 97.51],
  ]);
  // The clock of the call before says nothing of this one.
  expect(short(events, heard(piece(50, [0], { audio_start_ms: 900_000 })))).toHaveLength(2);
});

test.each(["interruption", "backchannel", "cough"])("a sound over the answer was taken for: %s", (decision) => {
  const events = [
    event(96, "voice_widget.overlap.decided", { decision, reason: "words" }),
    event(97, "response.done", { response: { status: "cancelled" } }),
  ];
  expect(short(events)).toEqual([
    [decision, 96],
    ["cancelled", 97],
  ]);
});

test("what this page does not know yet, and what is long gone, is not marked", () => {
  const events = [
    event(30, "input_audio_buffer.speech_started"),
    event(99, "voice_widget.overlap.decided", { decision: "sneeze" }),
    event(99, "response.done", {}),
  ];
  expect(short(events)).toEqual([]);
});

test("marks that would hide one another stand under each other, and those out of sight nowhere", () => {
  const marks = [
    { decision: "started", at: 50 },
    { decision: "interruption", at: 98 },
    { decision: "cancelled", at: 98.02 },
    { decision: "ended", at: 99 },
    { decision: "started", at: 101 },
  ] as const;
  expect(places(marks, VIEW)).toEqual([
    { decision: "interruption", x: 240, y: 10 },
    { decision: "cancelled", x: 242, y: 26 },
    { decision: "ended", x: 320, y: 10 },
  ]);
});

test("the threshold is what is set, or what is usual; by hand there is none", () => {
  const of = [{ type: "server_vad", threshold: 0.7 }, { type: "server_vad" }, { type: "semantic_vad" }, null];
  expect(of.map((turns) => thresholdOf(turns))).toEqual([0.7, 0.5, 0.5, null]);
});
