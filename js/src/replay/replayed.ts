import { Scope } from "../scope.ts";
import { Envelope } from "./envelope.ts";
import type { Coding, FromKernel, Label, Model, Problem, Selection, Shown } from "./given.ts";
import { Sound } from "./sound.ts";
import * as words from "./words.ts";

/** So long a kernel that has something else to do may take to answer. */
const PATIENCE_MS = 5000;

/** A step of what is drawn of the last minute. */
const STEP_MS = 10;
/** The end, to the eye. */
const NEAR_MS = 50;

/** What a person does to labels. A code that is pressed again at the same place is taken back. */
export type LabelDeed =
  | { readonly type: "label"; readonly code: string; readonly seq: number }
  | { readonly type: "label"; readonly code: string; readonly start_ms: number; readonly end_ms: number }
  | { readonly type: "relabel"; readonly number: number; readonly start_ms: number; readonly end_ms: number }
  | { readonly type: "relabel"; readonly number: number; readonly note: string }
  | { readonly type: "unlabel"; readonly number: number }
  | { readonly type: "undo" };

export interface View {
  /** Something that is said in words is new; a sound that plays is at another place. */
  changed(): void;
  /** The envelope is a finer one. */
  redraw(): void;
  /** The talk is longer, or does not go on any more. */
  grown(): void;
  /** Labels, or the codes that there are, are others. */
  labelled(): void;
}

/** A talk on this page, for all views of one widget: what the kernel says, the sound, and what is selected. */
export class Replayed {
  shown: Shown;
  readonly sound: Sound;
  envelope: Envelope;
  /** Of a talk that goes on, a finer one of its last minute. */
  #recent: Envelope | null = null;
  selection: Selection | null;
  coding: Coding;
  labels: readonly Label[];
  /** Why the kernel did not do what was asked for last to a label. */
  refused: Problem | null = null;
  /** `saved`: no kernel has ever answered. */
  kernel: "unknown" | "alive" | "saved" | "lost" = "unknown";

  readonly #model: Model;
  readonly #scope: Scope;
  readonly #views = new Set<View>();
  #level: number;
  /** The picture is still being made in the kernel. */
  #drawing = false;
  /** Somebody would look closer meanwhile. */
  #closer: number | null = null;

  constructor(model: Model, signal: AbortSignal) {
    this.#model = model;
    this.#scope = new Scope(signal);
    this.shown = model.get("_shown");
    this.envelope = this.#enveloped();
    this.selection = model.get("selection");
    [this.coding, this.labels] = [model.get("_coding"), model.get("_labels")];
    this.#level = this.shown.levels - 1;
    this.sound = new Sound(model, this.shown.sound, this.#scope, () => this.#tell());
    this.#scope.listen(model, "msg:custom", (message: FromKernel, buffers: readonly DataView[] = []) =>
      this.#receive(message, buffers),
    );
    if (this.goesOn) this.sound.seek(this.shown.duration_ms);
    this.#scope.listen(model, "change:_shown", () => this.#grow());
    this.#scope.listen(model, "change:selection", () => {
      this.selection = model.get("selection");
      this.#tell();
    });
    for (const name of ["change:_labels", "change:_coding"]) {
      this.#scope.listen(model, name, () => this.#labelled());
    }
    this.#scope.listen(model, "comm_live_update", () => this.#know("lost"));
    this.#scope.after(PATIENCE_MS, () => this.kernel === "unknown" && this.#know("saved"));
    this.#send({ type: "hello" });
  }

  attach(view: View, scope: Scope): void {
    this.#views.add(view);
    scope.defer(() => this.#views.delete(view));
  }

  /** The kernel hears of it, and says it to all. */
  select(selection: Selection | null): void {
    this.selection = selection;
    const [start_ms, end_ms] = selection ?? [null, null];
    this.#send({ type: "select", start_ms, end_ms });
    this.#tell();
  }

  /** The kernel does it, and then says the labels to all: nothing is shown before. */
  code(message: LabelDeed): void {
    this.refused = this.kernel === "alive" ? null : { code: "no_kernel", message: words.unkept, next_step: "" };
    if (!this.refused) this.#send(message);
    this.#tell();
  }

  /** Its end is now: it cannot be heard yet. */
  get goesOn(): boolean {
    return this.shown.sound.state === "later";
  }

  /** How far a side's sound goes down and up between two moments. */
  range(side: number, fromMs: number, toMs: number): readonly [number, number] {
    const recent = this.#recent && fromMs >= this.#recent.fromMs ? this.#recent : this.envelope;
    return recent.range(side, fromMs, toMs);
  }

  #enveloped(): Envelope {
    const { step_ms, recent_ms } = this.shown;
    this.#recent = recent_ms === null ? null : new Envelope(this.#model.get("_recent"), STEP_MS, recent_ms);
    return new Envelope(this.#model.get("_envelope"), step_ms);
  }

  /** Who stands at the end stays at the end, as long as it moves. */
  #grow(): void {
    const before = this.shown;
    const atEnd = before.sound.state !== "later" || this.sound.ms >= before.duration_ms - NEAR_MS;
    this.shown = this.#model.get("_shown");
    this.envelope = this.#enveloped();
    this.#level = this.shown.levels - 1;
    const { sound, duration_ms } = this.shown;
    // Who listens to what is over is not disturbed by what else is new.
    if (duration_ms !== before.duration_ms || JSON.stringify(sound) !== JSON.stringify(before.sound))
      this.sound.change(sound, this.kernel === "alive");
    if (atEnd && this.goesOn) this.sound.seek(this.shown.duration_ms);
    this.#draw();
    if (this.#closer) this.look(this.#closer);
    for (const view of this.#views) view.grown();
  }

  /** A long talk is looked at before its sound was read: what comes of that is asked for, bit by bit. */
  #draw(): void {
    this.#drawing = this.shown.drawn === false && this.kernel === "alive";
    if (this.#drawing) this.#send({ type: "draw" });
  }

  #drawn(share: number): void {
    if (!this.#drawing) return;
    this.envelope = this.#enveloped();
    for (const view of this.#views) view.redraw();
    this.#drawing = share < 1;
    if (this.#drawing) this.#send({ type: "draw" });
    else if (this.#closer) this.look(this.#closer);
  }

  /** Somebody looks so close: a finer envelope is asked for, once. */
  look(msPerPixel: number): void {
    this.#closer = msPerPixel;
    const { step_ms, levels } = this.shown;
    let level = levels - 1;
    while (level > 0 && step_ms / 4 ** (levels - 1 - level) > msPerPixel) level -= 1;
    if (level >= this.#level || this.goesOn || this.#drawing || this.kernel !== "alive") return;
    this.#level = level;
    this.#send({ type: "envelope", level });
  }

  #receive(message: FromKernel, buffers: readonly DataView[]): void {
    if (this.kernel !== "alive") this.#know("alive");
    const [bytes] = buffers;
    if (message.type === "envelope" && bytes) {
      this.envelope = new Envelope(bytes, message.step_ms);
      for (const view of this.#views) view.redraw();
    } else if (message.type === "label.failed") {
      this.refused = message.error;
      this.#tell();
    } else if (message.type === "drawn") this.#drawn(message.share);
    else if (message.type === "seek") this.sound.seek(message.ms);
    else if (message.type === "play") this.sound.play();
    else if (message.type === "pause") this.sound.pause();
    else this.sound.receive(message, buffers);
  }

  #labelled(): void {
    [this.coding, this.labels] = [this.#model.get("_coding"), this.#model.get("_labels")];
    this.refused = null;
    for (const view of this.#views) view.labelled();
  }

  #know(kernel: Replayed["kernel"]): void {
    this.kernel = kernel;
    if (kernel === "alive") {
      this.sound.greet();
      this.#draw();
    }
    this.#tell();
  }

  /** A comm that refuses means that there is no kernel. */
  #send(message: object): void {
    try {
      this.#model.send(message);
    } catch {
      this.kernel = "saved";
    }
  }

  #tell(): void {
    for (const view of this.#views) view.changed();
  }
}
