import type { Scope } from "../scope.ts";
import { Resampler } from "./resample.ts";
import { RATE } from "./speaker.ts";
import { Tap } from "./tap.ts";

/** A page that did not come round to it for longer than this has lost sound; silence takes its place. */
const SECONDS = 4;
const LONGEST_GAP = 10;

/** What a node sounds like, as PCM16 at 24 kHz: each sample once, from the making on. */
export class Capture {
  readonly #tap: Tap;
  readonly #resampler: Resampler;
  readonly #longest: number;
  #next: number;

  constructor(context: BaseAudioContext, source: AudioNode, scope: Scope) {
    this.#tap = new Tap(context, source, scope, SECONDS);
    this.#resampler = new Resampler(context.sampleRate, RATE);
    this.#longest = LONGEST_GAP * context.sampleRate;
    const { samples, start } = this.#tap.read();
    this.#next = start + samples.length;
  }

  /** What came since the last time. */
  read(): Int16Array<ArrayBuffer> {
    const { samples, start } = this.#tap.read();
    const missing = Math.min(start - this.#next, this.#longest);
    this.#next = start + samples.length;
    const whole = new Float32Array(missing + samples.length);
    whole.set(samples, missing);
    return Int16Array.from(this.#resampler.push(whole), (value) =>
      Math.max(-32768, Math.min(32767, Math.round(value * 32768))),
    );
  }
}
