import { type Lane, newLane } from "../audio/levels.ts";
import { checkMicrophone } from "../audio/microphone.ts";
import type { Piece } from "../audio/recorder.ts";
import { TREATED } from "../audio/treated.ts";
import type { Extras } from "../extras.ts";
import { PageFailure } from "../failure.ts";
import { answering, isOver, pushes, unanswered } from "../known.ts";
import { type Link, newId, RequestFailed } from "../link.ts";
import type { ErrorInfo, HangUpMessage, KernelMessage, RecordingState, Side, Traits } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import * as words from "../words.ts";
import type { SoundMessage } from "./call.ts";
import { type Failed, failureOf, ofThePath } from "./failed.ts";
import { type LocalState, ofTalk } from "./local.ts";
import type { Pieces } from "./pieces.ts";
import type { Ready } from "./ready.ts";
import type { Sound } from "./sound.ts";
import { LiveTalk } from "./talk.ts";

export const VIEW_GONE_MS = 10_000;
export const SILENT_WARN_MS = 5_000;
/** While an offer waits for its answer. */
export const SILENT_OFFER_MS = 15_000;
export const SILENT_END_MS = 30_000;
const METER_MS = 100;

/** Who is told what becomes of the calls, and has what they seldom need. */
export interface CallEvents {
  extras(): Promise<Extras>;
  changed(): void;
  /** There is sound. */
  stir(): void;
  /** The kernel would not have the call; null: a new one begins. */
  refused(error: ErrorInfo | null): void;
}

/** Starts, steers and ends this page's calls, and lets go of the microphone whenever nobody watches over it any more. */
export class CallController {
  readonly lanes: Readonly<Record<Side, Lane>> = { user: newLane(), assistant: newLane() };
  /** Told of every mark, for the words that light up. */
  onVoiced: (side: Side, voiced: boolean, at_ms: number) => void = () => {};
  /** Chooses the devices, once it is loaded; until then the browser does. */
  sound: Sound | null = null;
  readonly #link: Link;
  readonly #scope: Scope;
  readonly #traits: () => Traits;
  readonly #events: CallEvents;
  #talk: LiveTalk | null = null;
  #views = 0;
  #cancelLeaving: () => void = () => {};
  #mutedHere: boolean | null = null;
  /** Typed turns that are not answered yet: an offer that one of them makes necessary goes without a microphone. */
  #typedTurns = 0;
  #slow = false;
  #pausedHere = false;
  /** Whose call was ended here last; null: nobody's, or that is long over. */
  #ended: string | null = null;
  /** The call that waits for consent. */
  #asked: { readonly microphone: boolean; readonly id: string } | null = null;
  #pieces: Pieces | null = null;
  #ready: Ready | null = null;
  #failure: LocalState["failure"] = null;

  constructor(link: Link, traits: () => Traits, events: CallEvents, scope: Scope) {
    this.#link = link;
    this.#traits = traits;
    this.#events = events;
    this.#scope = scope;
    scope.on(window, "pagehide", () => this.#end("page_gone"));
    scope.defer(() => this.#drop());
  }

  get local(): LocalState {
    return {
      ...ofTalk(this.#talk),
      muted: this.#muted,
      sound: this.sound?.state ?? null,
      kernelSlow: this.#slow,
      recording: this.#recording,
      ending: this.#ended === this.#traits().holder,
      consenting: this.#asked !== null,
      failure: this.#failure,
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

  equip(extras: Extras): void {
    const servers = () => this.#traits().has_ice_servers;
    this.sound ??= new extras.Sound(this.#link, () => this.#talk, servers, this.#events.changed, this.#scope);
    this.#pieces ??= new extras.Pieces(this.#link, extras.frontEnd(), this.#scope);
    this.#ready ??= new extras.Ready(this.#link, servers, this.#scope);
  }

  // --- what a person does ------------------------------------------------------------------------

  /** Somebody points at Call. */
  prepare(): void {
    if (!this.#talk) this.#ready?.make(this.#traits());
  }

  /** To be called in the click's own task. A second click changes nothing. */
  call(microphone = true, id = newId("talk")): void {
    if (this.#talk || this.#scope.closed) return;
    this.#failure = null;
    this.#ended = null;
    this.#events.refused(null);
    if (unanswered(this.#traits())) {
      this.#asked = { microphone, id };
      this.#events.changed();
    } else this.#begin(microphone, id);
  }

  /** Agree, in the click's own task, or decline: then there is no call. */
  answerConsent(agreed: boolean): void {
    const asked = this.#asked;
    if (!asked) return;
    this.#asked = null;
    this.#link.send({ type: "consent", agreed });
    if (agreed && !this.#talk) this.#begin(asked.microphone, asked.id);
    this.#events.changed();
  }

  #begin(microphone: boolean, id: string): void {
    const scope = this.#scope.child();
    const { transport } = this.#traits();
    // By comm nothing goes before the microphone is there.
    const allowed = transport !== "comm" && (this.sound?.allowed ?? false);
    const events = {
      changed: () => {
        this.sound?.follow();
        this.#events.changed();
      },
      microphone: () => this.sound?.begin() ?? TREATED,
      voiced: this.onVoiced,
      flow: () => this.#traits().flow,
      allowed: () => allowed,
      extras: this.#events.extras,
      ready: () => this.#ready,
      gate: () => this.#applyMute(),
      kept: () => this.#recording !== "",
      records: () => this.#recording === "recording",
      // The recorder comes with what brings its pieces.
      recorded: (piece: Piece, call: number) => this.#pieces?.add(piece, call),
    };
    let talk: LiveTalk;
    try {
      if (microphone) checkMicrophone();
      // Else its offer comes at once.
      if (!allowed) this.#link.send({ type: "call.pending", talk: id });
      // The comm has just refused: nobody is there to talk to, and nobody is asked for a microphone.
      if (this.#link.kernel.state === "lost") {
        this.#failure = "kernel_gone";
        scope.close();
        return;
      }
      talk = new LiveTalk(id, this.#link, this.lanes, events, microphone, transport, scope);
    } catch (error) {
      scope.close();
      this.#tellFailure(id, failureOf(error, "page_error"));
      return;
    }
    for (const lane of Object.values(this.lanes)) {
      lane.levels.fill(0);
      lane.newest = -1;
    }
    this.#talk = talk;
    this.#applyMute();
    talk.scope.every(METER_MS, () => this.#poll(talk));
    this.#run(talk, talk.place());
  }

  /** Ends the call on this page; on another one it asks the kernel to. */
  hangUp(): void {
    if (this.#talk) this.#end("user");
    else {
      this.#ended = isOver(this.#traits()) ? null : this.#traits().holder;
      this.#link.send({ type: "call.hang_up", talk: "", reason: "user" });
      this.#events.changed();
    }
  }

  mute(muted: boolean): void {
    this.#mutedHere = muted;
    this.#applyMute();
    void this.#link.ask({ type: "set", name: "muted", value: muted }).then(() => {
      if (this.#mutedHere === muted) this.#mutedHere = null;
      this.#applyMute();
    });
  }

  /** Speak in a call that goes on without a microphone, or has lost it. In the click's own task. */
  useMicrophone(): void {
    const talk = this.#talk;
    if (talk?.stage !== "open" || talk.desk.hasMicrophone || talk.takesMicrophone) return;
    this.sound?.useMicrophone();
    this.#events.changed();
  }

  interrupt(): void {
    this.#talk?.interrupt();
    this.#link.send({ type: "interrupt" });
  }

  /** Hold to talk, or let go. */
  push(held: boolean): void {
    const talk = this.#talk;
    if (talk?.stage !== "open") return;
    if (!held) talk.push.release();
    else if (pushes(this.#traits()) && !this.#muted && talk.desk.hasMicrophone) {
      if (!talk.push.open && answering(this.#traits())) this.interrupt();
      talk.push.press();
    }
  }

  /** Pausing holds at once, whatever the kernel does; it goes on once the kernel says so. */
  async pauseRecording(on: boolean): Promise<void> {
    this.#pausedHere = on;
    this.#talk?.record();
    this.#events.changed();
    await this.#link.ask({ type: "recording.pause", on });
    this.#pausedHere = false;
    this.#talk?.record();
    this.#events.changed();
  }

  /** A typed turn, with images as files. Resolves with the refusal, or null. */
  async say(text: string, images: ArrayBuffer[] = []): Promise<ErrorInfo | null> {
    this.#typedTurns += 1;
    const refusal = await this.#link.ask({ type: "send_text", text }, images);
    this.#typedTurns -= 1;
    return refusal;
  }

  unblockSound(): void {
    void this.#talk?.unblockSound();
  }

  // --- what happens ------------------------------------------------------------------------------

  views(count: number): void {
    this.#views = count;
    this.#cancelLeaving();
    if (count === 0) this.#cancelLeaving = this.#scope.after(VIEW_GONE_MS, () => this.#end("view_gone"));
  }

  /** A trait changed. */
  traitsChanged(): void {
    const { holder } = this.#traits();
    const [talk, over] = [this.#talk, isOver(this.#traits())];
    const elsewhere = !over && holder !== "" && holder !== this.#link.page;
    // The next one of that page is another one. This page's own may not have begun, as the kernel knows it.
    if (over && this.#ended !== this.#link.page) this.#ended = null;
    // Answered elsewhere.
    if (!unanswered(this.#traits())) this.#asked = null;
    talk?.record();
    // What failed here before that call is old news after it.
    if (elsewhere) this.#failure = null;
    // Another page was quicker, or nothing will come any more for a talk that only waits for a new call.
    if (talk && (elsewhere || (over && talk.answered && talk.resting))) this.#drop();
    this.#applyMute();
  }

  take(message: KernelMessage, buffers: readonly DataView[]): void {
    const talk = this.#talk;
    this.sound?.take(message);
    this.#pieces?.take(message);
    if (message.type === "call.offer_wanted") this.#offerWanted(message);
    else if (!talk) {
      // Who wanted the call waits no more.
      if (message.type === "call.close" && message.talk === this.#asked?.id) this.#asked = null;
      // Meant for this page, whose call has just ended: who waits for it must not wait for ever.
      if (message.type === "play" && this.#traits().holder === this.#link.page) {
        const { request_id } = message;
        this.#link.send({ type: "play.failed", request_id, code: "play_failed", detail: words.detailNoCallHere });
      }
    } else if (message.type === "relay" || message.type === "relay.send") talk.take(message);
    else if (message.type.startsWith("audio")) talk.hear(message as SoundMessage, buffers);
    else if (message.type === "play" && buffers[0]) void talk.play(message.request_id, message.sample_rate, buffers[0]);
    else if (message.type === "call.close" && message.talk === talk.id) {
      if (message.keep_microphone) talk.endCall();
      else this.#end("closed");
      this.#events.changed();
    }
  }

  /** The comm is closed or refuses: nobody could tell us to stop. */
  kernelGone(): void {
    if (this.#talk) this.#failure = "kernel_gone";
    this.#drop();
    this.#pieces?.clear();
    this.#asked = null;
    this.#events.changed();
  }

  // --- inside ------------------------------------------------------------------------------------

  #run(talk: LiveTalk, work: Promise<void>): void {
    work.catch((error: unknown) => this.#failed(talk, error));
  }

  #failed(talk: LiveTalk, error: unknown): void {
    const failure = failureOf(error, "ice_failed");
    // Ended by us: that was said already.
    if (talk.scope.closed) return;
    // The kernel says whether there is another try, or another way, and the microphone waits for it.
    if (talk.answered || ofThePath(failure)) talk.endCall();
    else this.#drop();
    this.#tellFailure(talk.id, failure);
  }

  #offerWanted(wanted: Extract<KernelMessage, { type: "call.offer_wanted" }>): void {
    if (wanted.page !== this.#link.page && (wanted.page !== "" || this.#views === 0)) return;
    const talk = this.#talk;
    if (wanted.reason === "connect") this.call(this.#typedTurns === 0, wanted.talk);
    else if (talk?.id === wanted.talk) {
      talk.transport = wanted.transport;
      this.#run(talk, talk.connect());
    }
  }

  #poll(talk: LiveTalk): void {
    const before = talk.desk.talkingUnheard;
    talk.desk.poll(talk.flows || this.#traits().connection_state === "connected");
    const silence = talk.stage === "asking" ? 0 : this.#link.kernel.silence(talk.since);
    const slow = silence > SILENT_WARN_MS;
    const news = before !== talk.desk.talkingUnheard || slow !== this.#slow;
    this.#slow = slow;
    if (!talk.answered && silence > SILENT_OFFER_MS) this.#failed(talk, new PageFailure("answer_timeout"));
    else if (silence > SILENT_END_MS) {
      this.#failure = "kernel_gone";
      this.#end("kernel_silent");
    } else if (news) this.#events.changed();
    else if (talk.desk.levels.lively) this.#events.stir();
  }

  get #muted(): boolean {
    return this.#mutedHere ?? this.#traits().muted;
  }

  get #recording(): RecordingState {
    const { recording } = this.#traits();
    return recording === "recording" && this.#pausedHere ? "paused" : recording;
  }

  #applyMute(): void {
    const talk = this.#talk;
    if (talk) {
      if (!pushes(this.#traits()) || this.#muted) talk.push.drop();
      talk.desk.mute(this.#muted, pushes(this.#traits()) && !talk.push.open);
    }
    this.#events.changed();
  }

  #tellFailure(talk: string, error: Failed): void {
    if (error instanceof RequestFailed) {
      // Of what it was asked for beside the call the kernel does not know that the call waits for it.
      if (error.code.startsWith("extras")) this.#link.send({ type: "call.hang_up", talk, reason: "closed" });
      // That it has ended is no fault: Python or another page wanted it.
      if (!this.#talk && error.code !== "call_ended") this.#events.refused(error.info);
    } else {
      const { code, message } = error;
      if (!this.#talk) this.#failure = code;
      this.#link.send({ type: "call.failed", talk, code, detail: message });
    }
    this.#events.changed();
  }

  #end(reason: HangUpMessage["reason"]): void {
    const talk = this.#talk;
    if (!talk) return;
    this.#ended = this.#link.page;
    // Before it: how far the answer was heard.
    this.#drop();
    this.#link.send({ type: "call.hang_up", talk: talk.id, reason });
    this.#events.changed();
  }

  /** Let go of everything at once: microphone, peer, sound. */
  #drop(): void {
    const talk = this.#talk;
    this.#talk = null;
    this.#slow = false;
    talk?.scope.close();
    // It looks after nobody's sound now.
    this.sound?.follow();
  }
}
