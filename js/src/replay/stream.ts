import type { Scope } from "../scope.ts";

const MIME = 'audio/webm; codecs="opus"';
/** So many pieces before and behind the one that sounds are kept. */
const BEHIND = 3;
const AHEAD = 6;
/** A decoder hears so much before it is right. */
const RUN_UP_MS = 100;

/** A long sound that plays from any place: the pieces around it are brought one after the other, and the others go. */
export class Stream {
  readonly #source = new MediaSource();
  readonly #media: HTMLMediaElement;
  readonly #pieceMs: number;
  readonly #last: number;
  readonly #ask: (piece: number) => void;
  readonly #here = new Set<number>();
  #buffer: SourceBuffer | null = null;
  #asked: number | null = null;
  #begun = false;

  constructor(
    media: HTMLMediaElement,
    { pieceMs, durationMs }: { pieceMs: number; durationMs: number },
    ask: (piece: number) => void,
    scope: Scope,
  ) {
    [this.#media, this.#pieceMs, this.#ask] = [media, pieceMs, ask];
    this.#last = Math.ceil(durationMs / pieceMs) - 1;
    // It comes again after each end.
    scope.on(this.#source, "sourceopen", () => {
      if (this.#buffer) return;
      this.#source.duration = durationMs / 1000;
      this.#buffer = this.#source.addSourceBuffer(MIME);
      scope.on(this.#buffer, "updateend", () => this.fill());
      this.fill();
    });
    const url = URL.createObjectURL(this.#source);
    scope.defer(() => URL.revokeObjectURL(url));
    const at = media.currentTime;
    media.src = url;
    media.currentTime = at;
    for (const type of ["seeking", "timeupdate"]) scope.on(media, type, () => this.fill());
  }

  static get able(): boolean {
    return typeof MediaSource !== "undefined" && MediaSource.isTypeSupported(MIME);
  }

  /** What is to be heard now is here. */
  get ready(): boolean {
    return this.#here.has(this.#place(0));
  }

  receive(piece: number, bytes: DataView, head: number): void {
    if (piece !== this.#asked || !this.#buffer) return;
    this.#asked = null;
    this.#here.add(piece);
    // Another head would let some decoders begin anew.
    const from = this.#begun ? head : 0;
    this.#begun = true;
    this.#buffer.appendBuffer(
      new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset + from, bytes.byteLength - from),
    );
  }

  /** The kernel has not given what was asked for. */
  failed(): void {
    this.#asked = null;
  }

  /** What is needed next is asked for, if nothing is under way; what is far is let go. */
  fill(): void {
    const buffer = this.#buffer;
    if (!buffer || buffer.updating) return;
    const [first, now] = [this.#place(RUN_UP_MS), this.#place(0)];
    const far = [...this.#here].find((piece) => piece < now - BEHIND || piece > now + AHEAD);
    if (far !== undefined) {
      this.#here.delete(far);
      buffer.remove((far * this.#pieceMs) / 1000, ((far + 1) * this.#pieceMs) / 1000);
      return;
    }
    if (this.#here.has(this.#last) && this.#source.readyState === "open") this.#source.endOfStream();
    if (this.#asked !== null) return;
    for (let piece = first; piece <= Math.min(now + AHEAD, this.#last); piece += 1) {
      if (this.#here.has(piece)) continue;
      this.#asked = piece;
      this.#ask(piece);
      return;
    }
  }

  #place(beforeMs: number): number {
    const ms = Math.max(0, this.#media.currentTime * 1000 - beforeMs);
    return Math.min(this.#last, Math.floor(ms / this.#pieceMs));
  }
}
