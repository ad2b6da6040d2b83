import { expect, test } from "vitest";
import { moved } from "../../src/replay/drag.ts";

const SPAN = { start_ms: 2000, end_ms: 3000 };
const to = (start: number, end: number, most = 8000) => Object.values(moved(SPAN, start, end, most));

test("an edge, or both, are moved by so much, in whole milliseconds", () => {
  expect(to(-99.6, 0)).toEqual([1900, 3000]);
  expect(to(0, 10)).toEqual([2000, 3010]);
  expect(to(250, 250)).toEqual([2250, 3250]);
});

test("a stretch stays within the talk, and as long as it was where all of it is moved", () => {
  expect(to(-5000, 0)).toEqual([0, 3000]);
  expect(to(0, 9000)).toEqual([2000, 8000]);
  expect(to(-5000, -5000)).toEqual([0, 1000]);
  expect(to(9000, 9000)).toEqual([7000, 8000]);
});

test("an edge does not go over the other", () => {
  expect(to(4000, 0)).toEqual([2990, 3000]);
  expect(to(0, -4000)).toEqual([2000, 2010]);
});

test("what is shorter already may only grow", () => {
  expect(moved({ start_ms: 10, end_ms: 11 }, -5, 0, 8000)).toEqual({ start_ms: 5, end_ms: 11 });
  expect(moved({ start_ms: 10, end_ms: 11 }, 5, 0, 8000)).toEqual({ start_ms: 10, end_ms: 11 });
});
