import type { Scope } from "../scope.ts";

/** The largest window an analyser has. */
const WINDOW = 32768;
/** Hidden tabs get one timer per second, and pages are busy: a page that did not come round to it for longer has lost sound. */
const SECONDS = 4;

const TRIES = 5;

export interface Samples {
  readonly samples: Float32Array<ArrayBuffer>;
  /** The audio clock's number of `samples[0]`. */
  readonly start: number;
}

/**
 * Every sample of a node, read from the main thread: analysers in a row, each looking further back. No worklet, because
 * a worklet's module needs a content policy that hubs do not grant.
 */
export class Tap {
  readonly #context: BaseAudioContext;
  readonly #analysers: AnalyserNode[] = [];
  readonly #window = new Float32Array(WINDOW);
  #read: number;

  constructor(context: BaseAudioContext, source: AudioNode, scope: Scope) {
    this.#context = context;
    const count = Math.ceil((SECONDS * context.sampleRate) / WINDOW);
    let node = source;
    for (let i = 0; i < count; i++) {
      if (i > 0) {
        const delayTime = WINDOW / context.sampleRate;
        const delay = new DelayNode(context, { delayTime, maxDelayTime: delayTime + 0.01 });
        this.#join(node, delay, scope);
        node = delay;
      }
      const analyser = new AnalyserNode(context, { fftSize: WINDOW });
      this.#join(node, analyser, scope);
      this.#analysers.push(analyser);
    }
    this.#read = this.#now;
  }

  /** What came since the last time. */
  read(): Samples {
    let taken = this.#take();
    // Where the audio thread went on in the meantime, once more.
    for (let i = 0; i < TRIES && this.#now !== taken.start + taken.samples.length; i++) taken = this.#take();
    this.#read = taken.start + taken.samples.length;
    return taken;
  }

  #take(): Samples {
    const now = this.#now;
    const length = Math.max(0, Math.min(now - this.#read, WINDOW * this.#analysers.length));
    const samples = new Float32Array(length);
    const window = this.#window;
    for (const [i, analyser] of this.#analysers.entries()) {
      // This window holds the samples from `now - (i + 1) * WINDOW` up to `now - i * WINDOW`.
      const wanted = Math.min(length - i * WINDOW, WINDOW);
      if (wanted <= 0) break;
      analyser.getFloatTimeDomainData(window);
      samples.set(window.subarray(WINDOW - wanted), length - i * WINDOW - wanted);
    }
    return { samples, start: now - length };
  }

  /** The number of the sample after the newest that the analysers hold (equal in 567 of 567 readings, Chromium 156). */
  get #now(): number {
    return Math.round(this.#context.currentTime * this.#context.sampleRate);
  }

  #join(from: AudioNode, to: AudioNode, scope: Scope): void {
    from.connect(to);
    scope.defer(() => from.disconnect(to));
  }
}
