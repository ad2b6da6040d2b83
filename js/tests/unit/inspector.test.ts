import { expect, test } from "vitest";
import { EventLog, type Logged, MOST } from "../../src/inspector/log.ts";
import { type Filter, inSight, type Row, rowsOf } from "../../src/inspector/rows.ts";
import { speech, strokes } from "../../src/inspector/speech.ts";
import type { EventsMessage } from "../../src/model.gen.ts";
import { precise } from "../../src/view/format.ts";

const ALL: Filter = { kind: "", search: "", item: "" };
const NONE = new Set<number>();

function event(number: number, type: string, more: Partial<Logged> = {}): Logged {
  const text = JSON.stringify({ type, n: number });
  return {
    number,
    at: number,
    direction: "received",
    type,
    call_id: "rtc_1",
    items: [],
    summary: "",
    failed: false,
    text,
    ...more,
  };
}

/** What the kernel tells: events of these types from `first` on. */
function told(first: number, types: readonly string[], more: Partial<EventsMessage> = {}): EventsMessage {
  const lines = types.flatMap((type, i) => [
    JSON.stringify([first + i, "received", type, "rtc_1", [], "", false]),
    JSON.stringify({ type }),
  ]);
  const next = first + types.length;
  const at = { edition: 0, first, next, total: next, voice_activity: null, ...more };
  return { type: "events", seq: 1, request_id: "req", lines: lines.join("\n"), ...at };
}

function inShort(rows: readonly Row[]): string[] {
  return rows.map(({ events, inside }) => `${inside ? "  " : ""}${events[0].type} × ${events.length}`);
}

const DELTAS = ["audio", "text", "audio", "text", "audio"].map((what, i) =>
  event(i, `response.${what}.delta`, { items: ["a"] }),
);

test("deltas of one text are one row, however others stand between them", () => {
  expect(inShort(rowsOf(DELTAS, ALL, NONE))).toEqual(["response.audio.delta × 3", "response.text.delta × 2"]);
});

test("a run ends with another event of its turn, and no other turn's", () => {
  const events = [
    ...DELTAS,
    event(5, "input_audio_buffer.speech_started", { items: ["b"] }),
    event(6, "response.text.delta", { items: ["a"] }),
    event(7, "response.text.done", { items: ["a"] }),
    event(8, "response.text.delta", { items: ["a"] }),
    event(9, "response.text.delta", { items: ["c"] }),
  ];
  expect(inShort(rowsOf(events, ALL, NONE))).toEqual([
    "response.audio.delta × 3",
    "response.text.delta × 3",
    "input_audio_buffer.speech_started × 1",
    "response.text.done × 1",
    "response.text.delta × 1",
    "response.text.delta × 1",
  ]);
});

test("an unfolded run is followed by its events, and no two rows have one name", () => {
  const rows = rowsOf(DELTAS, ALL, new Set([1]));
  expect(inShort(rows)).toEqual([
    "response.audio.delta × 3",
    "response.text.delta × 2",
    "  response.text.delta × 1",
    "  response.text.delta × 1",
  ]);
  expect(new Set(rows.map((row) => row.key)).size).toBe(4);
  expect(rows.map((row) => row.place)).toEqual([
    [1, 2],
    [2, 2],
    [1, 2],
    [2, 2],
  ]);
});

test.each<[string, Partial<Filter>, number[]]>([
  ["all", {}, [0, 1, 2, 3, 4]],
  ["a direction", { kind: "sent" }, [1]],
  ["errors", { kind: "failed" }, [3, 4]],
  ["a kind", { kind: "response" }, [1, 2, 4]],
  ["not what merely begins so", { kind: "resp" }, []],
  ["a turn", { item: "a" }, [2]],
  ["words in the event, in any case", { search: "ODD (x" }, [3]],
  ["the type", { search: "response." }, [1, 2, 4]],
  ["all that is wanted at once", { kind: "response", search: "done" }, [2, 4]],
])("filter: %s", (_, filter, numbers) => {
  const events = [
    event(0, "session.created"),
    event(1, "response.create", { direction: "sent" }),
    event(2, "response.done", { items: ["a", "b"] }),
    event(3, "error", { failed: true, text: '{"message": "an odd (x) thing"}' }),
    event(4, "response.done", { failed: true }),
  ];
  const rows = rowsOf(events, { ...ALL, ...filter }, NONE);
  expect(rows.map((row) => row.events[0].number)).toEqual(numbers);
});

test.each([
  ["the beginning", 20_000, 0, [0, 14]],
  ["the middle", 20_000, 2400, [96, 114]],
  ["the end", 20_000, 479_760, [19_986, 20_000]],
  ["a short list", 3, 0, [0, 3]],
  ["scrolled further than there is", 3, 2400, [3, 3]],
  ["none", 0, 0, [0, 0]],
])("in sight: %s", (_, count, top, rows) => {
  expect(inSight(count, top, 240, 24)).toEqual(rows);
});

test("what the kernel tells comes to stand in its order, from the beginning of its call on", () => {
  const log = new EventLog();
  expect(log.take(told(0, ["session.created", "response.create"], { total: 3 }))).toBe(true);
  expect([log.next, log.behind]).toEqual([2, true]);
  log.take(told(2, ["response.done"]));
  expect([log.next, log.behind, log.leftOut]).toEqual([3, false, 0]);
  expect(log.events.map((one) => [one.number, one.type, log.since(one)])).toEqual([
    [0, "session.created", 0],
    [1, "response.create", 1],
    [2, "response.done", 2],
  ]);
  expect(log.kinds).toEqual(["response", "session"]);
});

test("an answer that comes twice is taken once", () => {
  const log = new EventLog();
  log.take(told(0, ["a", "b"]));
  expect(log.take(told(0, ["a", "b"]))).toBe(false);
  expect(log.events).toHaveLength(2);
});

test("events that have become others replace all", () => {
  const log = new EventLog();
  log.take(told(0, ["a", "b"]));
  log.take(told(0, ["c"], { edition: 1, total: 2 }));
  expect([log.events.map((one) => one.type), log.edition, log.kinds]).toEqual([["c"], 1, ["c"]]);
});

test("a page keeps no more than it can show, and says how many went before", () => {
  const log = new EventLog();
  log.take(told(500, new Array<string>(MOST).fill("a")));
  log.take(told(500 + MOST, new Array<string>(30).fill("b")));
  expect([log.events.length, log.leftOut]).toEqual([MOST, 530]);
});

test("when the service heard speech is a line under the lane, as far as the lane goes back", () => {
  const spans = speech([
    event(1, "input_audio_buffer.speech_started", { at: 90 }),
    event(2, "input_audio_buffer.speech_stopped", { at: 91 }),
    event(3, "input_audio_buffer.speech_stopped", { at: 92 }),
    event(4, "input_audio_buffer.speech_started", { at: 98 }),
    event(5, "input_audio_buffer.speech_stopped", { at: 99 }),
    event(6, "input_audio_buffer.speech_started", { at: 99.5 }),
  ]);
  expect(spans).toEqual([
    { from: 90, to: 91 },
    { from: 98, to: 99 },
    { from: 99.5, to: null },
  ]);
  // 40 CSS pixels a second: the lane goes 5 s back.
  expect(strokes(spans, { width: 400, top: 3, height: 34, ratio: 2, end: 100 })).toEqual([
    { x: 240, y: 33, width: 80, height: 4 },
    { x: 360, y: 33, width: 40, height: 4 },
  ]);
});

test.each([
  [0, "0:00.000"],
  [3.2104, "0:03.210"],
  [59.9996, "1:00.000"],
  [3661.5, "1:01:01.500"],
  [-1, "0:00.000"],
])("%s s are %s", (seconds, text) => {
  expect(precise(seconds)).toBe(text);
});
