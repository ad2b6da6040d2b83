/** A side became voiced or silent. `at` is a sample of the audio clock. */
export interface Mark {
  readonly voiced: boolean;
  readonly at: number;
}

export interface Heard {
  readonly marks: readonly Mark[];
  /** Root mean square of each finished block of 10 ms. */
  readonly levels: readonly number[];
}

export interface MarkOptions {
  readonly sampleRate: number;
  /** Quieter than this is silence, whatever the room is like (root mean square, full scale is 1). */
  readonly quiet: number;
  /** Follow the room's noise and ask for 12 dB above it. For microphones; a synthetic voice has no room. */
  readonly followNoise: boolean;
}

/** Longer than a click, which may touch two blocks. */
const START_BLOCKS = 3;
/** Shorter pauses are within words and sentences; they make no marks. */
const STOP_BLOCKS = 20;
/** What rises out of digital silence to a voice within this is that voice from its soft beginning on, not the room. */
const RISE_BLOCKS = 20;
/** Louder than this is never the room. */
const LOUD = 0.05;
const START_OVER_NOISE = 4;
const STOP_OVER_NOISE = 2;
const DIGITAL_SILENCE = 1e-5;
const NOISE_BUCKETS = 6;
const NOISE_BUCKET_BLOCKS = 50;

/**
 * From samples to voiced marks: blocks of 10 ms with hysteresis, positions exact to the sample. Pure.
 *
 * The mark of an onset is the first loud sample, that of an end the last one, whenever it was decided.
 */
export class VoiceMarks {
  voiced = false;

  readonly #options: MarkOptions;
  readonly #size: number;
  #next = 0;
  // The block that is being filled.
  #count = 0;
  #energy = 0;
  #first: number | null = null;
  #last: number | null = null;
  #audible: number | null = null;
  // Since digital silence, and where what has been audible without a break began.
  #risen = RISE_BLOCKS;
  #rise: number | null = null;
  // The run of blocks that may become a mark.
  #run = 0;
  #onset = 0;
  #end = 0;
  // The quietest block of each of the last half seconds.
  readonly #quietest: number[] = [];
  #bucketBlocks = 0;

  constructor(options: MarkOptions) {
    this.#options = options;
    this.#size = Math.round(options.sampleRate / 100);
  }

  /** `start` is the clock's sample number of `samples[0]`. Samples may be missing between two calls. */
  push(samples: Float32Array, start: number): Heard {
    const marks: Mark[] = [];
    const levels: number[] = [];
    if (start !== this.#next) this.#empty();
    const { quiet } = this.#options;
    let loud = this.#loud;
    for (let i = 0; i < samples.length; i++) {
      const value = samples[i] as number;
      this.#energy += value * value;
      const size = Math.abs(value);
      if (size >= quiet) this.#audible ??= start + i;
      if (size >= loud) {
        this.#first ??= start + i;
        this.#last = start + i;
      }
      this.#count += 1;
      if (this.#count === this.#size) {
        const level = Math.sqrt(this.#energy / this.#size);
        levels.push(level);
        const mark = this.#block(level, start + i + 1);
        if (mark) marks.push(mark);
        this.#empty();
        loud = this.#loud;
      }
    }
    this.#next = start + samples.length;
    return { marks, levels };
  }

  /** Where what is heard was heard last, if nothing more comes. */
  get end(): Mark | null {
    return this.voiced ? { voiced: false, at: this.#end } : null;
  }

  #block(level: number, end: number): Mark | null {
    this.#follow(level);
    const rise = this.#rising(level, end);
    if (this.voiced) {
      if (level >= this.#stopLevel) {
        this.#run = 0;
        this.#end = (this.#last ?? end - 1) + 1;
        return null;
      }
      this.#run += 1;
      if (this.#run < STOP_BLOCKS) return null;
      this.voiced = false;
      this.#run = 0;
      return { voiced: false, at: this.#end };
    }
    if (level < this.#startLevel) {
      this.#run = 0;
      return null;
    }
    if (this.#run === 0) this.#onset = rise ?? this.#first ?? end - this.#size;
    this.#run += 1;
    if (this.#run < START_BLOCKS) return null;
    this.voiced = true;
    this.#run = 0;
    this.#end = (this.#last ?? end - 1) + 1;
    return { voiced: true, at: this.#onset };
  }

  get #loud(): number {
    return this.voiced ? this.#stopLevel : this.#startLevel;
  }

  get #noise(): number {
    return this.#options.followNoise && this.#quietest.length > 0 ? Math.min(...this.#quietest) : 0;
  }

  get #startLevel(): number {
    return Math.max(this.#options.quiet, Math.min(LOUD, this.#noise * START_OVER_NOISE));
  }

  get #stopLevel(): number {
    return Math.max(this.#options.quiet / 2, Math.min(LOUD / 2, this.#noise * STOP_OVER_NOISE));
  }

  /** Where the voice of this block began softly, if that was out of digital silence. */
  #rising(level: number, end: number): number | null {
    this.#risen = level < DIGITAL_SILENCE ? 0 : this.#risen + 1;
    this.#rise = level < this.#options.quiet ? null : (this.#rise ?? this.#audible ?? end - this.#size);
    return this.#risen <= RISE_BLOCKS ? this.#rise : null;
  }

  #follow(level: number): void {
    // A muted track gives zeros, which say nothing about the room.
    if (!this.#options.followNoise || level < DIGITAL_SILENCE) return;
    // The newest bucket is filled first, so that a room is known after its first block.
    if (this.#quietest.length === 0 || this.#bucketBlocks === NOISE_BUCKET_BLOCKS) {
      this.#quietest.push(level);
      if (this.#quietest.length > NOISE_BUCKETS) this.#quietest.shift();
      this.#bucketBlocks = 0;
    }
    this.#bucketBlocks += 1;
    const newest = this.#quietest.length - 1;
    this.#quietest[newest] = Math.min(this.#quietest[newest] as number, level);
  }

  #empty(): void {
    this.#count = 0;
    this.#energy = 0;
    this.#first = null;
    this.#last = null;
    this.#audible = null;
  }
}
