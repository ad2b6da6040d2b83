import { Desk } from "../audio/desk.ts";
import { type Lane, newLane } from "../audio/levels.ts";
import { checkPage } from "../audio/microphone.ts";
import { type FailureCode, PageFailure } from "../failure.ts";
import { type Link, newId, RequestFailed } from "../link.ts";
import type { ErrorInfo, HangUpMessage, KernelMessage, Side, Traits } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import type { Call, CallHost } from "./call.ts";
import { openPeer } from "./peer.ts";

export const VIEW_GONE_MS = 10_000;
export const SILENT_WARN_MS = 5_000;
export const SILENT_END_MS = 30_000;
const METER_MS = 100;

export type Stage = "none" | "asking" | "offering" | "open";

/** What this page knows of its own media; the panel draws it beside the traits. */
export interface CallFacts {
  readonly stage: Stage;
  /** `performance.now()` at the start of the stage. */
  readonly since: number;
  readonly hasMicrophone: boolean;
  readonly muted: boolean;
  readonly talkingWhileMuted: boolean;
  /** The browser wants a click before it plays. */
  readonly soundBlocked: boolean;
  /** The device went away in mid-call. */
  readonly microphoneGone: boolean;
  /** Nothing was heard from the kernel for 5 s. */
  readonly kernelSlow: boolean;
  /** Why the last call ended on this page, until the next one. */
  readonly failure: FailureCode | "kernel_gone" | null;
  readonly refusal: ErrorInfo | null;
}

/** One talk at this page, from Call to Hang up: the sound, and the calls that it uses in sequence. */
interface Talk {
  readonly scope: Scope;
  readonly desk: Desk;
  stage: Stage;
  since: number;
  /** The call of the moment and its scope; a closed one is never used again. */
  attempt: Scope | null;
  call: Call | null;
  /** The kernel's number of the newest call; null until its answer. */
  number: number | null;
}

/** Places and ends this page's calls, and lets go of the microphone whenever nobody watches over it any more. */
export class Caller {
  readonly lanes: Readonly<Record<Side, Lane>> = { user: newLane(), assistant: newLane() };
  /** Told of every mark, for the words that light up. */
  onVoiced: (side: Side, voiced: boolean, at_ms: number) => void = () => {};

  readonly #link: Link;
  readonly #scope: Scope;
  readonly #traits: () => Traits;
  readonly #changed: () => void;
  #talk: Talk | null = null;
  #views = 0;
  #cancelLeaving: () => void = () => {};
  #mutedHere: boolean | null = null;
  #soundBlocked = false;
  #microphoneGone = false;
  #typing = 0;
  #slow = false;
  #lastNumber = 0;
  #failure: CallFacts["failure"] = null;
  #refusal: ErrorInfo | null = null;

  constructor(link: Link, traits: () => Traits, changed: () => void, scope: Scope) {
    this.#link = link;
    this.#traits = traits;
    this.#changed = changed;
    this.#scope = scope;
    scope.on(window, "pagehide", () => this.#end("page_gone"));
    scope.defer(() => this.#drop());
  }

  get facts(): CallFacts {
    const talk = this.#talk;
    return {
      stage: talk?.stage ?? "none",
      since: talk?.since ?? 0,
      hasMicrophone: talk?.desk.hasMicrophone ?? false,
      muted: this.#muted,
      talkingWhileMuted: talk?.desk.talkingWhileMuted ?? false,
      soundBlocked: this.#soundBlocked,
      microphoneGone: this.#microphoneGone,
      kernelSlow: talk?.stage === "open" && this.#silence > SILENT_WARN_MS,
      failure: this.#failure,
      refusal: this.#refusal,
    };
  }

  /** The meters' clock in milliseconds; null without a call. */
  get now(): number | null {
    return this.#talk?.desk.levels.now ?? null;
  }

  get lively(): boolean {
    return this.#talk?.desk.levels.lively ?? false;
  }

  voiced(side: Side): boolean {
    return this.#talk?.desk.levels.voiced(side) ?? false;
  }

  // --- what a person does ------------------------------------------------------------------------

  /** To be called in the click's own task. A second click changes nothing. */
  call(microphone = true): void {
    if (this.#talk || this.#scope.closed) return;
    this.#failure = null;
    this.#refusal = null;
    this.#soundBlocked = false;
    this.#microphoneGone = false;
    try {
      checkPage(microphone);
    } catch (error) {
      this.#tellFailure(error);
      return;
    }
    const scope = this.#scope.child();
    const desk = new Desk(this.lanes, (...mark) => this.#onMark(...mark), scope);
    const since = performance.now();
    const talk: Talk = { scope, desk, stage: "asking", since, attempt: null, call: null, number: null };
    this.#talk = talk;
    this.#clearLanes();
    desk.mute(this.#muted);
    this.#link.send({ type: "call.pending" });
    if (scope.closed) return;
    scope.every(METER_MS, () => this.#poll(talk));
    this.#changed();
    this.#place(talk, microphone).catch((error: unknown) => this.#fail(talk, error));
  }

  hangUp(): void {
    this.#end("user");
  }

  mute(muted: boolean): void {
    this.#mutedHere = muted;
    this.#talk?.desk.mute(muted);
    this.#changed();
    void this.#link.ask({ type: "set", name: "muted", value: muted }).then(() => {
      if (this.#mutedHere === muted) this.#mutedHere = null;
      this.#applyMute();
    });
  }

  /** Stop the assistant: at once here, by client events at the service, and told to the kernel. */
  interrupt(): void {
    const talk = this.#talk;
    if (talk?.call) {
      talk.desk.playout.hush();
      for (const type of ["response.cancel", "output_audio_buffer.clear"]) {
        const event = { type, event_id: newId("event") };
        if (talk.call.send(event)) this.#link.send({ type: "client_event", call: talk.call.number, event });
      }
    }
    this.#link.send({ type: "interrupt" });
  }

  /** A typed turn. Resolves with the refusal, or null. */
  async say(text: string): Promise<ErrorInfo | null> {
    // Without a call the kernel opens one and asks us for an offer: nobody wants the microphone for that.
    this.#typing += 1;
    const refusal = await this.#link.ask({ type: "send_text", text });
    this.#typing -= 1;
    return refusal;
  }

  /** The click that the browser wanted. */
  unblockSound(): void {
    const talk = this.#talk;
    if (!talk) return;
    talk.desk.wake();
    void talk.desk.playout.start().then((plays) => {
      this.#soundBlocked = !plays;
      this.#changed();
    });
  }

  // --- what happens ------------------------------------------------------------------------------

  views(count: number): void {
    this.#views = count;
    this.#cancelLeaving();
    if (count === 0) this.#cancelLeaving = this.#scope.after(VIEW_GONE_MS, () => this.#end("view_gone"));
  }

  /** A trait changed. */
  traitsChanged(): void {
    this.#applyMute();
    const state = this.#traits().connection_state;
    // Nothing will come any more for a talk that only waits for a new offer.
    if ((state === "disconnected" || state === "error") && this.#talk?.stage === "open" && !this.#talk.attempt) {
      this.#drop();
    }
  }

  take(message: KernelMessage, buffers: readonly DataView[]): void {
    switch (message.type) {
      case "call.close": {
        const talk = this.#talk;
        if (!talk || !this.#isFor(talk, message.call)) return;
        if (message.keep_microphone) this.#endAttempt(talk);
        else this.#drop();
        this.#changed();
        return;
      }
      case "call.offer_wanted":
        this.#offerWanted(message);
        return;
      case "play":
        if (this.#talk && buffers[0]) this.#play(this.#talk, message.request_id, message.sample_rate, buffers[0]);
        return;
      case "interrupt":
        this.#talk?.desk.playout.hush();
        return;
    }
  }

  /** The comm is closed or refuses: nobody could tell us to stop. */
  kernelGone(): void {
    if (this.#talk) this.#failure = "kernel_gone";
    this.#drop();
    this.#changed();
  }

  // --- inside ------------------------------------------------------------------------------------

  async #place(talk: Talk, microphone: boolean): Promise<void> {
    if (microphone) {
      await talk.desk.takeMicrophone(() => {
        this.#microphoneGone = true;
        void talk.call?.replaceTrack(talk.desk.track);
        this.#changed();
      });
    }
    await this.#connect(talk);
  }

  async #connect(talk: Talk): Promise<void> {
    const attempt = talk.scope.child();
    talk.attempt = attempt;
    this.#stage(talk, "offering");
    try {
      talk.call = await openPeer(talk.desk.track, this.#host(talk, attempt), attempt);
      this.#stage(talk, "open");
    } catch (error) {
      // An attempt that was ended by us has nothing to report.
      if (!attempt.closed) throw error;
    }
  }

  #host(talk: Talk, attempt: Scope): CallHost {
    return {
      answer: async (sdp) => {
        const microphone = talk.desk.hasMicrophone;
        const reply = await this.#link.request({ type: "call.open", sdp, microphone }, attempt.signal);
        if (reply.type !== "answer") throw new PageFailure("ice_failed", "the kernel sent no answer");
        talk.number = reply.call;
        this.#lastNumber = Math.max(this.#lastNumber, reply.call);
        return reply;
      },
      state: (call, state) => this.#link.send({ type: "call.peer", call, state }),
      remote: (stream) => {
        void talk.desk.hear(stream, attempt).then((plays) => {
          this.#soundBlocked = !plays;
          this.#changed();
        });
      },
    };
  }

  /** A close may be late: for a call before the one that is being placed. 0 means whatever there is. */
  #isFor(talk: Talk, call: number): boolean {
    if (call === 0) return true;
    return talk.number === null ? call > this.#lastNumber : call === talk.number;
  }

  #offerWanted(message: Extract<KernelMessage, { type: "call.offer_wanted" }>): void {
    if (message.page !== this.#link.page && (message.page !== "" || this.#views === 0)) return;
    const talk = this.#talk;
    if (!talk) {
      if (message.reason === "connect") this.call(this.#typing === 0);
      return;
    }
    if (message.reason !== "reconnect") return;
    this.#endAttempt(talk);
    this.#connect(talk).catch((error: unknown) => this.#fail(talk, error));
  }

  #endAttempt(talk: Talk): void {
    talk.attempt?.close();
    talk.attempt = null;
    talk.call = null;
  }

  #play(talk: Talk, request_id: string, sample_rate: number, pcm: DataView): void {
    talk.desk
      .play(pcm, sample_rate, async () => talk.call?.replaceTrack(talk.desk.track))
      .then(() => this.#link.send({ type: "played", request_id }))
      .catch((error: unknown) => {
        if (!talk.scope.closed) console.warn("[voice_widget] the recording could not be played", error);
      });
  }

  #poll(talk: Talk): void {
    const before = talk.desk.talkingWhileMuted;
    const wasSlow = this.#slow;
    talk.desk.poll();
    this.#slow = this.#silence > SILENT_WARN_MS;
    if (talk.stage === "open" && this.#silence > SILENT_END_MS) {
      this.#failure = "kernel_gone";
      this.#end("kernel_silent");
    } else if (before !== talk.desk.talkingWhileMuted || wasSlow !== this.#slow) this.#changed();
  }

  get #silence(): number {
    return this.#link.heardAt === null ? 0 : performance.now() - this.#link.heardAt;
  }

  #onMark(side: Side, voiced: boolean, at_ms: number): void {
    const call = this.#talk?.call;
    if (call) this.#link.send({ type: "voiced", call: call.number, side, voiced, at_ms });
    this.onVoiced(side, voiced, at_ms);
  }

  get #muted(): boolean {
    return this.#mutedHere ?? this.#traits().muted;
  }

  #applyMute(): void {
    this.#talk?.desk.mute(this.#muted);
    this.#changed();
  }

  #stage(talk: Talk, stage: Stage): void {
    talk.stage = stage;
    talk.since = performance.now();
    this.#changed();
  }

  #fail(talk: Talk, error: unknown): void {
    // Ended by us: that was said already.
    if (talk.scope.closed) return;
    this.#drop();
    this.#tellFailure(error);
  }

  #tellFailure(error: unknown): void {
    if (error instanceof RequestFailed) this.#refusal = error.info;
    else {
      const failure = error instanceof PageFailure ? error : new PageFailure("ice_failed", String(error));
      this.#failure = failure.code;
      this.#link.send({ type: "call.failed", code: failure.code, detail: failure.message });
    }
    this.#changed();
  }

  #end(reason: HangUpMessage["reason"]): void {
    const talk = this.#talk;
    if (!talk) return;
    this.#link.send({ type: "call.hang_up", call: talk.number ?? 0, reason });
    this.#drop();
    this.#changed();
  }

  /** Let go of everything at once: microphone, peer, sound. */
  #drop(): void {
    const talk = this.#talk;
    this.#talk = null;
    talk?.scope.close();
    this.#soundBlocked = false;
  }

  #clearLanes(): void {
    for (const lane of Object.values(this.lanes)) {
      lane.levels.fill(0);
      lane.newest = -1;
    }
  }
}
