import type { Scope } from "../scope.ts";
import type { FromKernel, Model, Problem, SoundFacts } from "./given.ts";
import { Stream } from "./stream.ts";
import * as words from "./words.ts";

export type SoundState = "none" | "later" | "asleep" | "loading" | "ready" | "failed";

/** Talks of no more pieces (a minute each) are asked for before somebody wants to hear them, and whole. */
const AT_ONCE = 10;

/** The sound of a talk: brought from the kernel, or here already; played by one element for all views. */
export class Sound {
  readonly media = new Audio();
  state: SoundState;
  /** So much of it is here, of 1; null: what is here is enough, or what comes next will be. */
  share: number | null = 0;
  problem: Problem | null;
  /** The browser wants a click first. */
  blocked = false;

  #facts: SoundFacts;
  readonly #model: Model;
  readonly #scope: Scope;
  readonly #changed: () => void;
  readonly #pieces: DataView[] = [];
  #form: "opus" | "wav" | "webm" = "opus";
  #stream: Stream | null = null;
  #streaming: Scope | null = null;
  #wanted = false;
  #until: number | null = null;
  #url: string | null = null;

  /** `changed`: something of it is to be shown; while it plays, with every frame. */
  constructor(model: Model, facts: SoundFacts, scope: Scope, changed: () => void) {
    [this.#model, this.#facts, this.#scope, this.#changed] = [model, facts, scope, changed];
    this.problem = facts.error;
    this.state = begins(facts);
    this.media.preload = "auto";
    for (const type of ["play", "pause", "seeked", "ended", "loadedmetadata"]) scope.on(this.media, type, changed);
    scope.on(this.media, "play", () => this.#follow());
    scope.on(this.media, "error", () => this.#fail({ code: "unplayable", message: words.unplayable, next_step: "" }));
    scope.defer(() => {
      this.media.pause();
      this.media.removeAttribute("src");
      if (this.#url) URL.revokeObjectURL(this.#url);
    });
    if (facts.state === "embedded") this.#take([model.get("_sound")], facts.mime);
    else this.#choose();
    for (const type of ["seeking", "timeupdate"]) scope.on(this.media, type, () => this.#streams());
    scope.on(this.media, "ended", () => {
      this.#wanted = false;
    });
  }

  get ms(): number {
    return this.media.currentTime * 1000;
  }

  get playing(): boolean {
    return !this.media.paused || (this.#wanted && this.state === "loading");
  }

  /** The talk is longer, or does not go on any more: `alive`, there is a kernel to bring it. */
  change(facts: SoundFacts, alive: boolean): void {
    this.#facts = facts;
    this.#pieces.length = this.share = 0;
    const { ms } = this;
    if (this.#url || this.#stream) {
      this.media.removeAttribute("src");
      this.media.load();
      if (this.#url) URL.revokeObjectURL(this.#url);
      this.#streaming?.close();
      this.#url = this.#stream = this.#streaming = null;
      this.seek(ms);
    }
    if (facts.state === "kernel") this.#choose();
    [this.problem, this.state] = [facts.error, begins(facts)];
    this.#wanted &&= this.state === "asleep";
    if (this.#wanted) this.#load();
    else if (alive) this.greet();
  }

  /** The kernel is there: what is short is brought now. */
  greet(): void {
    if (this.state === "asleep" && this.#facts.pieces <= AT_ONCE) this.#load();
  }

  /** Play on, or a stretch. */
  play(until: number | null = null): void {
    if (this.state === "later" || this.state === "none") return;
    this.#until = until;
    this.#wanted = true;
    if (this.state === "asleep" || this.state === "failed") this.#load();
    if (this.state === "ready") this.#start();
    // A long sound comes when the click is long over: an element that was told to play in it may play then.
    else if (this.state === "loading") this.media.play().catch(() => {});
    this.#changed();
  }

  pause(): void {
    this.#wanted = false;
    this.media.pause();
    this.#changed();
  }

  /** Also without a sound there is a place in the talk. */
  seek(ms: number): void {
    this.#until = null;
    this.media.currentTime = ms / 1000;
    this.#changed();
  }

  receive(message: FromKernel, buffers: readonly DataView[]): void {
    const [bytes] = buffers;
    if (message.type === "sound.failed") {
      this.#stream?.failed();
      this.#fail(message.error);
    } else if (message.type === "sound" && bytes && this.#stream) {
      this.#stream.receive(message.piece, bytes, message.head);
      this.#streams();
    } else if (message.type === "sound" && bytes && message.piece === this.#pieces.length && this.state === "loading") {
      this.#pieces.push(bytes);
      this.share = this.#pieces.length / message.of;
      if (this.#pieces.length < message.of) this.#ask(this.#pieces.length);
      else this.#take(this.#pieces.splice(0), message.mime);
      this.#changed();
    }
  }

  #choose(): void {
    const { piece_ms, mime } = this.#facts;
    this.#form = piece_ms && Stream.able ? "webm" : this.media.canPlayType(mime) ? "opus" : "wav";
  }

  #load(): void {
    this.state = "loading";
    this.problem = null;
    this.#pieces.length = this.share = 0;
    if (this.#form === "webm") this.#begin();
    else this.#ask(0);
  }

  /** A long sound plays once the piece is here in which it is to begin. */
  #begin(): void {
    const { duration_ms: durationMs } = this.#model.get("_shown");
    const form = { pieceMs: this.#facts.piece_ms ?? 0, durationMs };
    this.share = null;
    if (this.#stream) this.#stream.fill();
    else {
      this.#streaming = this.#scope.child();
      this.#stream = new Stream(this.media, form, (piece) => this.#ask(piece), this.#streaming);
    }
    this.#streams();
  }

  /** Whether it can be heard at this place may be another thing than a moment ago. */
  #streams(): void {
    if (!this.#stream || this.state === "failed") return;
    const before = this.state;
    this.state = this.#stream.ready ? "ready" : "loading";
    if (this.state === before) return;
    if (this.state === "ready" && this.#wanted && this.media.paused) this.#start();
    this.#changed();
  }

  #ask(piece: number): void {
    this.#model.send({ type: "sound", piece, form: this.#form });
  }

  #take(pieces: readonly DataView[], mime: string): void {
    this.#url = URL.createObjectURL(new Blob(pieces as DataView<ArrayBuffer>[], { type: mime }));
    this.state = "ready";
    this.media.src = this.#url;
    if (this.#wanted) this.#start();
  }

  #fail(problem: Problem): void {
    this.state = "failed";
    this.problem = problem;
    this.#wanted = false;
    this.#changed();
  }

  #start(): void {
    this.blocked = false;
    this.media.play().catch((error: unknown) => {
      // Another sound has come into its place, which plays on.
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.blocked = error instanceof DOMException && error.name === "NotAllowedError";
      this.#wanted = false;
      this.#changed();
    });
  }

  #follow(): void {
    if (this.media.paused) return;
    if (this.#until !== null && this.ms >= this.#until) this.pause();
    this.#changed();
    this.#scope.frame(() => this.#follow());
  }
}

function begins({ state }: SoundFacts): SoundState {
  return state === "none" || state === "later" ? state : "asleep";
}
