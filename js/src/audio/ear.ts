import type { Scope } from "../scope.ts";
import { type Hole, Offset, Origin, Stamps } from "./stamps.ts";
import { Tap } from "./tap.ts";

/** Frames of 10 ms that wait for a page that is busy. */
const WAITING = 1000;

/** Sound in a row; `start` is the number of its first sample at `rate` since the context's zero. */
export interface Heard {
  readonly samples: Float32Array;
  readonly start: number;
  readonly rate: number;
  /** By how much the context's clock is taken to be before that of the stamps, which `start` is told from. */
  readonly before_ms: number;
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
  readonly #context: BaseAudioContext;
  readonly #clocks: Clocks;
  readonly #stamps = new Stamps();
  #heard: Heard[] = [];
  #holes: Hole[] = [];

  constructor(context: BaseAudioContext, track: MediaStreamTrack, clocks: Clocks, scope: Scope) {
    this.#context = context;
    this.#clocks = clocks;
    const frames = new MediaStreamTrackProcessor({ track, maxBufferSize: WAITING }).readable.getReader();
    scope.defer(() => void frames.cancel().catch(() => {}));
    void this.#listen(frames).catch(() => {});
  }

  read(): Reading {
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
    const now_ms = performance.now();
    const clock = this.#clocks.context.seen(this.#context.currentTime * 1000, now_ms);
    const shift = this.#clocks.stamps.seen(now_ms, stamp_ms + lasts_ms) + clock.offset;
    this.#heard.push({ samples, start: Math.round(((at_ms + shift) * rate) / 1000), rate, before_ms: shift });
    if (hole) this.#holes.push({ from_ms: hole.from_ms + shift, to_ms: hole.to_ms + shift });
    if (clock.hole) this.#holes.push(clock.hole);
  }
}

/** A node of the context, where tracks have no stamps. */
export class NodeEar implements Ear {
  readonly #context: BaseAudioContext;
  readonly #tap: Tap;
  readonly #clocks: Clocks;
  #next: number | null = null;

  constructor(context: BaseAudioContext, source: AudioNode, clocks: Clocks, scope: Scope) {
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
    const { hole } = this.#clocks.context.seen(this.#context.currentTime * 1000, performance.now());
    if (hole) holes.push(hole);
    return { heard: [{ samples, start, rate, before_ms: 0 }], holes };
  }
}

/** The better one of the two that this browser has; `source` and `track` are the same sound. */
export function earOf(
  context: BaseAudioContext,
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
