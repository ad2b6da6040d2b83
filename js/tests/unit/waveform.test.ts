import { expect, test } from "vitest";
import { advance, newLane } from "../../src/audio/levels.ts";
import { bars, tallness } from "../../src/view/waveform.ts";

const VIEW = { width: 100, top: 0, height: 40, ratio: 1, end: 1 };

test("silence has no bars", () => {
  const lane = newLane();
  advance(lane, new Array(100).fill(0), 0);
  expect(bars(lane, VIEW)).toEqual([]);
});

test("the newest tenth of a second stands at the right edge, in whole pixels and centred", () => {
  const lane = newLane();
  advance(lane, [...new Array(90).fill(0), ...new Array(10).fill(1)], 0);
  expect(bars(lane, VIEW)).toEqual([{ x: 98, y: 0, width: 2, height: 40 }]);
});

test("a bar moves left with time and keeps its height", () => {
  const lane = newLane();
  advance(lane, [...new Array(90).fill(0), ...new Array(10).fill(0.05), ...new Array(30).fill(0)], 0);
  const [now] = bars(lane, VIEW);
  const [later] = bars(lane, { ...VIEW, end: 1.25 });
  expect(later).toEqual({ ...now, x: 88 });
});

test("twice the pixels make the same picture, twice as fine", () => {
  const lane = newLane();
  advance(lane, new Array(100).fill(1), 0);
  const fine = bars(lane, { ...VIEW, width: 200, height: 80, ratio: 2 });
  expect(fine[0]).toEqual({ x: 196, y: 0, width: 4, height: 80 });
  expect(fine).toHaveLength(bars(lane, VIEW).length);
});

test("what has left the history is not drawn again", () => {
  const lane = newLane();
  advance(lane, [1, 1], 0);
  advance(lane, new Array(10).fill(0), 6000);
  expect(bars(lane, { ...VIEW, end: 60.1 })).toEqual([]);
});

test("blocks that were missed are silent", () => {
  const lane = newLane();
  advance(lane, new Array(10).fill(1), 0);
  advance(lane, new Array(10).fill(1), 20);
  expect([...lane.levels.slice(0, 30)]).toEqual([
    ...new Array(10).fill(1),
    ...new Array(10).fill(0),
    ...new Array(10).fill(1),
  ]);
  expect(lane.newest).toBe(29);
});

test("height follows the level in dB between just audible and loud", () => {
  const db = (value: number) => tallness(10 ** (value / 20));
  expect(tallness(0)).toBe(0);
  expect(db(-48)).toBeCloseTo(0);
  expect(db(-28)).toBeCloseTo(0.5 ** 1.4);
  expect(tallness(1)).toBe(1);
});

test("a bar is as tall as its tenth of a second was loud, not as its loudest moment", () => {
  const lane = newLane();
  advance(lane, [...new Array(90).fill(0), 0.1, ...new Array(9).fill(0)], 0);
  const [short] = bars(lane, VIEW);
  expect(short?.height).toBe(2 * Math.round((tallness(0.1 / Math.sqrt(10)) * 40) / 2));
});
