import { expect, test } from "vitest";
import { type Mark, VoiceMarks } from "../../src/audio/marks.ts";

const RATE = 48_000;
const MS = RATE / 1000;

function synthetic(): VoiceMarks {
  return new VoiceMarks({ sampleRate: RATE, quiet: 0.003, followNoise: false });
}

/** A square wave, so that the first and the last loud sample are exactly known. */
function tone(samples: Float32Array, from: number, to: number, level = 0.2): Float32Array {
  for (let i = from; i < to; i++) samples[i] = i % 40 < 20 ? level : -level;
  return samples;
}

/** Feed in pieces as timers would: their borders must not matter. */
function feed(marks: VoiceMarks, samples: Float32Array, piece: number, start = 0): Mark[] {
  const found: Mark[] = [];
  for (let i = 0; i < samples.length; i += piece) {
    found.push(...marks.push(samples.subarray(i, i + piece), start + i).marks);
  }
  return found;
}

test.each([128, 4801, 48_000])("onset and end are exact to the sample in pieces of %i", (piece) => {
  const samples = tone(new Float32Array(RATE), 10_007, 30_011);
  expect(feed(synthetic(), samples, piece)).toEqual([
    { voiced: true, at: 10_007 },
    { voiced: false, at: 30_011 },
  ]);
});

test("silence and a click make no mark", () => {
  expect(feed(synthetic(), new Float32Array(RATE), 4800)).toEqual([]);
  expect(feed(synthetic(), tone(new Float32Array(RATE), 10_000, 10_100), 4800)).toEqual([]);
});

test("a pause shorter than 200 ms is part of the speech", () => {
  const samples = tone(tone(new Float32Array(RATE), 4800, 9600), 9600 + 150 * MS, 30_000);
  expect(feed(synthetic(), samples, 4800).map((mark) => mark.voiced)).toEqual([true, false]);
});

test("a steady noise is the room, speech above it is not", () => {
  const marks = new VoiceMarks({ sampleRate: RATE, quiet: 0.003, followNoise: true });
  const samples = new Float32Array(3 * RATE);
  for (let i = 0; i < samples.length; i++) samples[i] = i % 2 ? 0.01 : -0.01;
  tone(samples, RATE, 2 * RATE);
  expect(feed(marks, samples, 4800)).toEqual([
    { voiced: true, at: RATE },
    { voiced: false, at: 2 * RATE },
  ]);
});

test("speech out of digital silence (a recording, an unmuted track) is not taken for the room", () => {
  const marks = new VoiceMarks({ sampleRate: RATE, quiet: 0.003, followNoise: true });
  expect(feed(marks, tone(new Float32Array(RATE), 4800, 24_000), 4800).map((mark) => mark.at)).toEqual([4800, 24_000]);
});

test("a soft beginning out of digital silence is the voice's, not the room's", () => {
  const marks = new VoiceMarks({ sampleRate: RATE, quiet: 0.008, followNoise: true });
  const samples = tone(tone(new Float32Array(RATE), 9600, 9600 + 70 * MS, 0.012), 9600 + 70 * MS, 24_000);
  expect(feed(marks, samples, 4800)).toEqual([
    { voiced: true, at: 9600 },
    { voiced: false, at: 24_000 },
  ]);
});

test("a room that an unmuted microphone lets in is the room, and so is what is too far from a voice", () => {
  const marks = new VoiceMarks({ sampleRate: RATE, quiet: 0.008, followNoise: true });
  const samples = tone(tone(new Float32Array(RATE), 4800, 28_800, 0.012), 28_800, 38_400);
  expect(feed(marks, samples, 4800)[0]).toEqual({ voiced: true, at: 28_800 });
});

test("after a hole the clock goes on where the samples say", () => {
  const marks = synthetic();
  marks.push(new Float32Array(4800), 0);
  const samples = tone(new Float32Array(9600), 480, 9600);
  expect(feed(marks, samples, 9600, 100_000)).toEqual([{ voiced: true, at: 100_480 }]);
});

test("levels are the root mean square of blocks of 10 ms", () => {
  const { levels } = synthetic().push(tone(new Float32Array(960), 480, 960, 0.5), 0);
  expect(levels).toEqual([0, 0.5]);
});
