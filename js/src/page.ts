import { CallController } from "./calls/controller.ts";
import type { LocalState } from "./calls/local.ts";
import { type Asking, Link, type Model, type Reply, RequestFailed } from "./link.ts";
import { type Loaded, Loading } from "./loading.ts";
import type { ErrorInfo, EventsMessage, KernelMessage, ResultContentMessage, SetMessage, Traits } from "./model.gen.ts";
import { Playhead } from "./playhead.ts";
import { Scope } from "./scope.ts";
import { Store } from "./store.ts";
import type { PanelSource, Refusal, View, Wanted } from "./view/source.ts";

/** A kernel that has said nothing after this long is not there: the panel shows what was saved. */
const REPLAY_MS = 4000;

/** A kernel that has not answered after this long is asked again. */
const WANTED_MS = 5000;

/** Not every host has one event for all of them. */
const TRAITS = [
  "connection_state",
  "activity",
  "user_speaking",
  "assistant_speaking",
  "voice",
  "voices",
  "muted",
  "turn_detection",
  "transport",
  "reconnect_attempts",
  "retry_at",
  "error",
  "notice",
  "transcript",
  "turns",
  "service_name",
  "model",
  "examples",
  "holder",
  "call_started_at",
  "summary",
  "can_call",
  "image_bytes",
  "recording",
  "consent",
  "earlier_turns",
  "view",
  "colors",
  "variable",
  "wizard",
] as const satisfies readonly (keyof Traits)[];

/** One widget on this page: the call belongs to it, views only draw. Lives as long as the model. */
export class Page implements PanelSource {
  readonly id: string;
  readonly lanes: CallController["lanes"];

  readonly #model: Model;
  readonly #scope: Scope;
  readonly #link: Link;
  readonly #calls: CallController;
  readonly #store = new Store();
  readonly #playhead = new Playhead();
  readonly #views = new Set<View>();
  readonly #extras: Loading;
  #cells: object | null = null;
  #refusal: Refusal | null = null;
  #wasSpeaking = false;

  constructor(model: Model, signal: AbortSignal) {
    this.#model = model;
    this.#scope = new Scope(signal);
    this.#link = new Link(model, this.#scope, {
      receive: (message, buffers) => this.#receive(message, buffers),
      lost: () => this.#calls.kernelGone(),
    });
    this.id = this.#link.page;
    this.#extras = new Loading(this.#link, this.#scope, () => {
      this.#equip();
      this.#changed();
    });
    this.#calls = new CallController(
      this.#link,
      () => this.traits,
      {
        extras: async () => {
          const extras = await this.#extras.ready();
          this.#equip();
          return extras;
        },
        changed: () => this.#changed(),
        stir: () => this.#tell("stir"),
        refused: (error) => this.#refused("call", error),
      },
      this.#scope,
    );
    this.#calls.onVoiced = (side, voiced, at_ms) => this.#playhead.mark(side, voiced, at_ms);
    this.lanes = this.#calls.lanes;
    // What a saved notebook or a replay brings; the kernel's snapshot replaces it.
    this.#store.replace(model.get("transcript") ?? []);
    for (const name of TRAITS) this.#scope.listen(model, `change:${name}`, () => this.#traitsChanged(name));
    this.#scope.after(REPLAY_MS, () => {
      this.#link.kernel.giveUp();
      this.#changed();
    });
    this.#link.send({ type: "hello" });
    this.#equip();
  }

  /** A view that wants to be told, until its scope ends. */
  attach(view: View, scope: Scope): void {
    this.#views.add(view);
    this.#calls.views(this.#views.size);
    this.#prefetch();
    scope.defer(() => {
      this.#views.delete(view);
      this.#calls.views(this.#views.size);
    });
  }

  // --- what the panel draws ----------------------------------------------------------------------

  get traits(): Traits {
    return new Proxy({} as Traits, { get: (_, name) => this.#model.get(name as keyof Traits) });
  }

  get local(): LocalState {
    return this.#calls.local;
  }

  get lines(): Store["lines"] {
    return this.#store.lines;
  }

  get waiting(): Store["waiting"] {
    return this.#store.waiting;
  }

  get kernel(): PanelSource["kernel"] {
    return this.#link.kernel.state;
  }

  get loaded(): Loaded {
    return this.#extras.now;
  }

  get refusal(): Refusal | null {
    return this.#refusal;
  }

  get clock(): number | null {
    return this.#calls.now;
  }

  get sound(): PanelSource["sound"] {
    return this.#calls.sound;
  }

  get lively(): boolean {
    return this.#calls.lively;
  }

  heard(item_id: string): number | null {
    return this.#playhead.heard(item_id, this.#calls.now);
  }

  // --- what a person does ------------------------------------------------------------------------

  prepare(): void {
    this.#calls.prepare();
  }

  call(microphone = true): void {
    this.#calls.call(microphone);
  }

  hangUp(): void {
    this.#calls.hangUp();
  }

  useMicrophone(): void {
    this.#calls.useMicrophone();
  }

  mute(muted: boolean): void {
    this.#calls.mute(muted);
  }

  push(held: boolean): void {
    this.#calls.push(held);
  }

  interrupt(): void {
    this.#calls.interrupt();
  }

  unblockSound(): void {
    this.#calls.unblockSound();
  }

  pauseRecording(on: boolean): void {
    void this.#calls.pauseRecording(on);
  }

  answerConsent(agreed: boolean): void {
    this.#calls.answerConsent(agreed);
  }

  async sendText(text: string, images: ArrayBuffer[] = []): Promise<ErrorInfo | null> {
    this.#refused("text", null);
    return this.#refused("text", await this.#calls.say(text, images));
  }

  async images(item_id: string): Promise<readonly string[]> {
    const reply = await this.#wanted({ type: "images.wanted", item_id });
    return reply?.type === "images" ? reply.images : [];
  }

  async events(wanted: Wanted): Promise<EventsMessage | null> {
    const reply = await this.#wanted({ type: "events.wanted", ...wanted });
    return reply?.type === "events" ? reply : null;
  }

  async result(number: number): Promise<ResultContentMessage | ErrorInfo | null> {
    try {
      const reply = await this.#link.request({ type: "result.wanted", number }, this.#scope.signal);
      return reply.type === "result.content" ? reply : null;
    } catch (error) {
      return error instanceof RequestFailed ? error.info : null;
    }
  }

  decide(tool_call_id: string, approved: boolean, always: boolean, text: string | null): Promise<ErrorInfo | null> {
    const told = approved ? { arguments: text, reason: "" } : { arguments: null, reason: text ?? "" };
    return this.#link.ask({ type: "tool.decide", tool_call_id, approved, always, ...told });
  }

  answer(text: string, number: number | null): Promise<ErrorInfo | null> {
    return this.#link.ask({ type: "wizard.say", text, number });
  }

  load(): void {
    this.#extras.start();
    this.#equip();
  }

  async set(name: SetMessage["name"], value: unknown): Promise<ErrorInfo | null> {
    return this.#refused("setting", await this.#link.ask({ type: "set", name, value }));
  }

  /** What the kernel answers; null: nothing in time. */
  async #wanted(message: Asking): Promise<Reply | null> {
    const patience = this.#scope.child();
    patience.after(WANTED_MS, () => patience.close());
    try {
      return await this.#link.request(message, patience.signal);
    } catch {
      return null;
    } finally {
      patience.close();
    }
  }

  // --- inside ------------------------------------------------------------------------------------

  #receive(message: KernelMessage, buffers: readonly DataView[]): void {
    if (message.type === "row") {
      const isNew = this.#store.get(message.row.item_id) === undefined;
      this.#playhead.row(message.row, isNew, this.#calls.now, this.#calls.voiced("assistant"));
    }
    if (!this.#store.take(message)) this.#calls.take(message, buffers);
    if (message.type === "snapshot") this.#prefetch();
    if (message.type !== "beat") this.#changed();
  }

  /** Also with what another widget of this page has brought. */
  #equip(): void {
    const { extras } = this.#extras.now;
    if (!extras) return;
    this.#calls.equip(extras);
    this.#cells ??= new extras.Cells(this.#model, this.#scope);
  }

  /** What is seldom used opens at once, if there was time to get it before. */
  #prefetch(): void {
    if (this.#views.size > 0 && this.kernel === "alive") this.#scope.idle(() => this.load());
  }

  #traitsChanged(name: keyof Traits): void {
    // At the end of a talk it comes whole, also to a page that missed the messages.
    if (name === "transcript") this.#store.replace(this.#model.get("transcript"));
    const speaking = this.#model.get("assistant_speaking");
    if (this.#wasSpeaking && !speaking) this.#playhead.rest();
    this.#wasSpeaking = speaking;
    this.#calls.traitsChanged();
    this.#changed();
  }

  /** What was refused last, or that the last request was met. */
  #refused(what: Refusal["what"], error: ErrorInfo | null): ErrorInfo | null {
    this.#refusal = error && { what, error };
    this.#changed();
    return error;
  }

  #changed(): void {
    this.#tell("changed");
  }

  #tell(what: keyof View): void {
    for (const view of this.#views) view[what]();
  }
}
