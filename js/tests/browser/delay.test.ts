import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Levels, newLane } from "../../src/audio/levels.ts";
import { type Part, type Piece, Recorder } from "../../src/audio/recorder.ts";
import { RATE } from "../../src/audio/speaker.ts";
import type { Side } from "../../src/model.gen.ts";
import { Scope } from "../../src/scope.ts";

let context: AudioContext;
let scope: Scope;
let begun: Record<Side, number[]>;
let parts: Part[];
let levels: Levels;
let recorder: Recorder;

beforeEach(async () => {
  context = new AudioContext();
  scope = new Scope();
  begun = { user: [], assistant: [] };
  parts = [];
  const take = (piece: Piece) => parts.push(...piece.parts.filter(({ alignment }) => alignment !== "pending"));
  recorder = new Recorder(context, take, scope);
  levels = new Levels(
    context,
    { user: newLane(), assistant: newLane() },
    { voiced: (side, voiced, at_ms) => voiced && begun[side].push(at_ms), missed: () => {} },
    (...heard) => recorder.hear(...heard),
  );
  await context.resume();
});

afterEach(async () => {
  scope.close();
  await context.close();
});

/** Noise at these times of the context's clock, on a track of its own. */
function noise(times: readonly number[]): MediaStream {
  const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
  // What has no source any more sends no silence either.
  const still = new ConstantSourceNode(context, { offset: 0 });
  still.connect(out);
  still.start();
  const buffer = new AudioBuffer({ length: 0.5 * context.sampleRate, sampleRate: context.sampleRate });
  buffer.copyToChannel(
    Float32Array.from({ length: buffer.length }, () => 0.4 * Math.random() - 0.2),
    0,
  );
  for (const at of times) {
    const sound = new AudioBufferSourceNode(context, { buffer });
    sound.connect(out);
    sound.start(at);
  }
  scope.defer(() => out.stream.getTracks()[0]?.stop());
  return out.stream;
}

function onsets(side: Side): number[] {
  let last = Number.NEGATIVE_INFINITY;
  const found: number[] = [];
  for (const { start, pcm } of parts.filter((part) => part.side === side)) {
    for (const [i, value] of pcm.entries()) {
      if (Math.abs(value) < 300) continue;
      if (start + i - last > 0.3 * RATE) found.push((1000 * (start + i)) / RATE);
      last = start + i;
    }
  }
  return found;
}

test("what sounds on two tracks at once is recorded at once on both, where the meters heard it", async () => {
  const first = context.currentTime + 1.5;
  for (const side of ["user", "assistant"] as const) {
    const mediaStream = noise([first, first + 1]);
    const source = new MediaStreamAudioSourceNode(context, { mediaStream });
    levels.listen(side, source, mediaStream.getAudioTracks()[0] ?? null, scope);
    recorder.listen(side, source, scope);
  }
  recorder.on = true;
  await vi.waitFor(
    () => {
      levels.poll();
      // Each side is told for itself, and one of them later.
      for (const side of ["user", "assistant"] as const)
        expect(parts.findLast((part) => part.side === side)?.start).toBeGreaterThan((first + 2.5) * RATE);
      expect([begun.user.length, begun.assistant.length]).toEqual([2, 2]);
    },
    { timeout: 15_000, interval: 25 },
  );
  const [user, assistant] = [onsets("user"), onsets("assistant")];
  expect(user.length).toBe(2);
  for (const [i, at] of user.entries()) {
    expect(Math.abs(at - (assistant[i] as number))).toBeLessThan(5);
    for (const side of ["user", "assistant"] as const)
      expect(Math.abs(at - (begun[side][i] as number))).toBeLessThan(5);
  }
});

test("what is made here is recorded where it was put, to the sample, from its beginning on", async () => {
  const made = new GainNode(context);
  levels.listen("assistant", made, null, scope);
  recorder.listen("assistant", made, scope);
  recorder.on = true;
  const at = Math.ceil((context.currentTime + 0.5) * context.sampleRate);
  const buffer = new AudioBuffer({ length: context.sampleRate / 2, sampleRate: context.sampleRate });
  buffer.getChannelData(0).fill(0.5);
  const sound = new AudioBufferSourceNode(context, { buffer });
  sound.connect(made);
  sound.start(at / context.sampleRate);
  await vi.waitFor(
    () => {
      levels.poll();
      expect([onsets("assistant").length, begun.assistant.length]).toEqual([1, 1]);
    },
    { timeout: 15_000, interval: 25 },
  );
  const wanted = (1000 * at) / context.sampleRate;
  expect(Math.abs((onsets("assistant")[0] as number) - wanted)).toBeLessThan(0.1);
  expect(Math.abs((begun.assistant[0] as number) - wanted)).toBeLessThan(0.1);
  expect(new Set(parts.map(({ alignment }) => alignment))).toEqual(new Set(["aligned"]));
});
