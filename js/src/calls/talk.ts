import { Desk, type Stopped } from "../audio/desk.ts";
import type { Lane } from "../audio/levels.ts";
import { askMicrophone } from "../audio/microphone.ts";
import type { Piece } from "../audio/recorder.ts";
import type { Hole } from "../audio/stamps.ts";
import { makeContext } from "../audio/start.ts";
import type { Extras } from "../extras.ts";
import { type FailureCode, PageFailure } from "../failure.ts";
import { type Link, newId } from "../link.ts";
import type { Flow, RelayMessage, RelaySendMessage, Side, Transport } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import * as words from "../words.ts";
import type { Answer, Call, CallHost, CommHost, SoundMessage } from "./call.ts";
import type { Kernel } from "./exchange.ts";
import { Push } from "./push.ts";
import type { Ready } from "./ready.ts";
import type { Relay, RelayedEvents } from "./relay.ts";

export type Stage = "none" | "asking" | "offering" | "open";

/** A microphone opens in many small steps of a page that is busy with a call: it gets so much time by itself. */
const HEAD_MS = 100;
/** So long an answer waits for a microphone that nobody was asked for: the system may ask all the same. */
const OPENS_MS = 5000;

export interface TalkEvents {
  changed(): void;
  /** Who hands its offer to the service. */
  flow(): Flow;
  /** The browser gives a microphone without a question. */
  allowed(): boolean;
  /** What a call is made of. */
  extras(): Promise<Extras>;
  /** What was made while somebody pointed at Call; it is there with what calls are made of. */
  ready(): Ready | null;
  /** What is wanted of the microphone. */
  microphone(): MediaTrackConstraints;
  /** The microphone is to be opened or closed. */
  gate(): void;
  voiced(side: Side, voiced: boolean, at_ms: number): void;
  /** The talk is recorded, though maybe not at the moment. */
  kept(): boolean;
  /** What sounds is to be taken down. */
  records(): boolean;
  recorded(piece: Piece, call: number): void;
}

/**
 * One talk at this page, from Call to Hang up: the sound, and the calls that use it in sequence. All of it ends with its
 * scope, at whatever await it is.
 */
export class LiveTalk {
  /** Its name between page and kernel, over all its calls. */
  readonly id: string;
  readonly scope: Scope;
  readonly desk: Desk;
  readonly push: Push;
  stage: Stage = "asking";
  /** `performance.now()` at the start of the stage. */
  since = performance.now();
  /** The kernel has answered an offer: what fails from now on may be tried again. */
  answered = false;
  /** How the next call's sound travels. */
  transport: Transport;
  /** The browser wants a click before it plays. */
  soundBlocked = false;
  /** Why there is no microphone in mid-call: its device has gone, or its permission, or it could not be had. */
  microphoneLost: "gone" | "withdrawn" | FailureCode | null = null;
  /** The browser is asked for a microphone, and may ask the person. */
  takesMicrophone = false;
  /** The sound has stopped by itself. */
  soundStopped: Stopped = null;
  /** A peer is connected: the service is sent this page's sound; the kernel hears that a moment later. */
  flows = false;
  /** The one that is up. */
  call: Call | null = null;

  readonly #link: Link;
  readonly #events: TalkEvents;
  /** The scope of the call of the moment; a closed one is never used again. */
  #attempt: Scope | null = null;
  /** Of the call of the moment, or the last one; 0: there was none. */
  #number = 0;
  /** What the browser was asked for in the click; null: a call without a microphone. */
  readonly #asked: Promise<MediaStream> | null;
  /** That is there. */
  #ready: Promise<void> = Promise.resolve();
  /** There before the call is, and after. */
  #relay: Relay | null = null;
  #sound: Parameters<CommHost["sound"]>[0] | null = null;

  /** To be made in the click's own task, for the sound's sake. */
  constructor(
    id: string,
    link: Link,
    lanes: Readonly<Record<Side, Lane>>,
    events: TalkEvents,
    microphone: boolean,
    transport: Transport,
    scope: Scope,
  ) {
    // Before all else: while the browser opens it, everything else is made.
    this.#asked = microphone ? askMicrophone(events.microphone(), scope) : null;
    this.id = id;
    this.transport = transport;
    this.#link = link;
    this.#events = events;
    this.scope = scope;
    this.desk = new Desk(
      lanes,
      {
        voiced: (...mark) => this.#onMark(...mark),
        missed: (hole) => this.#onHole(hole, false),
      },
      (piece) => events.recorded(piece, this.#number),
      events.ready()?.context(scope) ?? makeContext(scope),
      scope,
    );
    this.push = new Push({ event: (type) => this.#say(type), changed: () => events.gate() }, scope);
    this.desk.watch((stopped) => {
      // Where the browser plays nothing that was told.
      if (!stopped !== !this.soundStopped && !this.soundBlocked) this.#plays(!stopped, "sound_stopped");
      this.soundStopped = stopped;
      events.changed();
    });
    // What was stopped while nobody looked goes on where the browser lets it.
    scope.on(document, "visibilitychange", () => this.desk.wake());
    scope.defer(() => this.endCall());
  }

  /** No call is up or being made. */
  get resting(): boolean {
    return this.#attempt === null;
  }

  /** From the click on. Rejects with what the page could not do; never when it was ended. */
  async place(): Promise<void> {
    if (this.#asked) this.#ready = this.takeMicrophone(this.#asked);
    // Each by itself: the attempt may be ended by the kernel while the person is still asked.
    await Promise.all([this.#ready, this.connect()]);
  }

  /** Another microphone, or the first one, also of a call that goes on without: see `Desk`. */
  async takeMicrophone(wanted: MediaTrackConstraints | Promise<MediaStream>, first = false): Promise<void> {
    const lost = () => {
      this.microphoneLost = "gone";
      this.sendSound();
      this.#events.changed();
    };
    this.takesMicrophone = true;
    try {
      await this.desk.takeMicrophone(wanted, first, lost);
      this.microphoneLost = null;
      this.sendSound();
    } catch (error) {
      if (!this.desk.hasMicrophone) this.microphoneLost = why(error, this.microphoneLost);
      throw error;
    } finally {
      this.takesMicrophone = false;
      this.#events.changed();
    }
  }

  /** What is to be sent is another track, perhaps. */
  sendSound(): void {
    void this.call?.replaceTrack(this.desk.track);
  }

  /** A new call with the sound that is there. */
  async connect(): Promise<void> {
    this.endCall();
    const attempt = this.scope.child();
    this.#attempt = attempt;
    try {
      const comm = this.transport === "comm";
      const call = await (comm ? this.#openComm(attempt) : this.#openPeer(attempt));
      if (attempt.closed) return;
      this.call = call;
      // It may be another one since the offer was made.
      this.sendSound();
      this.answered = true;
      this.flows = !comm;
      this.#enter("open");
    } catch (error) {
      // An attempt that was ended by us has nothing to report.
      if (!attempt.closed) throw error;
    }
  }

  /** The call is over; the microphone stays. */
  endCall(): void {
    this.#attempt?.close();
    this.#attempt = null;
    this.call = null;
    this.flows = false;
    this.#relay = null;
    this.#sound = null;
    this.push.drop();
  }

  /** Take down what sounds, or no more, from the first call on. */
  record(): void {
    this.desk.recording = this.#number > 0 && this.#events.records();
    // It was asked for in mid-call.
    if (this.#number > 0 && this.#events.records() && !this.desk.equipped) {
      void this.#equip().then(
        () => this.record(),
        () => {},
      );
    }
  }

  async #equip(): Promise<void> {
    this.desk.equip((await this.#events.extras()).makeRecorder);
  }

  /** Stop the assistant: at once here, and by client events at the service. */
  interrupt(): void {
    if (!this.call || this.call.hush()) return;
    this.desk.playout.hush();
    for (const type of ["response.cancel", "output_audio_buffer.clear"]) this.#say(type);
  }

  /** Of the call's own way for events. */
  take(message: RelayMessage | RelaySendMessage): void {
    this.#relay?.take(message);
  }

  hear(message: SoundMessage, buffers: readonly DataView[]): void {
    this.#sound?.(message, buffers);
  }

  /** Speak a recording as the caller. */
  async play(request_id: string, sample_rate: number, pcm: DataView): Promise<void> {
    try {
      const { speak } = await this.#events.extras();
      const said = speak.bind(null, pcm, sample_rate);
      await this.desk.play(said, async () => this.call?.replaceTrack(this.desk.track));
      this.#link.send({ type: "played", request_id });
    } catch (error) {
      // With the talk ends whatever waits in the kernel, too.
      if (!this.scope.closed) {
        this.#link.send({ type: "play.failed", request_id, code: "play_failed", detail: String(error) });
      }
    }
  }

  /** The click that the browser wanted. */
  async unblockSound(): Promise<void> {
    const wakes = this.desk.wake(true);
    // Only a peer's sound gets out without the page's clock.
    const plays = await this.desk.playout.start();
    this.#playing(plays && (!this.#sound || (await wakes) || !!this.soundStopped));
  }

  /** What has to be there before an offer goes: a microphone that nobody is asked for comes meanwhile. */
  async #offers(attempt: Scope): Promise<void> {
    const soon = this.#events.allowed() && new Promise<void>((resolve) => attempt.after(HEAD_MS, resolve));
    await attempt.race(soon ? Promise.race([this.#ready, soon]) : this.#ready);
    this.#enter("offering");
    if (this.#events.kept()) await attempt.race(this.#equip());
  }

  async #openPeer(attempt: Scope): Promise<Call> {
    const goes = this.#offers(attempt);
    const late = goes.then(() => new Promise<void>((resolve) => attempt.after(OPENS_MS, resolve)));
    const track = Promise.race([this.#ready, late]).then(() => this.desk.track);
    // They may fail before they are looked at.
    for (const each of [goes, track]) each.catch(() => {});
    const { openPeer, Relay } = await attempt.race(this.#events.extras());
    const offered = (this.#events.ready() as Ready).offer(attempt, this.id);
    return openPeer(offered, goes, track, this.#peerHost(Relay, attempt), attempt);
  }

  async #openComm(attempt: Scope): Promise<Call> {
    await this.#offers(attempt);
    await this.desk.started(attempt);
    const { openComm } = await attempt.race(this.#events.extras());
    return openComm(this.desk, this.#commHost(attempt), attempt);
  }

  #fail(code: FailureCode, detail = ""): void {
    this.#link.send({ type: "call.failed", talk: this.id, code, detail });
  }

  /** The kernel is told of it. */
  #plays(plays: boolean, otherwise: FailureCode): void {
    if (plays) this.#link.send({ type: "call.plays" });
    else this.#fail(otherwise);
  }

  #say(type: string): void {
    const call = this.call;
    if (!call) return;
    const event = { type, event_id: newId("event") };
    const sent = call.send(event);
    this.#link.send({ type: "client_event", call: call.number, event, sent });
  }

  /** What a call by a peer needs: its offer answered, a relay on its channel, its sound played. */
  #peerHost(Relay: Extras["Relay"], attempt: Scope): CallHost {
    let relay: Relay | null = null;
    const kernel = this.#kernel(attempt, (call) => {
      if (relay) relay.call = call;
    });
    return {
      answer: (sdp) => this.#answer(sdp, kernel, attempt),
      started: () => this.desk.started(attempt),
      channel: (channel, limit) => {
        const host = {
          heard: (call: number) => this.#link.send({ type: "call.heard", call }),
          events: (batch: RelayedEvents) => this.#link.send({ type: "relay.events", ...batch }),
          tooLarge: (detail: string) => this.#fail("message_too_large", detail),
        };
        relay = new Relay(channel, limit, host, attempt);
        this.#relay = relay;
      },
      // First the person sees it.
      state: (call, state) => attempt.after(0, () => this.#link.send({ type: "call.peer", call, state })),
      remote: async (stream) => this.#playing(await this.desk.hear(stream, attempt)),
    };
  }

  /** What a call by comm needs: nothing is negotiated, and its sound goes by messages. */
  #commHost(attempt: Scope): CommHost {
    const kernel = this.#kernel(attempt, () => {});
    return {
      answer: (sdp) => this.#answer(sdp, kernel, attempt),
      sound: (take) => {
        this.#sound = take;
      },
      audio: (call, pcm) => this.#link.send({ type: "audio", call }, [pcm]),
      missed: (hole) => this.#onHole(hole, true),
      played: (call, played_ms, cleared) => this.#link.send({ type: "audio.played", call, played_ms, cleared }),
      state: (call, state) => this.#link.send({ type: "call.peer", call, state }),
      remote: async (stream, made) => {
        this.#playing(await this.desk.hear(stream, attempt, made));
        if (!((await this.desk.wake()) || this.soundStopped || attempt.closed)) this.#playing(false);
      },
    };
  }

  /** The answer to an offer: the kernel's, or the service's to whom the page posts it. */
  async #answer(sdp: string, kernel: Kernel, attempt: Scope): Promise<Answer> {
    if (this.#events.flow() === "ephemeral") {
      const { exchange, makeKey } = await attempt.race(this.#events.extras());
      return exchange(sdp, makeKey(), kernel, attempt);
    }
    const reply = await attempt.race(kernel.open(sdp, ""));
    if (reply.type === "secret") throw new PageFailure("answer_invalid", words.detailNoAnswer);
    return reply;
  }

  /** Where offers go; `opened` is told the number by which the kernel speaks of the call. */
  #kernel(attempt: Scope, opened: (call: number) => void): Kernel {
    const talk = this.id;
    return {
      open: async (sdp, key) => {
        const microphone = this.desk.hasMicrophone || this.takesMicrophone;
        const reply = await this.#link.request({ type: "call.open", talk, sdp, microphone, key }, attempt.signal);
        if (reply.type !== "answer" && reply.type !== "secret")
          throw new PageFailure("answer_invalid", words.detailNoAnswer);
        this.#number = reply.call;
        this.record();
        opened(reply.call);
        return reply;
      },
      posted: (call, call_id) => this.#link.send({ type: "call.posted", talk, call, call_id }),
    };
  }

  #playing(plays: boolean): void {
    if (plays === this.soundBlocked) this.#plays(plays, "playback_blocked");
    this.soundBlocked = !plays;
    this.#events.changed();
  }

  #onMark(side: Side, voiced: boolean, at_ms: number): void {
    if (this.call) this.#link.send({ type: "voiced", call: this.call.number, side, voiced, at_ms });
    this.#events.voiced(side, voiced, at_ms);
  }

  #onHole({ from_ms, to_ms }: Hole, dropped: boolean): void {
    if (this.call) this.#link.send({ type: "missed", call: this.call.number, from_ms, to_ms, dropped });
  }

  #enter(stage: Stage): void {
    this.stage = stage;
    this.since = performance.now();
    this.#events.changed();
  }
}

/** Why there is no microphone, after another try to get one. */
function why(error: unknown, before: LiveTalk["microphoneLost"]): LiveTalk["microphoneLost"] {
  const code = error instanceof PageFailure ? error.code : "microphone_missing";
  return code === "microphone_missing" && before ? before : code;
}
