/** Zero crossings of the kernel on each side: what is folded back of a voice is 60 dB below it. */
const ZEROS = 16;
/** Of half the lower rate; the rest is for the slope. */
const PASS = 0.94;

/**
 * From one sample rate to another, piece by piece without a seam: exact fractions, so that it never drifts. Browsers
 * differ in whether a context takes a microphone of another rate (Firefox does not). Pure.
 */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  readonly #half: number;
  readonly #kernels: (Float32Array | undefined)[] = [];
  readonly #cut: number;
  #kept: Float32Array;
  /** Where the next sample is taken from, in `1 / up` samples after the first one that is kept. */
  #next: number;

  constructor(from: number, to: number) {
    const common = divisor(from, to);
    this.#up = to / common;
    this.#down = from / common;
    this.#cut = from === to ? 1 : PASS * Math.min(1, to / from);
    this.#half = Math.ceil(ZEROS / this.#cut);
    this.#kept = new Float32Array(this.#half - 1);
    this.#next = (this.#half - 1) * this.#up;
  }

  /** What is known now; the last fraction of a millisecond waits for the samples after it. */
  push(samples: Float32Array): Float32Array<ArrayBuffer> {
    const [up, half] = [this.#up, this.#half];
    const input = new Float32Array(this.#kept.length + samples.length);
    input.set(this.#kept);
    input.set(samples, this.#kept.length);
    const count = Math.max(0, Math.ceil(((input.length - half) * up - this.#next) / this.#down));
    const output = new Float32Array(count);
    for (let i = 0; i < count; i++, this.#next += this.#down) {
      const kernel = this.#kernel(this.#next % up);
      const first = Math.floor(this.#next / up) - half + 1;
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += (kernel[k] as number) * (input[first + k] as number);
      output[i] = sum;
    }
    const used = Math.floor(this.#next / up) - half + 1;
    this.#kept = input.slice(used);
    this.#next -= used * up;
    return output;
  }

  /** A sinc under a raised cosine, for samples that lie `phase / up` between two. */
  #kernel(phase: number): Float32Array {
    const known = this.#kernels[phase];
    if (known) return known;
    const half = this.#half;
    const kernel = Float32Array.from({ length: 2 * half }, (_, k) => {
      const at = k - half + 1 - phase / this.#up;
      const x = Math.PI * this.#cut * at;
      return (x === 0 ? 1 : Math.sin(x) / x) * Math.cos((Math.PI * at) / (2 * half)) ** 2;
    });
    const sum = kernel.reduce((all, one) => all + one, 0);
    this.#kernels[phase] = kernel.map((one) => one / sum);
    return this.#kernel(phase);
  }
}

function divisor(a: number, b: number): number {
  return b ? divisor(b, a % b) : a;
}
