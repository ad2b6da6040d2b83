import { expect, test } from "vitest";
import type { Traits } from "../../src/model.gen.ts";
import { clock, codeIn, count, gap, named, originOf, pieces, timeOf } from "../../src/view/format.ts";
import { row } from "./rows.ts";

const line = (more: Parameters<typeof row>[0]) => ({
  row: row(more),
  words: [],
  partial: false,
  results: [],
  tools: [],
});

test.each([
  [0, "0:00"],
  [42.9, "0:42"],
  [61, "1:01"],
  [3725, "1:02:05"],
  [-3, "0:00"],
])("clock of %d s", (seconds, text) => expect(clock(seconds)).toBe(text));

test("gaps in milliseconds, long ones in seconds", () => {
  expect([gap(619.6), gap(999.7), gap(2877), gap(12_345)]).toEqual(["620 ms", "1.0 s", "2.9 s", "12.3 s"]);
});

test("one and many", () => {
  expect([count(1, "turn"), count(0, "turn"), count(2, "turn")]).toEqual(["1 turn", "0 turns", "2 turns"]);
});

test("rows tell the time from where the first call's clock began", () => {
  const first = line({ started_at: "2026-01-01T10:00:05.000Z", start_ms: 3000 });
  const second = line({ started_at: null, arrived_at: "2026-01-01T10:01:02.500Z" });
  const origin = originOf([first, second]);
  expect([timeOf(first, origin), timeOf(second, origin)]).toEqual(["0:03", "1:00"]);
  expect(originOf([])).toBe(0);
});

test("what stands between backticks is code", () => {
  expect(pieces("Run `pip install x` now.")).toEqual([
    { text: "Run ", code: false },
    { text: "pip install x", code: true },
    { text: " now.", code: false },
  ]);
  expect(codeIn("Press Call.")).toBeNull();
  expect(codeIn("`a` or `b`")).toBe("a");
});

test.each([
  ["The rows are in `w.transcript_df`.", "The rows are in `penguins.transcript_df`."],
  [
    "Hang up: w.disconnect(), and look at `w.settings`.",
    "Hang up: penguins.disconnect(), and look at `penguins.settings`.",
  ],
  ["See https://www.w3.org, or wait with a w. Done.", "See https://www.w3.org, or wait with a w. Done."],
])("code says the notebook's own variable: %s", (text, told) => {
  expect(named(text, { variable: "penguins" } as Traits)).toBe(told);
});
