import { newId } from "../link.ts";
import type { Alignment, Hole, HoleReason, MicrophoneFacts, Side } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import { Capture } from "./capture.ts";
import { Delay, LONGEST, SILENT } from "./delay.ts";
import type { Heard } from "./ear.ts";
import { pulse } from "./pulse.ts";
import { RATE } from "./speaker.ts";

/** Of what goes to the kernel at once. */
const PIECE_S = 0.25;
/** So much sound waits until its place is known, and is sent as it is: a busy page hears late, and not all sound tells. */
const PATIENCE = 4 * RATE;
/** Less is not worth a seam. */
const NEAR = 0.001 * RATE;
/** What lies farther off does not lie where it was heard. */
const FAR = 0.005 * RATE;
/** Of 16 bits: a room when nobody speaks. */
const QUIET = 130;

/** Samples of one side, at 24 kHz. */
export interface Part {
  readonly side: Side;
  /** Counted from the clock's zero. */
  readonly start: number;
  readonly pcm: Int16Array<ArrayBuffer>;
  /** What is missing between the side's last part and this one. */
  readonly holes: Hole[];
  /** Whether it lies where it was heard. Pending: it comes again. */
  readonly alignment: Alignment;
}

/** What both sides sounded like for a moment. */
export interface Piece {
  readonly clock: string;
  /** The clock's zero by `performance.now()`, so that the kernel knows when it was. */
  readonly zero: number;
  readonly parts: readonly Part[];
  /** Nothing more comes for now. */
  readonly last: boolean;
  readonly microphone: MicrophoneFacts | null;
}

/** Samples in a row, where the node gave them. */
interface Span {
  readonly start: number;
  readonly pcm: Int16Array<ArrayBuffer>;
  /** Why there is nothing before it; null: it goes on from the one before. */
  readonly why: HoleReason | null;
}

interface Listened {
  readonly source: AudioNode;
  readonly scope: Scope;
  delay: Delay;
  capture: Capture | null;
  /** Why there was nothing before the next sample; null: it goes on. */
  why: HoleReason | null;
  /** So far the samples are put back; null: none of this track was given yet. */
  shift: number | null;
  /** That is known, and no guess. */
  aligned: boolean;
  /** What waits for its place. */
  waiting: Span[];
  /** Behind what of it was given as it is. */
  pending: number;
}

/**
 * Takes down what both sides sound like while it is on, read together, on the one clock of the page's sound. A node gives
 * every sample, but late, and each track's by another delay: what is said of where it was heard puts it at its place.
 */
export class Recorder {
  /** What the browser does to the microphone: told with the next piece, once. */
  microphone: MicrophoneFacts | null = null;

  readonly #context: BaseAudioContext;
  readonly #give: (piece: Piece) => void;
  readonly #scope: Scope;
  readonly #clock = newId("clock");
  readonly #sides = new Map<Side, Listened>();
  /** Behind the last sample of each side that was given. */
  readonly #ends = new Map<Side, number>();
  /** Of sides that have ended since the last piece. */
  #rest: Part[] = [];
  #run: Scope | null = null;

  constructor(context: BaseAudioContext, give: (piece: Piece) => void, scope: Scope) {
    this.#context = context;
    this.#give = give;
    this.#scope = scope;
  }

  /** Until `scope` ends, or another source takes its side. */
  listen(side: Side, source: AudioNode, scope: Scope): void {
    const delay = new Delay();
    const fresh = { capture: null, shift: null, aligned: false, waiting: [], pending: 0 };
    const listened: Listened = { source, scope, delay, why: "no_call", ...fresh };
    this.#sides.set(side, listened);
    scope.defer(() => {
      if (this.#sides.get(side) === listened) this.#sides.delete(side);
    });
    this.#capture(side, listened);
  }

  /** What will be heard of a side is another track, with a delay of its own. */
  turn(side: Side): void {
    const listened = this.#sides.get(side);
    if (!listened) return;
    this.#read(listened);
    this.#settle(side, listened, true);
    listened.delay = new Delay(listened.delay.listens);
    // Here the sound has a seam anyway: where the new track's lies is free.
    listened.shift = null;
    listened.aligned = false;
  }

  /** What an ear for the sound of a side has heard. */
  hear(side: Side, heard: Heard, ear: unknown): void {
    if (this.on) this.#sides.get(side)?.delay.hear(heard, ear);
  }

  get on(): boolean {
    return this.#run !== null;
  }

  set on(on: boolean) {
    if (on === this.on || this.#scope.closed) return;
    if (!on) {
      this.#run?.close();
      return;
    }
    const run = this.#scope.child();
    this.#run = run;
    run.defer(() => {
      this.#run = null;
      for (const listened of this.#sides.values()) listened.why = "paused";
      this.#tell(true);
    });
    for (const [side, listened] of this.#sides) this.#capture(side, listened);
    pulse(this.#context, PIECE_S, () => this.#beat(), run);
  }

  #capture(side: Side, listened: Listened): void {
    if (!this.#run || this.#run.closed) return;
    const scope = this.#run.child(listened.scope.signal);
    if (scope.closed) return;
    listened.capture = new Capture(this.#context, listened.source, scope);
    // Before the capture lets go of its source: what came since the last beat.
    scope.defer(() => {
      this.#read(listened);
      this.#settle(side, listened, true);
      listened.capture = null;
    });
  }

  #beat(): void {
    if (this.#run === null) return;
    for (const [side, listened] of this.#sides) {
      this.#read(listened);
      this.#settle(side, listened, false);
      this.#wait(side, listened);
    }
    if (this.#rest.length > 0) this.#tell(false);
  }

  #read(listened: Listened): void {
    if (!listened.capture) return;
    const { pcm, start, lost } = listened.capture.read();
    listened.delay.give(pcm, start);
    const end = start + pcm.length;
    const spans: [number, number][] = lost
      ? [
          [start, Math.min(lost.from, end)],
          [Math.max(lost.to, start), end],
        ]
      : [[start, end]];
    for (const [i, [from, to]] of spans.entries()) {
      if (i > 0) listened.why ??= "late";
      if (to <= from) continue;
      const before = listened.why === null ? listened.waiting.pop() : undefined;
      const whole = new Int16Array((before?.pcm.length ?? 0) + to - from);
      if (before) whole.set(before.pcm);
      whole.set(pcm.subarray(from - start, to - start), whole.length - (to - from));
      listened.waiting.push({ start: to - whole.length, pcm: whole, why: before ? before.why : listened.why });
      listened.why = null;
    }
  }

  /** Give what has its place; `all`: nothing more comes. */
  #settle(side: Side, listened: Listened, all: boolean): void {
    const { delay, waiting } = listened;
    const waits = !all && delay.hopes && waiting.reduce((sum, { pcm }) => sum + pcm.length, 0) < PATIENCE;
    while (waiting.length > 0) {
      const span = waiting.shift() as Span;
      const silent = silence(span.pcm);
      if (waits) {
        // Of silence so much is kept back as may have to go.
        const now = waiting.length > 0 && silent === span.pcm.length ? silent : silent - LONGEST;
        if (now > 0) this.#put(side, listened, { ...span, pcm: span.pcm.slice(0, now) });
        const [rest, why] = now > 0 ? [now, null] : [0, span.why];
        if (rest < span.pcm.length) {
          waiting.unshift({ start: span.start + rest, pcm: span.pcm.slice(rest), why });
          break;
        }
        continue;
      }
      this.#shift(side, listened, span, delay.known ?? listened.shift ?? 0);
    }
  }

  /** Give what waits as it is: a kernel that is killed keeps no more than it has. */
  #wait(side: Side, listened: Listened): void {
    const { waiting, shift } = listened;
    // Of silence the next beat gives some, at its place: what is pending is behind all that has one.
    if (waiting[0] && silence(waiting[0].pcm) === waiting[0].pcm.length) return;
    for (const { start, pcm } of waiting) {
      const from = Math.max(start, listened.pending, shift ?? 0);
      const part = pcm.slice(Math.max(0, from - start));
      if (part.length === 0) continue;
      listened.pending = start + pcm.length;
      this.#rest.push({ side, start: from - (shift ?? 0), pcm: part, holes: [], alignment: "pending" });
    }
  }

  /** Put a span where it was heard: where it begins, or from where on nobody notices it. */
  #shift(side: Side, listened: Listened, span: Span, to: number): void {
    const { start, pcm, why } = span;
    const shift = listened.shift;
    const free = shift === null || why !== null || Math.abs(to - shift) < NEAR;
    const cut = free ? 0 : quiet(pcm, Math.abs(to - shift));
    listened.aligned &&= shift === null || Math.abs(to - shift) < FAR;
    if (cut === null) {
      this.#put(side, listened, span);
      return;
    }
    if (cut > 0) this.#put(side, listened, { start, pcm: pcm.slice(0, cut), why });
    if (shift === null || why !== null || Math.abs(to - shift) >= NEAR) listened.shift = to;
    listened.aligned = listened.delay.known !== null;
    this.#put(side, listened, { start: start + cut, pcm: pcm.slice(cut), why: cut > 0 ? null : why });
  }

  #put(side: Side, listened: Listened, { start, pcm, why }: Span): void {
    listened.shift ??= 0;
    const at = start - listened.shift;
    const before = this.#ends.get(side) ?? Math.max(0, at);
    const missing = at - before;
    const twice = Math.min(pcm.length, Math.max(0, -missing));
    let part = pcm.slice(twice);
    let from = at + twice;
    const holes: Hole[] = [];
    if (missing > 0 && why) holes.push({ start: before, samples: missing, reason: why });
    else if (missing > 0) {
      part = new Int16Array(missing + pcm.length);
      part.set(pcm, missing);
      from = before;
    }
    if (part.length === 0) return;
    this.#ends.set(side, from + part.length);
    const alignment = listened.aligned || silence(part) === part.length ? "aligned" : "unaligned";
    this.#rest.push({ side, start: from, pcm: part, holes, alignment });
  }

  #tell(last: boolean): void {
    const parts = this.#rest;
    const microphone = this.microphone;
    this.#rest = [];
    this.microphone = null;
    const zero = performance.now() - this.#context.currentTime * 1000;
    this.#give({ clock: this.#clock, zero, parts, last, microphone });
  }
}

/** So many samples of silence it begins with, or of a decoder's noise. */
function silence(pcm: Int16Array): number {
  const sound = pcm.findIndex((value) => Math.abs(value) > 32_768 * SILENT);
  return sound < 0 ? pcm.length : sound;
}

/** Where so many samples begin of which nobody misses one. */
function quiet(pcm: Int16Array, count: number): number | null {
  let run = 0;
  for (const [i, value] of pcm.entries()) {
    run = Math.abs(value) < QUIET ? run + 1 : 0;
    if (run >= count) return i + 1 - count;
  }
  return null;
}
