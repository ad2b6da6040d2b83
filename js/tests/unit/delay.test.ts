import { expect, test, vi } from "vitest";
import { Delay } from "../../src/audio/delay.ts";

const RATE = 24_000;

/** Numbers between -1 and 1, the same ones each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 30 - 1;
  };
}

/** Noise that lasts from one second to another of so many. */
function noise(from: number, to: number, seconds: number, loud = 0.3): Float32Array {
  const next = random(7);
  return Float32Array.from({ length: seconds * RATE }, (_, i) => {
    const value = loud * next();
    return i >= from * RATE && i < to * RATE ? value : 0;
  });
}

interface Case {
  /** By how many samples the node is late; from a sample on it may be another. */
  readonly lag: number | ((sample: number) => number);
  /** How far each of the ear's frames is off, in samples. */
  readonly jitter?: () => number;
  /** What else the node gives. */
  readonly beside?: (sample: number) => number;
  readonly first?: number;
}

/** Both listen to the sound: the ear in frames of 10 ms, the node in pieces of a quarter of a second. */
function listen(sound: Float32Array, { lag, jitter = () => 0, beside = () => 0, first = 48_000 }: Case): Delay {
  const delay = new Delay();
  for (let piece = 0; piece < sound.length; piece += 6000) {
    for (let i = piece; i < piece + 6000; i += 240) {
      delay.hear(
        { samples: sound.slice(i, i + 240), start: first + i + Math.round(jitter()), rate: RATE, before_ms: 0 },
        1,
      );
    }
    const pcm = Int16Array.from({ length: 6000 }, (_, i) => {
      const late = typeof lag === "number" ? lag : lag(piece + i);
      const value = (sound[piece + i - late] ?? 0) + beside(piece + i);
      return Math.round(32_768 * value);
    });
    delay.give(pcm, first + piece);
  }
  return delay;
}

test.each([-700, -240, 0, 1, 333, 1032, 1900])("a node that is %i samples late is found out to the sample", (lag) => {
  expect(listen(noise(0.6, 1.5, 2), { lag }).known).toBe(lag);
});

test("so it is where the sound begins in the middle of a word, and under another one that is quieter", () => {
  expect(listen(noise(0, 2, 2), { lag: 500 }).known).toBe(500);
  const other = random(99);
  expect(listen(noise(0.6, 1.5, 2), { lag: 500, beside: () => 0.1 * other() }).known).toBe(500);
});

test("frames whose stamps are a few milliseconds late or early move it by less than two", () => {
  const next = random(3);
  const delay = listen(noise(0.6, 1.5, 2), { lag: 700, jitter: () => 120 * next() });
  expect(Math.abs((delay.known ?? Number.NaN) - 700)).toBeLessThan(0.002 * RATE);
});

test("silence, too little, another sound, a tone that fits everywhere: not known", () => {
  expect(listen(noise(0, 0, 2), { lag: 500 }).known).toBeNull();
  expect(listen(noise(0.6, 0.8, 0.75), { lag: 500 }).known).toBeNull();
  const other = random(99);
  expect(listen(noise(0.6, 1.5, 2), { lag: 5000, beside: () => 0.3 * other() }).known).toBeNull();
  const tone = Float32Array.from({ length: 2 * RATE }, (_, i) => 0.3 * Math.sin((i * 2 * Math.PI * 400) / RATE));
  expect(listen(tone, { lag: 500 }).known).toBeNull();
});

test("what did not fit is tried again with what comes later", () => {
  const other = random(99);
  const beside = (sample: number) => (sample < RATE ? 2 * other() : 0);
  expect(listen(noise(0.2, 3, 4, 0.1), { lag: 500, beside }).known).toBe(500);
});

test("an ear of another rate, and one that takes the place of another", () => {
  const delay = new Delay();
  const tone = (at: number) => 0.3 * Math.sin(at * at * 4000) * (at > 0.3 ? 1 : 0);
  const strange = random(5);
  delay.hear({ samples: Float32Array.from({ length: 4000 }, strange), start: 0, rate: RATE, before_ms: 0 }, 1);
  for (let i = 0; i < 100; i++) {
    const samples = Float32Array.from({ length: 441 }, (_, at) => tone((441 * i + at) / 44_100));
    delay.hear({ samples, start: 441 * i, rate: 44_100, before_ms: 0 }, 2);
  }
  delay.give(
    Int16Array.from({ length: RATE }, (_, i) => Math.round(32_768 * tone((i - 600) / RATE))),
    0,
  );
  expect(delay.known).toBeCloseTo(600, -1);
});

test("a node that runs dry is later from then on, and that is found out when it is looked at again", () => {
  const sound = noise(0.5, 30, 30);
  const lag = (sample: number) => (sample < 5 * RATE ? 600 : 1100);
  expect(listen(sound.slice(0, 9 * RATE), { lag }).known).toBe(600);
  expect(listen(sound, { lag }).known).toBe(1100);
});

test("a lag that fits only once is not believed", () => {
  const sound = noise(0.5, 30, 30);
  // It is looked at ten seconds after the first time, for a fifth of a second.
  const lag = (sample: number) => (sample > 10.3 * RATE && sample < 10.8 * RATE ? 1100 : 600);
  expect(listen(sound, { lag }).known).toBe(600);
});

test("what is heard at the node itself is not late, from its first sample on", () => {
  const delay = new Delay();
  delay.hear({ samples: new Float32Array(240), start: 0, rate: RATE, before_ms: null }, 1);
  expect([delay.known, delay.hopes]).toEqual([0, false]);
});

/** How often this is laid over the other: each time takes one root. */
function effort(sound: Float32Array, beside?: (sample: number) => number): number {
  const roots = vi.spyOn(Math, "sqrt");
  listen(sound, { lag: 600, ...(beside && { beside }) });
  const count = roots.mock.calls.length;
  roots.mockRestore();
  return count;
}

test("to look at it again and again for a minute, also where nothing fits any more, takes little more than at first", () => {
  const begin = noise(0.5, 4, 4);
  const tone = (i: number) => 0.3 * Math.sin((i * 2 * Math.PI * 400) / RATE);
  const goesOn = Float32Array.from({ length: 60 * RATE }, (_, i) => begin[i] ?? tone(i));
  const other = random(99);
  const once = effort(begin);
  expect(once).toBeGreaterThan(1000);
  expect(effort(goesOn)).toBeLessThan(12 * once);
  expect(effort(goesOn, (sample) => (sample > 5 * RATE ? 4 * other() : 0))).toBeLessThan(12 * once);
});

test("what comes while the node gives nothing, however long, is not kept, and does no harm", () => {
  const delay = new Delay();
  const piece = { samples: new Float32Array(2), rate: RATE, before_ms: 0 };
  for (let i = 0; i < 200_000; i++) delay.hear({ ...piece, start: 2 * i }, 1);
  delay.give(new Int16Array(6000), 0);
  expect(delay.known).toBeNull();
});
