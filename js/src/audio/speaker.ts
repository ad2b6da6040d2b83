import type { Scope } from "../scope.ts";
import { latencyOf } from "./output.ts";
import { decode } from "./player.ts";
import { Resampler } from "./resample.ts";

/** What comes over the comm. */
export const RATE = 24_000;
/** Between the first piece of an utterance and its sound, so that the second one comes in time. */
const HOLD = 0.05;
const SHORTEST_HOLD = 0.03;
const LONGEST_HOLD = 0.4;
/** Wanted between a piece's coming and its turn. */
const SPARE = 0.03;
/** The hold gets shorter by no more than this from one utterance to the next. */
const EASE = 0.02;
/** So soon after the last one it is still the same utterance, and it was late. */
const SAME = 1;
const NEVER = Number.NEGATIVE_INFINITY;
/** Against a click. */
const FADE = 0.005;

interface Piece {
  readonly source: AudioBufferSourceNode;
  /** In samples of the context's clock. */
  readonly from: number;
  readonly to: number;
  readonly ms: number;
}

/** Sound that waits for the end of a pause. */
interface Rest {
  readonly buffer: AudioBuffer | null;
  readonly ms: number;
}

/** Plays sound that comes in pieces without a seam, and knows how much of it was really heard. */
export class Speaker {
  readonly #context: AudioContext;
  readonly #out: AudioNode;
  #bus: GainNode;
  #resampler: Resampler;
  #pieces: Piece[] = [];
  /** What comes after a pause; null: there is none. */
  #paused: Rest[] | null = null;
  /** Where the next piece begins, in samples of the context's clock; never: nothing was said before. */
  #end = NEVER;
  /** Milliseconds of the pieces that were played whole, or cut. */
  #done = 0;
  #hold = HOLD;
  /** The least time in this utterance that a piece had before its turn. */
  #spare: number | null = null;

  constructor(context: AudioContext, out: AudioNode, scope: Scope) {
    this.#context = context;
    this.#out = out;
    this.#bus = this.#newBus();
    this.#resampler = this.#newResampler();
    scope.defer(() => this.clear());
  }

  /** Milliseconds of all that was given that were heard by now. */
  get played(): number {
    this.#settle();
    return this.#until(this.#heard);
  }

  get dry(): boolean {
    this.#settle();
    return this.#pieces.length === 0 && !this.#paused?.length;
  }

  /** PCM16 at 24 kHz: after what is queued. */
  play(pcm: DataView): void {
    const context = this.#context;
    const rate = context.sampleRate;
    const samples = decode(pcm);
    if (!this.#paused) {
      const spare = this.#end / rate - context.currentTime;
      if (spare > -SAME) this.#spare = Math.min(this.#spare ?? spare, spare);
      if (spare <= 0) this.#begin();
    }
    const resampled = this.#resampler.push(samples);
    const rest = { buffer: buffered(resampled, rate), ms: (samples.length * 1000) / RATE };
    if (this.#paused) this.#paused.push(rest);
    else this.#queue(rest);
  }

  /** Stand still, or go on where that was. */
  pause(on: boolean): void {
    if (on === (this.#paused !== null)) return;
    if (!on) {
      const rests = this.#paused ?? [];
      this.#paused = null;
      if (rests.length > 0) {
        this.#place();
        const from = this.#end / this.#context.sampleRate;
        this.#bus.gain.setValueAtTime(0, from).linearRampToValueAtTime(1, from + FADE);
      }
      for (const rest of rests) this.#queue(rest);
      return;
    }
    const { currentTime, sampleRate } = this.#context;
    const at = Math.ceil(currentTime * sampleRate);
    this.#paused = [];
    for (const piece of this.#silence()) {
      const { source, from, to, ms } = piece;
      const share = passed(piece, at);
      // What has left the context is still to be heard.
      if (share > 0) this.#pieces.push({ source, from, to: Math.min(to, at), ms: ms * share });
      const left = source.buffer?.getChannelData(0).subarray(Math.max(0, at - from));
      if (share < 1) this.#paused.push({ buffer: left ? buffered(left, sampleRate) : null, ms: ms * (1 - share) });
    }
  }

  /** Fall silent and forget what is queued. */
  clear(): void {
    const { currentTime, sampleRate } = this.#context;
    // What has left the context is still to be heard.
    this.#done = this.#until(currentTime * sampleRate);
    this.#silence();
    this.#paused = null;
    this.#end = NEVER;
    this.#spare = null;
  }

  /** Milliseconds of all that was given that have passed then, in samples of the context's clock. */
  #until(now: number): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.ms * passed(piece, now), this.#done);
  }

  /** Gives what was queued. */
  #silence(): Piece[] {
    const now = this.#context.currentTime;
    this.#bus.gain.setValueAtTime(1, now).linearRampToValueAtTime(0, now + FADE);
    for (const { source } of this.#pieces) source.stop(now + 2 * FADE);
    this.#bus = this.#newBus();
    return this.#pieces.splice(0);
  }

  #queue({ buffer, ms }: Rest): void {
    const source = new AudioBufferSourceNode(this.#context, { buffer });
    source.connect(this.#bus);
    source.start(this.#end / this.#context.sampleRate);
    const to = this.#end + (buffer?.length ?? 0);
    this.#pieces.push({ source, from: this.#end, to, ms });
    this.#end = to;
  }

  /** A new utterance, or one that has run dry. */
  #begin(): void {
    if (this.#spare !== null) {
      const wanted = Math.min(LONGEST_HOLD, Math.max(SHORTEST_HOLD, this.#hold - this.#spare + SPARE));
      this.#hold = Math.max(wanted, this.#hold - EASE);
    }
    this.#spare = null;
    this.#resampler = this.#newResampler();
    this.#place();
  }

  #place(): void {
    this.#end = Math.ceil((this.#context.currentTime + this.#hold) * this.#context.sampleRate);
  }

  /** What can be heard now left the context a little ago. */
  get #heard(): number {
    const { currentTime, sampleRate } = this.#context;
    return (currentTime - latencyOf(this.#context)) * sampleRate;
  }

  #settle(): void {
    const now = this.#heard;
    while (this.#pieces[0] && this.#pieces[0].to <= now) this.#done += this.#pieces.shift()?.ms ?? 0;
  }

  #newBus(): GainNode {
    const bus = new GainNode(this.#context);
    bus.connect(this.#out);
    return bus;
  }

  #newResampler(): Resampler {
    return new Resampler(RATE, this.#context.sampleRate);
  }
}

function buffered(samples: Float32Array<ArrayBuffer>, sampleRate: number): AudioBuffer | null {
  if (samples.length === 0) return null;
  const buffer = new AudioBuffer({ length: samples.length, sampleRate });
  buffer.copyToChannel(samples, 0);
  return buffer;
}

/** How much of it, 0 to 1. */
function passed({ from, to }: Piece, now: number): number {
  return to > from ? Math.min(1, Math.max(0, (now - from) / (to - from))) : 0;
}
