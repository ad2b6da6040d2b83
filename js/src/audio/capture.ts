import type { Scope } from "../scope.ts";
import { Resampler } from "./resample.ts";
import { RATE } from "./speaker.ts";
import { Tap } from "./tap.ts";

/** Silence takes the place of what is lost, up to so many seconds. */
const LONGEST_GAP = 10;

export interface Captured {
  readonly pcm: Int16Array<ArrayBuffer>;
  /** The number of `pcm[0]`, counted at 24 kHz from the context's zero. */
  readonly start: number;
  /** What was lost, as far as silence stands for it in `pcm`; what lies before `start` is left out. */
  readonly lost: { readonly from: number; readonly to: number } | null;
}

/** What a node sounds like, as PCM16 at 24 kHz: each sample once, from the making on. */
export class Capture {
  readonly #tap: Tap;
  readonly #resampler: Resampler;
  readonly #ratio: number;
  readonly #longest: number;
  #next: number;
  #start: number;

  constructor(context: BaseAudioContext, source: AudioNode, scope: Scope) {
    this.#tap = new Tap(context, source, scope);
    this.#resampler = new Resampler(context.sampleRate, RATE);
    this.#ratio = RATE / context.sampleRate;
    this.#longest = LONGEST_GAP * context.sampleRate;
    const { samples, start } = this.#tap.read();
    this.#next = start + samples.length;
    this.#start = this.#place(this.#next);
  }

  /** What came since the last time. */
  read(): Captured {
    const { samples, start: first } = this.#tap.read();
    const gap = first - this.#next;
    const missing = Math.min(gap, this.#longest);
    const lost = gap > 0 ? { from: this.#place(this.#next), to: this.#place(first) } : null;
    this.#next = first + samples.length;
    const whole = new Float32Array(missing + samples.length);
    whole.set(samples, missing);
    const pcm = Int16Array.from(this.#resampler.push(whole), (value) =>
      Math.max(-32768, Math.min(32767, Math.round(value * 32768))),
    );
    const start = this.#start + this.#place(gap - missing);
    this.#start = start + pcm.length;
    return { pcm, start, lost };
  }

  #place(sample: number): number {
    return Math.round(sample * this.#ratio);
  }
}
