import { afterEach, expect, test, vi } from "vitest";
import { Capture } from "../../src/audio/capture.ts";
import { playInto } from "../../src/audio/player.ts";
import { Playout } from "../../src/audio/playout.ts";
import { pulse } from "../../src/audio/pulse.ts";
import { RATE, Speaker } from "../../src/audio/speaker.ts";
import { Tap } from "../../src/audio/tap.ts";
import { Scope } from "../../src/scope.ts";

let context: AudioContext;
let scope: Scope;

afterEach(async () => {
  scope.close();
  await context.close();
});

async function open(sampleRate: number): Promise<void> {
  context = new AudioContext({ sampleRate });
  scope = new Scope();
  await context.resume();
}

function until(time: number): Promise<void> {
  return vi.waitFor(() => expect(context.currentTime).toBeGreaterThanOrEqual(time), { timeout: 8000, interval: 2 });
}

/** PCM16 of a tone, from sample `first` on. */
function tone(hertz: number, first: number, length: number, loud = 16_000): DataView {
  const pcm = Int16Array.from({ length }, (_, i) => loud * Math.sin((2 * Math.PI * hertz * (first + i)) / RATE));
  return new DataView(pcm.buffer);
}

/** The worst break in what should be one tone: how far a sample is from where the two before it lead, per loudness. */
function worstBreak(samples: ArrayLike<number>, hertz: number, rate: number, loud: number): number {
  const c = 2 * Math.cos((2 * Math.PI * hertz) / rate);
  let worst = 0;
  for (let i = 2; i < samples.length; i++) {
    const [a, b, now] = [samples[i - 2] as number, samples[i - 1] as number, samples[i] as number];
    worst = Math.max(worst, Math.abs(now - c * b + a) / loud);
  }
  return worst;
}

test.each([48_000, 44_100])(
  "capture at %i Hz: each sample once, also after a pause of a second",
  async (rate) => {
    await open(rate);
    const source = new OscillatorNode(context, { frequency: 300 });
    const gain = new GainNode(context, { gain: 0.5 });
    source.connect(gain);
    source.start();
    await until(0.3);
    const capture = new Capture(context, gain, scope);
    const begin = context.currentTime;
    const heard: number[] = [];
    let asked = begin;
    for (const wait of [0.04, 0.04, 1.2, 0.04, 0.3, 0.04, 2.5, 0.04, 0.04]) {
      await until(context.currentTime + wait);
      asked = context.currentTime;
      heard.push(...capture.read().pcm);
    }
    // Without what rings in while the kernel is filled.
    const settled = heard.slice(100);
    expect(worstBreak(settled, 300, RATE, 16_384)).toBeLessThan(0.001);
    expect(heard.length / RATE).toBeGreaterThan(asked - begin - 0.01);
    expect(heard.length / RATE).toBeLessThan(context.currentTime - begin + 0.01);
  },
  20_000,
);

test("a page that was away for too long has silence in its capture, and its clock is right", async () => {
  await open(48_000);
  const source = new ConstantSourceNode(context, { offset: 0.5 });
  source.start();
  const capture = new Capture(context, source, scope);
  const begin = context.currentTime;
  await until(begin + 6);
  const asked = context.currentTime;
  const { pcm: heard, lost } = capture.read();
  expect(heard.length / RATE).toBeGreaterThan(asked - begin - 0.01);
  expect(heard.length / RATE).toBeLessThan(context.currentTime - begin + 0.01);
  expect(heard[Math.round(heard.length / 10)]).toBe(0);
  expect(heard.at(-1)).toBeGreaterThan(16_000);
  // And it says where that is.
  expect((lost?.to ?? 0) - (lost?.from ?? 0)).toBeGreaterThan(1.5 * RATE);
  expect(heard[heard.length - 1 - Math.round(2 * RATE)]).toBeGreaterThan(16_000);
}, 20_000);

test("a pulse keeps its time on the audio clock, and ends with its scope", async () => {
  await open(48_000);
  const at: number[] = [];
  pulse(context, 0.04, () => at.push(context.currentTime), scope);
  const begin = context.currentTime;
  await until(begin + 2);
  expect(at.length).toBeGreaterThan(40);
  expect(at.length).toBeLessThanOrEqual(51);
  scope.close();
  const count = at.length;
  await until(begin + 2.3);
  expect(at).toHaveLength(count);
});

interface Heard {
  readonly samples: Float32Array;
  readonly start: number;
}

/** A speaker, and what really sounds: every sample, each at its place on the clock. */
function listen(): { speaker: Speaker; heard: () => Promise<Heard> } {
  const heard: number[] = [];
  const out = new GainNode(context);
  const speaker = new Speaker(context, out, scope);
  const tap = new Tap(context, out, scope);
  const begin = Math.round(context.currentTime * context.sampleRate);
  let start: number | null = null;
  const read = () => {
    const taken = tap.read();
    start ??= taken.start;
    heard.push(...taken.samples);
  };
  pulse(context, 0.2, read, scope);
  return {
    speaker,
    async heard() {
      await until(context.currentTime + 0.1);
      read();
      return { samples: Float32Array.from(heard), start: start ?? begin };
    },
  };
}

function loudSpan(samples: Float32Array): [number, number] {
  const first = samples.findIndex((value) => Math.abs(value) > 0.02);
  return [first, samples.findLastIndex((value) => Math.abs(value) > 0.02)];
}

test.each([48_000, 44_100])("playback at %i Hz: pieces of any length sound as one", async (rate) => {
  await open(rate);
  const { speaker, heard } = listen();
  // The long ones first: a page that is held up must not run out of them.
  const lengths = [4800, 5003, 960, 2400, 333, 1201, 17, 960];
  let at = 0;
  for (const length of lengths) {
    speaker.play(tone(300, at, length));
    at += length;
    await until(context.currentTime + 0.02);
  }
  const seconds = at / RATE;
  await vi.waitFor(() => expect(speaker.dry).toBe(true), 4000);
  expect(speaker.played).toBeCloseTo(seconds * 1000, 6);
  const { samples } = await heard();
  const [first, last] = loudSpan(samples);
  expect(Math.abs((last - first) / rate - seconds)).toBeLessThan(0.004);
  const settle = Math.round(rate / 500);
  const middle = samples.subarray(first + settle, last - settle);
  expect(worstBreak(middle, 300, rate, 0.488)).toBeLessThan(0.001);
});

test("what it says was played is what was heard by then", async () => {
  await open(48_000);
  const { speaker, heard } = listen();
  const told: { at: number; ms: number }[] = [];
  for (let i = 0; i < 10; i++) speaker.play(tone(300, i * 2400, 2400));
  pulse(context, 0.04, () => told.push({ at: context.currentTime, ms: speaker.played }), scope);
  await vi.waitFor(() => expect(speaker.dry).toBe(true), 4000);
  const { samples, start } = await heard();
  const onset = (start + loudSpan(samples)[0]) / 48_000;
  const latency = context.outputLatency || 0;
  for (const { at, ms } of told) {
    const truth = Math.max(0, Math.min(1000, (at - latency - onset) * 1000));
    expect(Math.abs(ms - truth), `${at} s`).toBeLessThan(5);
  }
  expect(told.length).toBeGreaterThan(20);
  expect(speaker.played).toBeCloseTo(1000, 6);
});

test("cleared it is silent within 50 ms, knows where it was cut, and goes on with what is new", async () => {
  await open(48_000);
  const { speaker, heard } = listen();
  speaker.play(tone(300, 0, 2 * RATE));
  await vi.waitFor(() => expect(speaker.played).toBeGreaterThan(400), { timeout: 4000, interval: 5 });
  const at = context.currentTime;
  speaker.clear();
  const played = speaker.played;
  expect(played).toBeGreaterThan(400);
  expect(played).toBeLessThan(1900);
  expect(speaker.dry).toBe(true);
  await until(at + 0.3);
  expect(speaker.played).toBe(played);
  const first = await heard();
  const end = (first.start + loudSpan(first.samples)[1]) / 48_000;
  expect(end - at).toBeLessThan(0.05);
  speaker.play(tone(300, 0, 2400));
  await vi.waitFor(() => expect(speaker.dry).toBe(true), 4000);
  expect(speaker.played).toBeCloseTo(played + 100, 6);
  const { samples, start } = await heard();
  const later = samples.subarray(Math.round((at + 0.3) * 48_000) - start);
  const [from, to] = loudSpan(later);
  expect(Math.abs((to - from) / 48_000 - 0.1)).toBeLessThan(0.004);
});

test("a sender that is late makes it wait longer; one that is ahead, less", async () => {
  await open(48_000);
  const { speaker, heard } = listen();
  const onsets: number[] = [];
  const utter = async (...gaps: number[]) => {
    onsets.push(context.currentTime);
    for (const [i, gap] of gaps.entries()) {
      speaker.play(tone(300, i * 2400, 2400));
      await until(context.currentTime + gap);
    }
    await vi.waitFor(() => expect(speaker.dry).toBe(true), 4000);
    await until(context.currentTime + 1.1);
  };
  await utter(0.1, 0.35, 0.1);
  await utter(0, 0, 0);
  await utter(0, 0, 0);
  await utter(0, 0, 0);
  const { samples, start } = await heard();
  const waits = onsets.map((at) => {
    const from = Math.round(at * 48_000) - start;
    return loudSpan(samples.subarray(from, from + 48_000))[0] / 48;
  });
  expect(waits[0]).toBeGreaterThan(48);
  expect(waits[0]).toBeLessThan(90);
  expect((waits[1] ?? 0) - (waits[0] ?? 0)).toBeGreaterThan(50);
  expect((waits[3] ?? 0) - (waits[2] ?? 0)).toBeLessThan(-10);
}, 25_000);

test.each([
  ["goes on", false],
  ["stands still", true],
])("a recording ends also where the context %s", async (_, stopped) => {
  await open(RATE);
  await context.suspend();
  if (stopped) vi.spyOn(context, "resume").mockReturnValue(new Promise(() => {}));
  const playing = playInto(context, context.destination, new Float32Array(RATE / 20), RATE, scope, 500);
  if (stopped) await expect(playing).rejects.toThrow("the page's sound is suspended");
  else await playing;
  expect(scope.size).toBe(0);
});

test("told to stop twice it is silent until the later one's rest has gone by", async () => {
  await open(48_000);
  vi.useFakeTimers();
  const made: HTMLAudioElement[] = [];
  const Real = Audio;
  vi.stubGlobal(
    "Audio",
    class extends Real {
      constructor() {
        super();
        made.push(this);
      }
    },
  );
  const playout = new Playout(scope);
  playout.hush();
  vi.advanceTimersByTime(300);
  playout.hush();
  vi.advanceTimersByTime(300);
  expect(made[0]?.muted).toBe(true);
  vi.advanceTimersByTime(100);
  expect(made[0]?.muted).toBe(false);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
