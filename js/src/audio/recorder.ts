import { newId } from "../link.ts";
import type { Hole, HoleReason, MicrophoneFacts, Side } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import { Capture } from "./capture.ts";
import { pulse } from "./pulse.ts";

/** Of what goes to the kernel at once. */
const PIECE_S = 0.25;

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

interface Listened {
  readonly source: AudioNode;
  readonly scope: Scope;
  capture: Capture | null;
  /** Why there was nothing before the next sample. */
  why: HoleReason;
}

/** Takes down what both sides sound like while it is on, read together, on the one clock of the page's sound. */
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
    const listened: Listened = { source, scope, capture: null, why: "no_call" };
    this.#sides.set(side, listened);
    scope.defer(() => {
      if (this.#sides.get(side) === listened) this.#sides.delete(side);
    });
    this.#capture(side, listened);
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
      this.#read(side, listened);
      listened.capture = null;
    });
  }

  #beat(): void {
    if (this.#run === null) return;
    for (const [side, listened] of this.#sides) this.#read(side, listened);
    if (this.#rest.length > 0) this.#tell(false);
  }

  #read(side: Side, listened: Listened): void {
    if (!listened.capture) return;
    const { pcm, start, lost } = listened.capture.read();
    const end = start + pcm.length;
    const spans: [number, number][] = lost
      ? [
          [start, Math.min(lost.from, end)],
          [Math.max(lost.to, start), end],
        ]
      : [[start, end]];
    for (const [from, to] of spans) {
      if (to <= from) continue;
      const before = this.#ends.get(side) ?? from;
      const holes: Hole[] = from > before ? [{ start: before, samples: from - before, reason: listened.why }] : [];
      listened.why = "late";
      this.#ends.set(side, to);
      const part = to - from === pcm.length ? pcm : pcm.slice(from - start, to - start);
      this.#rest.push({ side, start: from, pcm: part, holes });
    }
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
