import type { Heard } from "./ear.ts";
import { Resampler } from "./resample.ts";
import { RATE } from "./speaker.ts";

const EARLIEST = -0.01 * RATE;
/** The longest delay that is looked for. */
export const LONGEST = 0.08 * RATE;
/** Compared at once. */
const WINDOW = 0.2 * RATE;
/** Of silence before the first sound, so that it is compared from its beginning on. */
const LEAD = 0.005 * RATE;
const KEPT = 2 * RATE;
/** Quieter is silence, or little more than the noise of 16 bits. */
const SILENT = 2 ** -13;
/** How alike the two must be: it is the same sound, sampled anew. */
const ALIKE = 0.8;
/** A sound that repeats itself fits elsewhere too; by so much less it must. */
const CLEAR = 0.03;
/** As far as the best fit's own flanks go. */
const FLANK = 0.001 * RATE;
/** A frame that lies so far from where it belongs goes on elsewhere. */
const LOST_S = 0.015;
const TRIES = 40;

/**
 * By how many samples at 24 kHz a node's sound lies behind what an ear heard at the same time: found by laying one over the
 * other, once. Pure.
 */
export class Delay {
  /** Null: not known yet. */
  known: number | null = null;

  #ear: unknown = null;
  #rate = 0;
  /** The sample that goes on from here, at the ear's rate. */
  #next = 0;
  #resampler = new Resampler(RATE, RATE);
  #heard = new Float32Array(0);
  /** The number of the first one that is kept, of all that were heard in a row. */
  #first = 0;
  /** Where the first of the row lies, as each of its frames has it. */
  #origins: number[] = [];
  /** From here on it is to be compared. */
  #untried = 0;
  #tries = 0;
  #kept = new Float32Array(0);
  #start = 0;

  /** What an ear heard. Another ear begins anew. */
  hear({ samples, start, rate }: Heard, ear: unknown): void {
    if (this.#over || samples.length === 0) return;
    if (ear !== this.#ear || rate !== this.#rate || Math.abs(start - this.#next) > LOST_S * rate) {
      this.#resampler = new Resampler(rate, RATE);
      this.#heard = new Float32Array(0);
      this.#origins = [];
      this.#first = this.#untried = 0;
    }
    this.#ear = ear;
    this.#rate = rate;
    this.#next = start + samples.length;
    const more = this.#resampler.push(samples);
    this.#origins.push((start * RATE) / rate - (this.#first + this.#heard.length));
    const all = joined(this.#heard, more);
    this.#heard = all.slice(-KEPT);
    this.#first += all.length - this.#heard.length;
    while (this.#origins.length > 100) this.#origins.shift();
  }

  /** What the node gave, from this sample on. */
  give(pcm: Int16Array, start: number): void {
    if (this.#over) return;
    const goesOn = start === this.#start + this.#kept.length;
    const all = joined(
      goesOn ? this.#kept : new Float32Array(0),
      Float32Array.from(pcm, (value) => value / 32768),
    );
    this.#kept = all.slice(-KEPT);
    this.#start = start + pcm.length - this.#kept.length;
    while (!this.#over && this.#compare());
    if (this.#over) this.#heard = this.#kept = new Float32Array(0);
  }

  /** It may become known: something was heard. */
  get hopes(): boolean {
    return this.#ear !== null && !this.#over;
  }

  get #over(): boolean {
    return this.known !== null || this.#tries >= TRIES;
  }

  /** False: there is too little yet. */
  #compare(): boolean {
    const origin = middle(this.#origins);
    const from = Math.max(this.#untried, this.#first, Math.ceil(this.#start - EARLIEST - origin));
    const sound = this.#heard.findIndex((value, i) => i >= from - this.#first && Math.abs(value) > SILENT);
    if (sound < 0) return false;
    const begin = Math.max(from, this.#first + sound - LEAD);
    const place = Math.round(begin + origin) - this.#start + EARLIEST;
    const needle = this.#heard.subarray(begin - this.#first, begin - this.#first + WINDOW);
    const hay = this.#kept.subarray(place, place + WINDOW + LONGEST - EARLIEST);
    if (needle.length < WINDOW || hay.length < WINDOW + LONGEST - EARLIEST) return false;
    this.#untried = begin + WINDOW;
    this.#tries += 1;
    const fits = alike(needle, hay);
    const best = fits.indexOf(Math.max(...fits));
    const fit = fits[best] as number;
    const other = Math.max(...fits.map((value, i) => (peak(fits, i) && Math.abs(i - best) > FLANK ? value : 0)));
    if (fit >= ALIKE && other <= fit - CLEAR) this.known = best + EARLIEST;
    return true;
  }
}

/** How alike the two are (1: the same, however loud), for each place of the needle. */
function alike(needle: Float32Array, hay: Float32Array): number[] {
  const count = hay.length - needle.length + 1;
  const energy = power(needle);
  let behind = power(hay.subarray(0, needle.length));
  return Array.from({ length: count }, (_, lag) => {
    let sum = 0;
    for (let i = 0; i < needle.length; i++) sum += (needle[i] as number) * (hay[lag + i] as number);
    const fit = behind > 0 ? sum / Math.sqrt(energy * behind) : 0;
    behind += (hay[lag + needle.length] ?? 0) ** 2 - (hay[lag] as number) ** 2;
    return fit;
  });
}

function power(samples: Float32Array): number {
  return samples.reduce((sum, value) => sum + value * value, 0);
}

function peak(values: readonly number[], i: number): boolean {
  const value = values[i] as number;
  return value >= (values[i - 1] ?? -1) && value >= (values[i + 1] ?? -1);
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function joined(one: Float32Array, other: Float32Array): Float32Array<ArrayBuffer> {
  const all = new Float32Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}
