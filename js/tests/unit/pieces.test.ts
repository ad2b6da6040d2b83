import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Part, Piece } from "../../src/audio/recorder.ts";
import { KEPT, LONGEST_PROBE_MS, Pieces, PROBE_MS, WINDOW } from "../../src/calls/pieces.ts";
import type { RecordingPieceMessage } from "../../src/model.gen.ts";
import { Scope } from "../../src/scope.ts";

type Sent = Pick<RecordingPieceMessage, "number" | "call" | "now" | "parts" | "last" | "microphone">;

let scope: Scope;
let sent: Sent[];
let buffers: ArrayBuffer[][];
let pieces: Pieces;

beforeEach(() => {
  vi.useFakeTimers();
  scope = new Scope();
  sent = [];
  buffers = [];
  const send = (message: unknown, beside: ArrayBuffer[] = []) => {
    sent.push(message as Sent);
    buffers.push(beside);
  };
  pieces = new Pieces({ send, page: "page_1" } as never, { app: "", browser: "a browser" }, scope);
});

afterEach(() => {
  scope.close();
  vi.useRealTimers();
});

/** The number-th piece: 4 samples of each side, the user's loud and the assistant's silent. */
function piece(number: number, more: Partial<Piece> = {}): Piece {
  const start = 4 * number;
  return {
    clock: "clock_1",
    zero: performance.now() - 1000,
    parts: [
      { side: "user", start, pcm: Int16Array.of(1, 2, 3, number), holes: [], alignment: "aligned" },
      { side: "assistant", start, pcm: new Int16Array(4), holes: [], alignment: "aligned" },
    ],
    last: false,
    microphone: null,
    ...more,
  };
}

function add(count: number): void {
  for (let i = 0; i < count; i++) pieces.add(piece(i), 7);
}

function kept(number: number, again = false): void {
  pieces.take({ type: "recording.kept", seq: 1, page: "page_1", number, again });
}

const numbers = () => sent.map((message) => message.number);
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

test("a piece goes at once, silence without its zeros, and says when it is on its clock", () => {
  pieces.add(piece(1, { microphone: { autoGainControl: false } }), 7);
  const part = { start: 4, samples: 4, holes: [], alignment: "aligned" };
  expect(sent[0]).toEqual({
    type: "recording.piece",
    number: 1,
    call: 7,
    clock: "clock_1",
    now: 24_000,
    parts: [
      { side: "user", ...part },
      { side: "assistant", ...part },
    ],
    last: false,
    microphone: { autoGainControl: false },
    front_end: { app: "", browser: "a browser" },
  });
  expect(buffers[0]?.map((buffer) => [...new Int16Array(buffer)])).toEqual([[1, 2, 3, 1], []]);
});

test("behind a kernel that says nothing no more than a window is under way, and all of it comes in order", () => {
  add(100);
  expect(numbers()).toEqual(from(1, WINDOW));
  kept(WINDOW);
  expect(numbers()).toEqual(from(1, 2 * WINDOW));
  kept(WINDOW + 5);
  expect(numbers()).toEqual(from(1, 2 * WINDOW + 5));
  kept(2 * WINDOW + 5);
  kept(100);
  expect(numbers()).toEqual(from(1, 100));
  expect(pieces.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("what was lost on the way is sent again, and nothing else", () => {
  add(10);
  kept(4);
  sent.length = 0;
  kept(6, true);
  expect(numbers()).toEqual(from(7, 10));
  kept(10);
  expect(pieces.size).toBe(0);
});

test("without a word of the kernel only the newest goes again, ever more seldom", () => {
  add(3);
  sent.length = 0;
  vi.advanceTimersByTime(PROBE_MS);
  expect(numbers()).toEqual([3]);
  vi.advanceTimersByTime(2 * PROBE_MS);
  expect(numbers()).toEqual([3, 3]);
  vi.advanceTimersByTime(20 * 60_000);
  expect(sent.length).toBeLessThan(5 + (20 * 60_000) / LONGEST_PROBE_MS);
  sent.length = 0;
  // It was lost, and so was what was before it: the kernel asks for all of it.
  kept(0, true);
  expect(numbers()).toEqual([1, 2, 3]);
  kept(3);
  pieces.add(piece(4), 7);
  sent.length = 0;
  vi.advanceTimersByTime(PROBE_MS);
  expect(numbers()).toEqual([4]);
});

test("of more than is kept the oldest goes, and the next piece says what is missing", () => {
  const late = { start: 160, samples: 1, reason: "late" as const };
  pieces.add(piece(0), 7);
  for (let i = 1; i < WINDOW + KEPT + 3; i++) {
    const holes = i === WINDOW + 1 ? [late] : [];
    const [user, assistant] = piece(i).parts;
    const microphone = i === WINDOW ? { autoGainControl: true } : null;
    pieces.add(piece(i, { microphone, parts: [{ ...(user as Part), holes }, assistant as Part] }), 7);
  }
  expect(pieces.size).toBe(WINDOW + KEPT);
  kept(WINDOW);
  const first = sent[WINDOW];
  // Numbers have no holes, samples have.
  expect(first?.number).toBe(WINDOW + 1);
  expect(first?.microphone).toEqual({ autoGainControl: true });
  const dropped = (start: number, samples: number) => ({ start, samples, reason: "dropped" });
  expect(first?.parts.map(({ side, start, holes }) => [side, start, holes])).toEqual([
    ["user", 4 * (WINDOW + 3), [dropped(4 * WINDOW, 4), late, dropped(4 * (WINDOW + 1), 8)]],
    ["assistant", 4 * (WINDOW + 3), [dropped(4 * WINDOW, 12)]],
  ]);
});

test("of what comes again nothing is missing when it goes", () => {
  const waits = (i: number) => piece(i).parts.map((part) => ({ ...part, alignment: "pending" as const }));
  for (let i = 0; i < WINDOW + KEPT + 2; i++)
    pieces.add(piece(i, i === WINDOW || i === WINDOW + 2 ? { parts: waits(i) } : {}), 7);
  kept(WINDOW);
  const [first, second] = sent.slice(WINDOW);
  expect(first?.parts.map(({ alignment, holes }) => [alignment, holes])).toEqual([
    ["pending", []],
    ["pending", []],
  ]);
  const dropped = [{ start: 4 * (WINDOW + 1), samples: 4, reason: "dropped" }];
  expect(second?.parts.map(({ holes }) => holes)).toEqual([dropped, dropped]);
});

test("nothing is kept for a kernel that is gone", () => {
  add(60);
  pieces.clear();
  expect(pieces.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
