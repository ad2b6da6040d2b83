import type { Scope } from "../scope.ts";
import type { FromKernel, Model, Problem, SoundFacts } from "./given.ts";
import * as words from "./words.ts";

export type SoundState = "none" | "later" | "asleep" | "loading" | "ready" | "failed";

/** Talks of no more pieces (a minute each) are asked for before somebody wants to hear them. */
const AT_ONCE = 10;

/** The sound of a talk: brought from the kernel in pieces, or here already; played by one element for all views. */
export class Sound {
  readonly media = new Audio();
  state: SoundState;
  /** So much of it is here, of 1. */
  share = 0;
  problem: Problem | null;
  /** The browser wants a click first. */
  blocked = false;

  #facts: SoundFacts;
  readonly #model: Model;
  readonly #scope: Scope;
  readonly #changed: () => void;
  readonly #pieces: DataView[] = [];
  #form: "opus" | "wav" = "opus";
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
    else if (!this.media.canPlayType(facts.mime)) this.#form = "wav";
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
    if (this.#url) {
      this.media.removeAttribute("src");
      this.media.load();
      URL.revokeObjectURL(this.#url);
      this.#url = null;
      this.seek(ms);
    }
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
    if (message.type === "sound.failed") this.#fail(message.error);
    else if (message.type === "sound" && bytes && message.piece === this.#pieces.length && this.state === "loading") {
      this.#pieces.push(bytes);
      this.share = this.#pieces.length / message.of;
      if (this.#pieces.length < message.of) this.#ask();
      else this.#take(this.#pieces.splice(0), message.mime);
      this.#changed();
    }
  }

  #load(): void {
    this.state = "loading";
    this.problem = null;
    this.#pieces.length = this.share = 0;
    this.#ask();
  }

  #ask(): void {
    this.#model.send({ type: "sound", piece: this.#pieces.length, form: this.#form });
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
