import type { Heard } from "./ear.ts";
import { Resampler } from "./resample.ts";
import { RATE } from "./speaker.ts";

/** Clocks are known badly on a busy machine, at first. */
const EARLIEST = -0.15 * RATE;
/** The longest delay that is looked for. */
export const LONGEST = 0.15 * RATE;
/** Compared at once. */
const WINDOW = 0.2 * RATE;
/** Of silence before the first sound, so that it is compared from its beginning on. */
const LEAD = 0.005 * RATE;
const KEPT = 4 * RATE;
/** Pieces that wait. */
const MANY = 1000;
/** Quieter is silence, or little more than the noise of 16 bits. */
export const SILENT = 2 ** -13;
/** How alike the two must be: it is the same sound, sampled anew. */
const ALIKE = 0.8;
/** A sound that repeats itself fits elsewhere too: what misses there must be so many times what misses here, and more. */
const CLEAR = 3;
const MORE = 0.01;
/** Looked at first is each so manieth sample, and all of them only where so many fit best. */
const STRIDE = 8;
const BEST = 200;
/** As far as the best fit's own flanks go. */
const FLANK = 0.001 * RATE;
/** Frames that lie less far apart are heard in a row: stamps come late, and clocks are corrected. */
const LOST_S = 1;
const TRIES = 20;
/** So long after it was found it is looked at again: a node that ran dry is later from then on. */
const AGAIN = 10 * RATE;
/** Where it is not found again, so long after it; and each time twice as long, for to look everywhere takes time. */
const SOON = RATE;
/** Found again it is the same. */
const NEAR = 0.002 * RATE;
/** So alike, it need not be looked for elsewhere. */
const SAME = 0.98;

/**
 * By how many samples at 24 kHz a node's sound lies behind what an ear heard at the same time: found by laying one over the
 * other, now and then. Pure.
 */
export class Delay {
  /** Something will be heard. */
  readonly #wanted: boolean;

  #ear: unknown = null;
  #rate = 0;
  /** The sample that goes on from here, at the ear's rate. */
  #next = 0;
  #resampler = new Resampler(RATE, RATE);
  #heard: Float32Array = new Float32Array(0);
  /** What came since the node gave something. */
  #fresh: Float32Array[] = [];
  /** The number of the first one that is kept, of all that were heard in a row. */
  #first = 0;
  /** Behind the last one. */
  #last = 0;
  /** Where the first of the row lies, as each of its frames has it, of which the last one has this number. */
  #origins: { readonly origin: number; readonly last: number }[] = [];
  /** Of the ear's samples in the row. */
  #count = 0;
  /** What the ear takes the clocks to be apart now, in samples; and when the lag was found. */
  #before = 0;
  #found: { readonly lag: number; readonly before: number } | null = null;
  /** It is at the node itself. */
  #exact = false;
  /** Another lag, found once. */
  #doubt: number | null = null;
  /** From here on it is to be compared. */
  #untried = 0;
  #tries = 0;
  #pause = SOON;
  #kept = new Float32Array(0);
  #start = 0;

  constructor(wanted = false) {
    this.#wanted = wanted;
  }

  /** What an ear heard. Another ear begins anew. */
  hear({ samples, start, rate, before_ms }: Heard, ear: unknown): void {
    this.#before = ((before_ms ?? 0) * RATE) / 1000;
    if (before_ms === null) {
      this.#found = { lag: 0, before: 0 };
      this.#exact = true;
    }
    if (this.#over || samples.length === 0) return;
    if (ear !== this.#ear || rate !== this.#rate || Math.abs(start - this.#next) > LOST_S * rate) {
      this.#resampler = new Resampler(rate, RATE);
      this.#heard = new Float32Array(0);
      this.#fresh = [];
      this.#origins = [];
      this.#first = this.#last = this.#untried = this.#count = 0;
    }
    this.#ear = ear;
    this.#rate = rate;
    this.#next = start + samples.length;
    const origin = ((start - this.#count) * RATE) / rate - this.#before;
    this.#count += samples.length;
    const fresh = this.#resampler.push(samples);
    this.#fresh.push(fresh);
    this.#last += fresh.length;
    this.#origins.push({ origin, last: this.#last });
    // A context that stands still gives nothing meanwhile, for as long as that may be.
    if (this.#fresh.length >= MANY) this.#gather();
  }

  /** What the node gave, from this sample on. */
  give(pcm: Int16Array, start: number): void {
    if (this.#over) return;
    this.#gather();
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

  /** Null: not known yet. It moves with the ear's clock. */
  get known(): number | null {
    return this.#found && Math.round(this.#found.lag + this.#found.before - this.#before);
  }

  /** Something is heard, or will be. */
  get listens(): boolean {
    return this.#wanted || this.#ear !== null;
  }

  /** It may become known. */
  get hopes(): boolean {
    return this.listens && this.#found === null && !this.#over;
  }

  get #over(): boolean {
    return this.#exact || (this.#found === null && this.#tries >= TRIES);
  }

  /** Put what came to what is kept. */
  #gather(): void {
    this.#heard = joined(this.#heard, ...this.#fresh).slice(-KEPT);
    this.#fresh = [];
    this.#first = this.#last - this.#heard.length;
    this.#origins = this.#origins.filter(({ last }) => last > this.#first);
  }

  /** False: there is too little yet. */
  #compare(): boolean {
    if (this.#last - this.#untried < WINDOW) return false;
    const from = Math.max(this.#untried, this.#first, Math.ceil(this.#start - EARLIEST - this.#origin(this.#untried)));
    let sound = Math.max(0, from - this.#first);
    while (sound < this.#heard.length && Math.abs(this.#heard[sound] as number) <= SILENT) sound += 1;
    if (sound >= this.#heard.length) return false;
    let begin = Math.max(from, this.#first + sound - LEAD);
    const origin = this.#origin(begin);
    begin += Math.max(0, Math.ceil(this.#start - EARLIEST - origin - begin));
    const place = Math.round(begin + origin) - this.#start + EARLIEST;
    const needle = this.#heard.subarray(begin - this.#first, begin - this.#first + WINDOW);
    const hay = this.#kept.subarray(place, place + WINDOW + LONGEST - EARLIEST);
    if (needle.length < WINDOW || hay.length < WINDOW + LONGEST - EARLIEST) return false;
    const known = this.known;
    const lag = known !== null && lies(needle, hay, known - EARLIEST) ? known - EARLIEST : found(needle, hay);
    this.#untried = begin + (known !== null && lag === null ? this.#pause : WINDOW);
    this.#pause = known === null || lag !== null ? SOON : Math.min(AGAIN, 2 * this.#pause);
    this.#tries += 1;
    if (lag !== null) this.#take(lag + EARLIEST, begin);
    return true;
  }

  /** The first one counts, and another one that is found twice. */
  #take(lag: number, begin: number): void {
    const known = this.known;
    const moved = known === null || Math.abs(lag - known) >= NEAR;
    const doubted = known !== null && Math.abs(lag - (this.#doubt ?? Number.POSITIVE_INFINITY)) >= NEAR;
    this.#doubt = moved ? lag : null;
    if (moved && doubted) return;
    if (moved) this.#found = { lag, before: this.#before };
    this.#doubt = null;
    this.#untried = begin + AGAIN;
  }

  /** Where the row begins, by the frames from this sample on. */
  #origin(from: number): number {
    return middle(this.#origins.filter(({ last }) => last > from).map(({ origin }) => origin)) + this.#before;
  }
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Whether the needle lies there, or near by. */
function lies(needle: Float32Array, hay: Float32Array, at: number): boolean {
  const last = Math.min(hay.length - needle.length, at + NEAR - 1);
  for (let lag = Math.max(0, at - NEAR + 1); lag <= last; lag++)
    if (alike(needle, hay, lag, STRIDE) >= SAME) return true;
  return false;
}

/** Where the needle lies, if it is clear. */
function found(needle: Float32Array, hay: Float32Array): number | null {
  const lags = Array.from({ length: hay.length - needle.length + 1 }, (_, lag) => lag);
  const fits = lags.map((lag) => alike(needle, hay, lag, STRIDE));
  let best = 0;
  let fit = 0;
  for (const lag of lags.sort((a, b) => (fits[b] as number) - (fits[a] as number)).slice(0, BEST)) {
    const exact = alike(needle, hay, lag, 1);
    fits[lag] = exact;
    if (exact > fit) [best, fit] = [lag, exact];
  }
  const other = Math.max(...fits.map((value, lag) => (peak(fits, lag) && Math.abs(lag - best) > FLANK ? value : 0)));
  return fit >= ALIKE && 1 - other >= CLEAR * (1 - fit) + MORE ? best : null;
}

/** How alike the two are (1: the same, however loud), by each so manieth sample. */
function alike(needle: Float32Array, hay: Float32Array, lag: number, stride: number): number {
  let sum = 0;
  let own = 0;
  let energy = 0;
  for (let i = 0; i < needle.length; i += stride) {
    const [one, other] = [needle[i] as number, hay[lag + i] as number];
    sum += one * other;
    own += one * one;
    energy += other * other;
  }
  return energy > 0 ? sum / Math.sqrt(own * energy) : 0;
}

function peak(values: readonly number[], i: number): boolean {
  const value = values[i] as number;
  return value >= (values[i - 1] ?? -1) && value >= (values[i + 1] ?? -1);
}

function joined(...pieces: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const all = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
