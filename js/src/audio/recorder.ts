import { newId } from "../link.ts";
import type { Hole, HoleReason, MicrophoneFacts, Side } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import { Capture } from "./capture.ts";
import { Delay, LONGEST } from "./delay.ts";
import type { Heard } from "./ear.ts";
import { pulse } from "./pulse.ts";
import { RATE } from "./speaker.ts";

/** Of what goes to the kernel at once. */
const PIECE_S = 0.25;
/** So much sound waits until its place is known. */
const PATIENCE = RATE;

/** Samples of one side, at 24 kHz. */
export interface Part {
  readonly side: Side;
  /** Counted from the clock's zero. */
  readonly start: number;
  readonly pcm: Int16Array<ArrayBuffer>;
  /** What is missing between the side's last part and this one. */
  readonly holes: Hole[];
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
  readonly delay: Delay;
  capture: Capture | null;
  /** Why there was nothing before the next sample; null: it goes on. */
  why: HoleReason | null;
  /** So far the samples are put back; null: none was given yet. */
  shift: number | null;
  /** What waits for its place. */
  waiting: Span[];
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
    const listened: Listened = { source, scope, delay, capture: null, why: "no_call", shift: null, waiting: [] };
    this.#sides.set(side, listened);
    scope.defer(() => {
      if (this.#sides.get(side) === listened) this.#sides.delete(side);
    });
    this.#capture(side, listened);
  }

  /** What an ear for the sound of a side has heard. */
  hear(side: Side, heard: Heard, ear: unknown): void {
    this.#sides.get(side)?.delay.hear(heard, ear);
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
    if (lost && lost.from < start) listened.why ??= "late";
    for (const [i, [from, to]] of spans.entries()) {
      if (i > 0) listened.why ??= "late";
      if (to <= from) continue;
      listened.waiting.push({ start: from, pcm: pcm.slice(from - start, to - start), why: listened.why });
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
      const known = delay.known ?? 0;
      const free = listened.shift === null || span.why !== null || silent >= known - listened.shift;
      if (free) listened.shift = known;
      this.#put(side, listened, span);
    }
  }

  #put(side: Side, listened: Listened, { start, pcm, why }: Span): void {
    listened.shift ??= 0;
    const at = start - listened.shift;
    const before = this.#ends.get(side) ?? at;
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
    this.#rest.push({ side, start: from, pcm: part, holes });
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

/** So many samples of silence it begins with. */
function silence(pcm: Int16Array): number {
  const sound = pcm.findIndex((value) => value !== 0);
  return sound < 0 ? pcm.length : sound;
}
