import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Part, type Piece, Recorder } from "../../src/audio/recorder.ts";
import { Scope } from "../../src/scope.ts";

const RATE = 48_000;

/** A context whose clock the test moves; a node is a function of the sample's number. */
class Context {
  readonly sampleRate = RATE;
  readonly destination = {};
  sample = 0;

  get currentTime(): number {
    return this.sample / RATE;
  }
}

class Node extends EventTarget {
  input: Node | null = null;

  connect(to: Node): Node {
    to.input = this;
    return to;
  }

  disconnect(): void {}

  at(sample: number): number {
    return this.input?.at(sample) ?? 0;
  }
}

class Source extends Node {
  readonly #value: (sample: number) => number;

  constructor(value: (sample: number) => number) {
    super();
    this.#value = value;
  }

  override at(sample: number): number {
    return this.#value(sample);
  }
}

class Delay extends Node {
  readonly #samples: number;

  constructor(_context: Context, { delayTime }: { delayTime: number }) {
    super();
    this.#samples = Math.round(delayTime * RATE);
  }

  override at(sample: number): number {
    return super.at(sample - this.#samples);
  }
}

class Analyser extends Node {
  readonly #context: Context;

  constructor(context: Context) {
    super();
    this.#context = context;
  }

  getFloatTimeDomainData(into: Float32Array): void {
    const first = this.#context.sample - into.length;
    for (let i = 0; i < into.length; i++) into[i] = this.at(first + i);
  }
}

/** The clock of the pulse. */
class Beat extends Node {
  static waiting: { at: number; node: Beat }[] = [];

  start(): void {}

  stop(at: number): void {
    Beat.waiting.push({ at: Math.round(at * RATE), node: this });
  }
}

let context: Context;
let scope: Scope;
let call: Scope;
let pieces: Piece[];
let recorder: Recorder;

beforeEach(() => {
  vi.stubGlobal("AnalyserNode", Analyser);
  vi.stubGlobal("DelayNode", Delay);
  vi.stubGlobal("ConstantSourceNode", Beat);
  Beat.waiting = [];
  context = new Context();
  scope = new Scope();
  call = scope.child();
  pieces = [];
  recorder = new Recorder(context as never, (piece) => pieces.push(piece), scope);
  vi.spyOn(performance, "now").mockImplementation(() => 5000 + context.currentTime * 1000);
});

afterEach(() => {
  scope.close();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Time goes on; the page comes round to its beats no sooner than `from` (seconds), if that is said. */
function go(to: number, from = 0): void {
  const until = Math.round(to * RATE);
  for (;;) {
    const due = Beat.waiting.sort((a, b) => a.at - b.at)[0];
    if (!due || Math.max(due.at, from * RATE) > until) break;
    Beat.waiting.shift();
    context.sample = Math.max(context.sample, due.at, Math.round(from * RATE));
    due.node.dispatchEvent(new Event("ended"));
  }
  context.sample = until;
}

/** A step at each whole half second, up and down: its flanks are marks. */
const steps = new Source((sample) => (Math.floor(sample / (RATE / 2)) % 2 === 0 ? 0.25 : -0.25));
const up = new Source((sample) => sample / (RATE * 60));

/** What has its place; `pending`: what has not. */
function parts(side: Part["side"], pending = false): Part[] {
  return pieces
    .flatMap((piece) => piece.parts)
    .filter((part) => part.side === side && (part.alignment === "pending") === pending);
}

/** What a side sounded like from its first sample on; silence where there is nothing. */
function whole(side: Part["side"]): { first: number; pcm: number[] } {
  const all = parts(side);
  const first = all[0]?.start ?? 0;
  const pcm: number[] = [];
  for (const part of all) for (const [i, value] of part.pcm.entries()) pcm[part.start + i - first] = value;
  return { first, pcm: Array.from(pcm, (value) => value ?? 0) };
}

function listen(): void {
  recorder.listen("user", up as never, scope);
  recorder.listen("assistant", steps as never, call);
}

test("both sides come in pieces of a quarter of a second, every sample at its place on one clock", () => {
  listen();
  go(1);
  recorder.on = true;
  go(4);
  recorder.on = false;
  expect(pieces.length).toBe(13);
  expect(new Set(pieces.map((piece) => piece.clock)).size).toBe(1);
  expect(pieces.map((piece) => piece.last)).toEqual([...Array(12).fill(false), true]);
  expect(pieces.every((piece) => Math.abs(piece.zero - 5000) < 1e-6)).toBe(true);
  for (const side of ["user", "assistant"] as const) {
    for (const [i, part] of parts(side).entries()) {
      const before = parts(side)[i - 1];
      if (before) expect(part.start).toBe(before.start + before.pcm.length);
      expect(part.holes).toEqual([]);
    }
  }
  const user = whole("user");
  expect(user.first).toBe(24_000);
  // What is still in the filter comes never: less than a millisecond.
  expect(user.pcm.length).toBeGreaterThan(3 * 24_000 - 24);
  const settled = user.pcm.map((value, i) => value - (32768 * (user.first + i)) / (24_000 * 60)).slice(100);
  expect(Math.max(...settled.map(Math.abs))).toBeLessThan(2);
  const { first, pcm } = whole("assistant");
  const flanks = pcm.flatMap((value, i) => (i > 100 && value < 0 !== (pcm[i - 1] ?? 0) < 0 ? [first + i] : []));
  for (const [i, flank] of flanks.entries()) expect(Math.abs(flank - 36_000 - i * 12_000)).toBeLessThan(3);
  expect(flanks.length).toBe(5);
});

test("what a page was too late for is a hole, and everything after it is at its place", () => {
  listen();
  recorder.on = true;
  go(1);
  // It looks back four seconds and a little.
  go(10, 10);
  go(11);
  const late = parts("user").filter((part) => part.holes.length > 0);
  expect(late.length).toBe(1);
  const [hole] = late[0]?.holes ?? [];
  expect(hole?.reason).toBe("late");
  expect(hole?.start).toBeCloseTo(24_000, -2);
  expect((hole?.start ?? 0) + (hole?.samples ?? 0)).toBe(late[0]?.start);
  expect(hole?.samples).toBeGreaterThan(4 * 24_000);
  expect(hole?.samples).toBeLessThan(5.1 * 24_000);
  for (const part of parts("user").filter((part) => part.start > 6 * 24_000)) {
    const middle = Math.floor(part.pcm.length / 2);
    expect(part.pcm[middle]).toBeCloseTo((32768 * (part.start + middle)) / (24_000 * 60), -1);
  }
  expect(parts("assistant").flatMap((part) => part.holes)).toEqual(late[0]?.holes);
});

test("off it takes nothing, and says that it was paused when it goes on", () => {
  listen();
  recorder.on = true;
  go(1.1);
  recorder.on = false;
  expect(pieces.at(-1)?.last).toBe(true);
  const count = pieces.length;
  go(3);
  expect(pieces.length).toBe(count);
  recorder.on = true;
  go(3.6);
  const [hole] = parts("user").flatMap((part) => part.holes);
  expect(hole).toEqual({ start: expect.closeTo(1.1 * 24_000, -2), samples: expect.any(Number), reason: "paused" });
  expect((hole?.start ?? 0) + (hole?.samples ?? 0)).toBe(3 * 24_000);
});

test("a call that ends gives what it had, and the next one says that there was none between", () => {
  listen();
  recorder.on = true;
  go(1.1);
  call.close();
  go(2);
  const before = whole("assistant");
  expect((before.first + before.pcm.length) / 24_000).toBeCloseTo(1.1, 2);
  const next = scope.child();
  recorder.listen("assistant", steps as never, next);
  go(3.1);
  expect(parts("assistant").flatMap((part) => part.holes)).toEqual([
    { start: before.first + before.pcm.length, samples: expect.any(Number), reason: "no_call" },
  ]);
  expect(parts("user").flatMap((part) => part.holes)).toEqual([]);
});

test("the end of the talk loses nothing, and leaves nothing behind", () => {
  listen();
  recorder.on = true;
  go(1.2);
  scope.close();
  const { first, pcm } = whole("user");
  expect((first + pcm.length) / 24_000).toBeCloseTo(1.2, 2);
  expect(whole("assistant").pcm.length).toBe(pcm.length);
  expect(pieces.at(-1)?.last).toBe(true);
  const count = pieces.length;
  go(3);
  recorder.on = true;
  expect(pieces.length).toBe(count);
});

test("what the browser does to the microphone is told once", () => {
  listen();
  recorder.microphone = { echoCancellation: true, sampleRate: 48_000 };
  recorder.on = true;
  go(1);
  expect(pieces.map((piece) => piece.microphone)).toEqual([
    { echoCancellation: true, sampleRate: 48_000 },
    null,
    null,
    null,
  ]);
});

/** What an ear would hear, where a node gives it so many samples later. */
function earlier(
  value: (sample: number) => number,
  before: number,
): { node: Source; hear: (side: Part["side"]) => void; skip: () => void } {
  let next = context.sample;
  return {
    node: new Source((sample) => value(sample - before)),
    hear: (side) => {
      const samples = Float32Array.from({ length: context.sample - next }, (_, i) => value(next + i));
      recorder.hear(side, { samples, start: next, rate: RATE, before_ms: 0 }, before);
      next = context.sample;
    },
    skip: () => {
      next = context.sample;
    },
  };
}

const hiss = Array.from({ length: RATE }, (_, i) => 0.3 * Math.sin(i * i * 0.37));
const said = (sample: number) => (sample % (2 * RATE) < 1.2 * RATE ? 0 : (hiss[(sample * 7) % RATE] ?? 0));

test("what nodes give late lies where it was heard, on both sides, and nothing of it is cut or comes twice", () => {
  const [user, assistant] = [earlier(said, 720), earlier(said, 1680)];
  recorder.listen("user", user.node as never, scope);
  recorder.listen("assistant", assistant.node as never, call);
  recorder.on = true;
  for (let at = 0.1; at < 4; at += 0.1) {
    go(at);
    user.hear("user");
    assistant.hear("assistant");
  }
  recorder.on = false;
  for (const side of ["user", "assistant"] as const) {
    for (const [i, part] of parts(side).entries()) {
      const before = parts(side)[i - 1];
      if (before) expect(part.start).toBe(before.start + before.pcm.length);
      expect(part.holes).toEqual([]);
    }
    const { first, pcm } = whole(side);
    const sound = (from: number) => pcm.findIndex((value, i) => first + i >= from && Math.abs(value) > 800) + first;
    expect(Math.abs(sound(0) - 1.2 * 24_000)).toBeLessThan(12);
    expect(Math.abs(sound(2.5 * 24_000) - 3.2 * 24_000)).toBeLessThan(12);
    expect(pcm.filter((value) => value !== 0).length).toBeGreaterThan(1.46 * 24_000);
  }
});

/** The side's parts lie one behind the other; where sound begins from this second on, in samples. */
function begins(side: Part["side"], from: number): number {
  for (const [i, part] of parts(side).entries()) {
    const before = parts(side)[i - 1];
    if (before) expect(part.start).toBe(before.start + before.pcm.length);
  }
  const { first, pcm } = whole(side);
  return pcm.findIndex((value, i) => first + i >= from * 24_000 && Math.abs(value) > 800) + first;
}

test("what a page hears late of a track lies at its place too, from its first sound on", () => {
  const user = earlier(said, 720);
  recorder.listen("user", user.node as never, scope);
  recorder.on = true;
  go(0.1);
  user.hear("user");
  go(3.5);
  user.hear("user");
  go(5);
  recorder.on = false;
  expect(Math.abs(begins("user", 0) - 1.2 * 24_000)).toBeLessThan(12);
  expect(Math.abs(begins("user", 2.5) - 3.2 * 24_000)).toBeLessThan(12);
});

test("another track has its own place from its first sample on, however loud it is there", () => {
  const click = (sample: number) => [1.5, 2.3].some((at) => sample >= at * RATE && sample < (at + 0.005) * RATE);
  const loud = (sample: number) => (click(sample) ? 0.9 : 0.3 * (hiss[(sample * 7) % RATE] ?? 0));
  const [one, other] = [earlier(loud, 1440), earlier(loud, 0)];
  const turned = 2 * RATE;
  const both = new Source((sample) => (sample < turned ? one : other).node.at(sample));
  recorder.listen("user", both as never, scope);
  recorder.on = true;
  for (let at = 0.1; at < 1.95; at += 0.1) {
    go(at);
    one.hear("user");
  }
  go(2);
  one.hear("user");
  recorder.turn("user");
  other.skip();
  for (let at = 2.1; at < 4; at += 0.1) {
    go(at);
    other.hear("user");
  }
  recorder.on = false;
  const { first, pcm } = whole("user");
  const clicks = pcm.flatMap((value, i) => (value > 20_000 && (pcm[i - 1] ?? 0) <= 20_000 ? [first + i] : []));
  expect(clicks.map((at) => Math.round(at / 24))).toEqual([1500, 2300]);
});

test("what no ear hears is given as it comes, and what one hears that fits nothing four seconds later at most", () => {
  listen();
  const strange = earlier(() => 0.2 * Math.random(), 0);
  recorder.on = true;
  for (let at = 0.1; at < 6; at += 0.1) {
    go(at);
    strange.hear("assistant");
    const end = (side: Part["side"]) =>
      Math.max(0, ...parts(side).map(({ start, pcm }) => start + pcm.length)) / 24_000;
    expect(end("user")).toBeGreaterThan(at - 0.3);
    expect(end("assistant")).toBeGreaterThan(at - 4.3);
  }
});

test("what waits for its place is given at once as it is, each sample once, and again at its place", () => {
  const assistant = earlier(said, 1680);
  recorder.listen("assistant", assistant.node as never, call);
  recorder.on = true;
  go(0.1);
  assistant.hear("assistant");
  go(3.5);
  const given = parts("assistant", true);
  expect(given.map(({ holes }) => holes)).toEqual(given.map(() => []));
  for (const [i, part] of given.slice(1).entries())
    expect(part.start).toBe((given[i]?.start ?? 0) + (given[i]?.pcm.length ?? 0));
  const end = (all: Part[]) => Math.max(0, ...all.map(({ start, pcm }) => start + pcm.length)) / 24_000;
  expect(end(given)).toBeGreaterThan(3.2);
  const placed = end(parts("assistant"));
  expect(placed).toBeLessThan(1.3);
  expect((given[0]?.start ?? 0) / 24_000).toBeCloseTo(placed, 3);
  assistant.hear("assistant");
  go(5);
  recorder.on = false;
  expect(end(parts("assistant"))).toBeGreaterThan(4.9);
  expect(Math.abs(begins("assistant", 0) - 1.2 * 24_000)).toBeLessThan(12);
  expect(end(parts("assistant", true))).toBeLessThan(4);
});

test("a part says whether it lies where it was heard; silence lies there anyhow", () => {
  const [user, strange] = [earlier(said, 720), earlier(() => 0.2 * Math.random(), 0)];
  recorder.listen("user", user.node as never, scope);
  recorder.listen("assistant", steps as never, call);
  recorder.on = true;
  for (let at = 0.1; at < 6; at += 0.1) {
    go(at);
    user.hear("user");
    strange.hear("assistant");
  }
  recorder.on = false;
  expect(parts("user").every(({ alignment }) => alignment === "aligned")).toBe(true);
  expect(parts("assistant").some(({ alignment }) => alignment === "aligned")).toBe(false);
});

test("what is late from some moment on, and is never so quiet that it can be moved, is not said to lie where it was heard", () => {
  const loud = (sample: number) => 0.3 * (hiss[(sample * 7) % RATE] ?? 0);
  const early = earlier(loud, 720);
  // The node runs dry at two seconds.
  const late = new Source((sample) => loud(sample - (sample < 2 * RATE ? 720 : 1680)));
  recorder.listen("user", late as never, scope);
  recorder.on = true;
  for (let at = 0.1; at < 16; at += 0.1) {
    go(at);
    early.hear("user");
  }
  recorder.on = false;
  const said = (from: number, to: number) =>
    new Set(
      parts("user")
        .filter(({ start }) => start > from * 24_000 && start < to * 24_000)
        .map(({ alignment }) => alignment),
    );
  expect(said(0, 2)).toEqual(new Set(["aligned"]));
  expect(said(14, 16)).toEqual(new Set(["unaligned"]));
});

test("nothing lies before the clock's zero", () => {
  const loud = (sample: number) => 0.3 * (hiss[(sample * 7) % RATE] ?? 0);
  const user = earlier(loud, 1440);
  recorder.listen("user", user.node as never, scope);
  recorder.on = true;
  for (let at = 0.1; at < 3; at += 0.1) {
    go(at);
    user.hear("user");
  }
  expect(parts("user")[0]?.start).toBe(0);
});
