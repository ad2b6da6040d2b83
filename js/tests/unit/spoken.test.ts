import { expect, test } from "vitest";
import type { Turn } from "../../src/replay/given.ts";
import { said } from "../../src/replay/spoken.ts";

const turn = (pieces: Turn["pieces"], start_ms: number | null, end_ms: number | null, role: Turn["role"] = "user") =>
  ({ seq: 1, role, pieces, start_ms, end_ms }) as Turn;

const TURNS = [
  turn(
    [
      ["Yes, ", 1000, 1400],
      [" ", null, null],
      ["please.", 1400, 2000],
    ],
    1000,
    2000,
  ),
  turn([["Without times of its words", null, null]], 3000, 4000, "assistant"),
  turn([["typed", null, null]], null, null),
  turn([["a note", null, null]], 1000, 2000, "system"),
];

test("word by word where there is room, and a turn whose words have no times as a whole", () => {
  expect(said(TURNS, 0, 5000, 100).map(({ text, role, start_ms, end_ms }) => [text, role, start_ms, end_ms])).toEqual([
    ["Yes,", "user", 1000, 1400],
    ["please.", "user", 1400, 2000],
    ["Without times of its words", "assistant", 3000, 4000],
  ]);
});

test("turn by turn from farther away, and nothing that has no room to be read", () => {
  expect(said(TURNS, 0, 5000, 50).map(({ text }) => text)).toEqual(["Yes,  please.", "Without times of its words"]);
  expect(said(TURNS, 0, 5000, 10)).toEqual([]);
});

test("only what is in sight", () => {
  expect(said(TURNS, 1400, 3000, 100).map(({ text }) => text)).toEqual(["please."]);
  expect(said(TURNS, 2000, 3000, 100)).toEqual([]);
});
