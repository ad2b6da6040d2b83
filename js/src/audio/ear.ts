import type { Scope } from "../scope.ts";
import { timestampOf } from "./output.ts";
import { type Hole, Offset, Origin, Stamps } from "./stamps.ts";
import { Tap } from "./tap.ts";

/** Frames of 10 ms that wait for a page that is busy. */
const WAITING = 1000;

/** Sound in a row; `start` is the number of its first sample at `rate` since the context's zero. */
export interface Heard {
  readonly samples: Float32Array;
  readonly start: number;
  readonly rate: number;
  /**
   * By how much the context's clock is taken to be before that of the stamps, which `start` is told from. Null: there are
   * none, it is what the node gave.
   */
  readonly before_ms: number | null;
}

/** What came since the last reading, and where something is missing. */
export interface Reading {
  readonly heard: readonly Heard[];
  readonly holes: readonly Hole[];
}

export interface Ear {
  read(): Reading;
}

/** The clocks of a page, shared by all its ears: the context's to the machine's, and that to the one of the stamps. */
export class Clocks {
  readonly context = new Offset();
  readonly stamps = new Origin();

  /** Read the context's, and behind it the machine's. */
  read(context: AudioContext): ReturnType<Offset["seen"]> & { readonly now_ms: number } {
    const { contextTime, performanceTime } = timestampOf(context);
    const out_ms = contextTime && performanceTime ? contextTime * 1000 - performanceTime : null;
    const clock_ms = context.currentTime * 1000;
    const now_ms = performance.now();
    return { ...this.context.seen({ clock_ms, now_ms, out_ms }), now_ms };
  }
}

/** Chromium's: a track's own frames, with the time of each. */
interface Processor {
  readonly readable: ReadableStream<AudioData>;
}
declare const MediaStreamTrackProcessor: new (wanted: { track: MediaStreamTrack; maxBufferSize: number }) => Processor;

/**
 * A track by the time stamps of its frames. What a node of the context gives instead waits there in a buffer, some 5 to
 * 30 ms, of each track another; and a page that is busy reads the frames late, and misses none.
 */
export class TrackEar implements Ear {
  readonly #context: AudioContext;
  readonly #clocks: Clocks;
  readonly #stamps = new Stamps();
  #heard: Heard[] = [];
  #holes: Hole[] = [];

  constructor(context: AudioContext, track: MediaStreamTrack, clocks: Clocks, scope: Scope) {
    this.#context = context;
    this.#clocks = clocks;
    const frames = new MediaStreamTrackProcessor({ track, maxBufferSize: WAITING }).readable.getReader();
    scope.defer(() => void frames.cancel().catch(() => {}));
    void this.#listen(frames).catch(() => {});
  }

  read(): Reading {
    // Frames come in step with the sound: at other moments the clocks are read better.
    this.#note(this.#clocks.read(this.#context));
    const reading = { heard: this.#heard, holes: this.#holes };
    this.#heard = [];
    this.#holes = [];
    return reading;
  }

  async #listen(frames: ReadableStreamDefaultReader<AudioData>): Promise<void> {
    for (let one = await frames.read(); !one.done; one = await frames.read()) this.#take(one.value);
  }

  #take(frame: AudioData): void {
    const samples = new Float32Array(frame.numberOfFrames);
    frame.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
    const rate = frame.sampleRate;
    const lasts_ms = (1000 * samples.length) / rate;
    const stamp_ms = frame.timestamp / 1000;
    frame.close();
    const { at_ms, hole } = this.#stamps.place(stamp_ms, lasts_ms);
    const clock = this.#clocks.read(this.#context);
    const shift = this.#clocks.stamps.seen(clock.now_ms, stamp_ms + lasts_ms) + clock.offset;
    this.#heard.push({ samples, start: Math.round(((at_ms + shift) * rate) / 1000), rate, before_ms: shift });
    if (hole) this.#holes.push({ from_ms: hole.from_ms + shift, to_ms: hole.to_ms + shift });
    this.#note(clock);
  }

  #note({ hole }: { readonly hole: Hole | null }): void {
    if (hole) this.#holes.push(hole);
  }
}

/** A node of the context, where tracks have no stamps, or the sound is made here: then it is heard when the node gives it. */
export class NodeEar implements Ear {
  readonly #context: AudioContext;
  readonly #tap: Tap;
  readonly #clocks: Clocks;
  #next: number | null = null;

  constructor(context: AudioContext, source: AudioNode, clocks: Clocks, scope: Scope) {
    this.#context = context;
    this.#clocks = clocks;
    this.#tap = new Tap(context, source, scope);
  }

  read(): Reading {
    const rate = this.#context.sampleRate;
    const { samples, start } = this.#tap.read();
    const holes: Hole[] = [];
    const before = this.#next ?? start;
    if (start > before) holes.push({ from_ms: (before * 1000) / rate, to_ms: (start * 1000) / rate });
    this.#next = start + samples.length;
    const { hole } = this.#clocks.read(this.#context);
    if (hole) holes.push(hole);
    return { heard: [{ samples, start, rate, before_ms: null }], holes };
  }
}

/** The better one of the two that this browser has; `source` and `track` are the same sound (null: it is made here). */
export function earOf(
  context: AudioContext,
  track: MediaStreamTrack | null,
  source: AudioNode,
  clocks: Clocks,
  scope: Scope,
): Ear {
  try {
    if (track && "MediaStreamTrackProcessor" in globalThis) return new TrackEar(context, track, clocks, scope);
  } catch {
    // There are browsers that have it for pictures only.
  }
  return new NodeEar(context, source, clocks, scope);
}
