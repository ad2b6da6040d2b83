import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Levels, newLane } from "../../src/audio/levels.ts";
import type { Hole } from "../../src/audio/stamps.ts";
import type { Side } from "../../src/model.gen.ts";
import { Scope } from "../../src/scope.ts";

let context: AudioContext;
let scope: Scope;
let marks: { side: Side; voiced: boolean; at_ms: number }[];
let holes: Hole[];
let levels: Levels;

beforeEach(async () => {
  context = new AudioContext();
  scope = new Scope();
  marks = [];
  holes = [];
  levels = new Levels(
    context,
    { user: newLane(), assistant: newLane() },
    {
      voiced: (side, voiced, at_ms) => marks.push({ side, voiced, at_ms }),
      missed: (hole) => holes.push(hole),
    },
  );
  await context.resume();
});

afterEach(async () => {
  scope.close();
  await context.close();
});

/** A tone at this time of a context's clock, on a track of its own and at a node that plays it. */
function tone(at: number, by = context): { node: AudioNode; track: MediaStreamTrack } {
  const out = new MediaStreamAudioDestinationNode(by, { channelCount: 1 });
  const sound = new OscillatorNode(by, { frequency: 400 });
  sound.connect(out);
  // What has no source any more sends no silence either.
  const still = new ConstantSourceNode(by, { offset: 0 });
  still.connect(out);
  still.start();
  sound.start(at);
  sound.stop(at + 0.4);
  scope.defer(() => out.stream.getTracks()[0]?.stop());
  return {
    node: new MediaStreamAudioSourceNode(context, { mediaStream: out.stream }),
    track: out.stream.getTracks()[0] as MediaStreamTrack,
  };
}

async function heard(): Promise<Record<Side, number[]>> {
  await vi.waitFor(
    () => {
      levels.poll();
      expect(marks.filter(({ voiced }) => !voiced).length).toBe(2);
    },
    { timeout: 15_000, interval: 20 },
  );
  const of = (side: Side) => marks.filter((mark) => mark.side === side).map(({ at_ms }) => at_ms);
  return { user: of("user"), assistant: of("assistant") };
}

test("what sounds on two tracks at once is heard at once on both, where it was", async () => {
  const at = context.currentTime + 1.5;
  for (const side of ["user", "assistant"] as const) {
    const { node, track } = tone(at);
    levels.listen(side, node, track, scope);
  }
  const { user, assistant } = await heard();
  for (const [place, wanted] of [at * 1000, (at + 0.4) * 1000].entries()) {
    expect(Math.abs((user[place] as number) - (assistant[place] as number))).toBeLessThan(5);
    expect(Math.abs((user[place] as number) - wanted)).toBeLessThan(60);
  }
});

test("a side that goes on on another track keeps what is known of it, and one that is over is not heard", async () => {
  const first = tone(context.currentTime + 0.5);
  const before = scope.child();
  levels.listen("user", first.node, first.track, before);
  const second = tone(context.currentTime + 1.5);
  levels.listen("user", second.node, second.track, scope, true);
  before.close();
  levels.listen("assistant", second.node, second.track, scope);
  const { user, assistant } = await heard();
  expect(user.length).toBe(2);
  expect(Math.abs((user[0] as number) - (assistant[0] as number))).toBeLessThan(5);
});

test("a side that falls silent when it goes on on a track of another rate is over where it was last heard", async () => {
  const other = new AudioContext({ sampleRate: context.sampleRate === 48_000 ? 44_100 : 48_000 });
  scope.defer(() => void other.close());
  await other.resume();
  const { node, track } = tone(other.currentTime + 0.5, other);
  const before = scope.child();
  levels.listen("user", node, track, before);
  const told = async (count: number) =>
    vi.waitFor(
      () => {
        levels.poll();
        expect(marks.length).toBe(count);
      },
      { timeout: 5_000, interval: 20 },
    );
  await told(1);
  levels.listen("user", new GainNode(context), null, scope, true);
  before.close();
  await told(2);
  const [on, off] = marks;
  expect([on?.voiced, off?.voiced]).toEqual([true, false]);
  expect((off?.at_ms ?? 0) - (on?.at_ms ?? 0)).toBeGreaterThan(20);
  expect((off?.at_ms ?? 0) - (on?.at_ms ?? 0)).toBeLessThan(410);
});

test("a context that stands still for a moment tells of it, and what is heard after it lies on its clock", async () => {
  const other = new AudioContext();
  scope.defer(() => void other.close());
  await other.resume();
  const polled = async (true_: () => boolean) =>
    vi.waitFor(
      () => {
        levels.poll();
        expect(true_()).toBe(true);
      },
      { timeout: 15_000, interval: 20 },
    );
  const stood = other.currentTime + 3;
  const { node, track } = tone(stood, other);
  levels.listen("user", node, track, scope);
  await polled(() => other.currentTime > stood - 1.5);
  expect(holes).toEqual([]);
  const before = context.currentTime;
  await context.suspend();
  await polled(() => other.currentTime > stood - 1);
  await context.resume();
  const apart = context.currentTime - other.currentTime;
  await polled(() => marks.length === 2);
  expect(holes.length).toBeGreaterThan(0);
  expect(holes.some(({ from_ms, to_ms }) => from_ms <= before * 1000 && to_ms >= before * 1000)).toBe(true);
  expect(Math.abs((marks[0]?.at_ms ?? Number.NaN) - (stood + apart) * 1000)).toBeLessThan(60);
});
