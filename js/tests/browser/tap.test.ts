import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Tap } from "../../src/audio/tap.ts";
import { Scope } from "../../src/scope.ts";

let context: AudioContext;
let scope: Scope;

beforeEach(() => {
  context = new AudioContext({ sampleRate: 48_000 });
  scope = new Scope();
});

afterEach(async () => {
  scope.close();
  await context.close();
});

test("reads every sample once, each at its place on the audio clock, also after a pause of a second", async () => {
  // A signal that says what time it is: its value is the clock in seconds.
  const source = new ConstantSourceNode(context, { offset: 0 });
  const begin = Math.ceil((context.currentTime + 0.1) * 100) / 100;
  source.offset.setValueAtTime(begin, begin);
  source.offset.linearRampToValueAtTime(begin + 100, begin + 100);
  source.start();
  const tap = new Tap(context, source, scope);
  const readings: { samples: Float32Array; start: number }[] = [];
  for (const wait of [0.2, 1.1, 0.02, 0.3, 0.05, 0.05]) {
    const until = context.currentTime + wait;
    await vi.waitFor(() => expect(context.currentTime).toBeGreaterThanOrEqual(until), { timeout: 5000, interval: 5 });
    readings.push(tap.read());
  }
  for (const [i, { samples, start }] of readings.entries()) {
    const before = readings[i - 1];
    // The first reading is from before the ramp.
    if (!before) continue;
    expect(start).toBe(before.start + before.samples.length);
    const worst = samples.reduce((most, value, at) => Math.max(most, Math.abs(value * 48_000 - (start + at))), 0);
    expect(worst).toBeLessThan(0.5);
  }
  expect(readings[1]?.samples.length).toBeGreaterThan(48_000);
});
