import { expect, test } from "vitest";
import { Resampler } from "../../src/audio/resample.ts";

function tone(hertz: number, rate: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate));
}

/** The loudest difference, apart from the beginning, in dB below full scale. */
function worst(one: Float32Array, other: Float32Array): number {
  let most = 0;
  for (let i = 100; i < one.length; i++) most = Math.max(most, Math.abs((one[i] as number) - (other[i] as number)));
  return 20 * Math.log10(most);
}

const RATES = [
  [48_000, 24_000],
  [44_100, 24_000],
  [16_000, 24_000],
  [24_000, 48_000],
  [24_000, 44_100],
  [24_000, 24_000],
] as const;

test.each(RATES)("%i → %i Hz: a voice stays what it was, at its time", (from, to) => {
  for (const hertz of [100, 1000, 6000]) {
    const out = new Resampler(from, to).push(tone(hertz, from, from));
    expect(worst(out, tone(hertz, to, out.length)), `${hertz} Hz`).toBeLessThan(-60);
    // All but the last bit, which waits for what comes after it.
    expect(Math.abs(out.length - to)).toBeLessThan(to / 500);
  }
});

test.each(RATES)("%i → %i Hz: pieces of any length give what the whole gives", (from, to) => {
  const input = tone(440, from, 20_000);
  const whole = new Resampler(from, to).push(input);
  const resampler = new Resampler(from, to);
  const parts: number[] = [];
  for (let at = 0, i = 0; at < input.length; i++) {
    const length = [0, 1, 7, 960, 3001][i % 5] as number;
    parts.push(...resampler.push(input.subarray(at, at + length)));
    at += length;
  }
  expect(Float32Array.from(parts)).toEqual(whole);
});

test("what the lower rate cannot carry is not folded back", () => {
  const out = new Resampler(48_000, 24_000).push(tone(15_000, 48_000, 48_000));
  expect(worst(out, new Float32Array(out.length))).toBeLessThan(-60);
});
