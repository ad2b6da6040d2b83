import { describe, expect, test } from "vitest";
import { Clocks } from "../../src/audio/ear.ts";
import { type ClockReading, Offset, Origin, Stamps, sinceZero } from "../../src/audio/stamps.ts";

/** Frames of 10 ms that are stamped so much late; where they were placed, less where they were. */
function placed(late: readonly number[], begin = 1000): { off: number[]; holes: number } {
  const stamps = new Stamps();
  let holes = 0;
  const off = late.map((ms, i) => {
    const { at_ms, hole } = stamps.place(begin + 10 * i + ms, 10);
    if (hole) holes += 1;
    return at_ms - begin - 10 * i;
  });
  return { off, holes };
}

describe("stamps", () => {
  test("that come four at a time lie in a row", () => {
    const { off, holes } = placed(Array.from({ length: 200 }, (_, i) => 30 - 10 * (i % 4)));
    expect(Math.max(...off.slice(4))).toBe(0);
    expect(holes).toBe(0);
  });

  test("that jitter lie where the earliest put them", () => {
    const { off, holes } = placed(Array.from({ length: 500 }, (_, i) => (i * 7919) % 13));
    expect(Math.max(...off.slice(50))).toBeLessThanOrEqual(2);
    expect(holes).toBe(0);
  });

  test("that are late for good tell of a hole, and lie where they are", () => {
    const { off, holes } = placed(Array.from({ length: 200 }, (_, i) => (i < 100 ? 0 : 80)));
    expect(off.slice(0, 100)).toEqual(new Array(100).fill(0));
    expect(off.slice(120)).toEqual(new Array(80).fill(80));
    expect(holes).toBe(1);
  });

  test("of a clock that goes a little slower are followed, and nothing is lost", () => {
    const { off, holes } = placed(Array.from({ length: 5000 }, (_, i) => i * 0.002));
    expect(Math.abs((off.at(-1) as number) - 10)).toBeLessThan(1);
    expect(holes).toBe(0);
  });
});

describe("two clocks", () => {
  test("jitter, and one of them stands still", () => {
    const offset = new Offset();
    const seen = Array.from({ length: 210 }, (_, i) => {
      const now = 10 * i;
      const out_ms = 470 - (i < 105 ? 0 : 300);
      return offset.seen({ clock_ms: now + 38 + out_ms - ((i * 31) % 9), now_ms: now, out_ms });
    });
    expect(seen[40]?.offset).toBeGreaterThanOrEqual(500);
    expect(seen[40]?.offset).toBeLessThan(509);
    expect(seen.filter(({ hole }) => hole).length).toBe(1);
    expect(seen.at(-1)?.offset).toBeLessThan(209);
    const { from_ms, to_ms } = seen.find(({ hole }) => hole)?.hole ?? { from_ms: 0, to_ms: 0 };
    expect(from_ms).toBeLessThan(1050 + 500);
    expect(to_ms).toBeGreaterThan(1050 + 200);
  });

  test("a context that goes in bursts is before the machine as it is right behind one, and is followed where it gains", () => {
    const offset = new Offset();
    // It has given up to 10 ms more than goes out in 40.
    const seen = Array.from({ length: 840 }, (_, i) => {
      const now_ms = 7 * i;
      const out_ms = i < 420 ? -142 : -133;
      return offset.seen({ clock_ms: now_ms + out_ms + 40 - (now_ms % 10), now_ms, out_ms });
    });
    expect(seen[410]?.offset).toBe(-102);
    expect(seen[440]?.offset).toBe(-93);
    expect(seen.some(({ hole }) => hole)).toBe(false);
  });

  test("nothing is told of them before sound goes out", () => {
    const offset = new Offset();
    for (let i = 0; i < 100; i++) expect(offset.seen({ clock_ms: 0, now_ms: 10 * i, out_ms: null }).hole).toBeNull();
  });

  /** A context whose sound goes out 40 ms late, in bursts of 10 ms, in readings 5 ms apart; what `change` says is otherwise. */
  function read(change: (i: number) => Partial<ClockReading> & { readonly waits?: number; readonly wrong?: number }) {
    const offset = new Offset();
    return Array.from({ length: 1200 }, (_, i) => {
      const { waits = 40, wrong = 0, now_ms = 5 * i, ...more } = change(i);
      return offset.seen({ clock_ms: now_ms - (now_ms % 10), now_ms, out_ms: wrong - waits, ...more });
    });
  }

  test.each([
    [40, 140],
    [140, 40],
  ])("sound that waits another time, %i and then %i ms, moves nothing, whenever it begins", (waits, then) => {
    for (let from = 600; from < 640; from++) {
      const seen = read((i) => ({ waits: i < from ? waits : then }));
      expect(seen.filter(({ hole }) => hole)).toEqual([]);
      expect(Math.max(...seen.map(({ offset }) => Math.abs(offset)))).toBeLessThan(1);
    }
  });

  test("single readings that are wrong move nothing", () => {
    const seen = read((i) => ({ wrong: i % 100 === 50 ? -25 : 0 }));
    expect(seen.filter(({ hole }) => hole)).toEqual([]);
    expect(Math.max(...seen.map(({ offset }) => Math.abs(offset)))).toBeLessThan(1);
  });

  test("a page that was busy has many readings at one moment, which count no more than others", () => {
    const seen = read((i) => ({ now_ms: i < 300 ? 5 * i : i < 900 ? 4507.9 + 0.001 * i : 5 * i + 9 }));
    expect(Math.max(...seen.map(({ offset }) => Math.abs(offset)))).toBeLessThan(1);
  });

  test("a browser that does not say what goes out: that its context stood still is told all the same", () => {
    const seen = read((i) => ({ clock_ms: 5 * i - (i < 800 ? 0 : 300), out_ms: null }));
    expect(seen.filter(({ hole }) => hole).length).toBe(1);
    expect(seen.at(-1)?.offset).toBe(-300);
  });

  test("a browser that has no output time stamps is read too", () => {
    expect(new Clocks().read({ currentTime: 2 } as AudioContext).hole).toBeNull();
  });

  test("wherever something was put while a context stood still lies in a hole", () => {
    const stands = (i: number) => Math.min(Math.max(i, 400), 1000);
    const seen = read((i) => ({ clock_ms: 5 * i - 5 * (stands(i) - 400), out_ms: -40 - 5 * (i < 1000 ? 0 : 600) }));
    const holes = seen.flatMap(({ hole }) => hole ?? []);
    // What is put where it was, to some milliseconds, needs none.
    for (let i = 410; i < 1000; i++) {
      const at = 5 * i + (seen[i]?.offset ?? 0);
      expect(holes.some(({ from_ms, to_ms }) => from_ms <= at && at <= to_ms)).toBe(true);
    }
    expect(seen.at(-1)?.offset).toBe(-3000);
  });

  test("the one of the stamps is where the least delayed frame puts it", () => {
    const origin = new Origin();
    for (const delay of [9, 4, 12]) origin.seen(100 + delay, 50);
    expect(origin.seen(200, 130)).toBe(54);
  });
});

describe("a hole", () => {
  test("is told from the clock's zero on", () => {
    expect(sinceZero({ from_ms: -3.4, to_ms: 20 })).toEqual({ from_ms: 0, to_ms: 20 });
    expect(sinceZero({ from_ms: 5, to_ms: 20 })).toEqual({ from_ms: 5, to_ms: 20 });
    expect(sinceZero({ from_ms: -30, to_ms: 0 })).toBeNull();
  });
});
