import type { MicrophoneFacts, Side } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import { type Lane, Levels, type Told } from "./levels.ts";
import { loudness } from "./loudness.ts";
import { askMicrophone, checkMicrophone, type Microphone, takeMicrophone } from "./microphone.ts";
import type { Mix } from "./player.ts";
import { Playout } from "./playout.ts";
import type { Piece, Recorder } from "./recorder.ts";
import { Start } from "./start.ts";

export type MakeRecorder = (...given: ConstructorParameters<typeof Recorder>) => Recorder;

/** The browser may need so long to start its sound. */
const WAKE_MS = 2000;

/**
 * Who stopped the sound: the browser, or the system, as iOS does for a phone call; refused: a click did not let it go on;
 * null: it runs, or never ran.
 */
export type Stopped = "suspended" | "interrupted" | "refused" | null;

/** Between two readings and a little more. */
const SETTLES_MS = 250;

/** After so many readings in which the sound's clock stood still, it stands: longer than a device takes to start. */
const STANDS = 60;

/** So long it is said that nobody hears what was said. */
const UNHEARD_MS = 4000;

/**
 * All sound of a talk on this page, from the click on: microphone, mix, meters, loudspeaker. It outlives a call that is
 * replaced (the engine crashed, a new one takes over), so that nobody has to click again.
 */
export class Desk {
  readonly playout: Playout;
  readonly levels: Levels;
  /** Speech that nobody hears was there in the last reading, or a moment ago: who reads that may pause. */
  talkingUnheard = false;

  readonly #context: AudioContext;
  readonly #start: Start;
  readonly #scope: Scope;
  readonly #mix: GainNode;
  readonly #gate: GainNode;
  /** The person's own gain, before the gate. */
  readonly #input: GainNode;
  readonly #out: MediaStreamAudioDestinationNode;
  #listened: Scope;
  readonly #ungated: AnalyserNode;
  #microphone: (Microphone & { readonly scope: Scope }) | null = null;
  readonly #recorded: (piece: Piece) => void;
  #recorder: Recorder | null = null;
  /** What is heard of the last call. */
  #assistant: { readonly source: AudioNode; readonly call: Scope } | null = null;
  #muted = false;
  #spokeUnheard = Number.NEGATIVE_INFINITY;
  #closed = false;
  #playing: Promise<void> = Promise.resolve();
  #plays = 0;
  #clock = 0;
  /** Readings since the clock went on. */
  #still = 0;
  #refused = false;
  /** Who watches is told how it is now. */
  #look = () => {};

  /** To be made in the click's own task: only then may the context run at once. It ends no earlier than `scope`. */
  constructor(
    lanes: Readonly<Record<Side, Lane>>,
    told: Told,
    recorded: (piece: Piece) => void,
    context: AudioContext,
    scope: Scope,
  ) {
    this.#scope = scope;
    this.#context = context;
    this.#start = new Start(this.#context);
    this.playout = new Playout(scope);
    void this.wake();
    this.#mix = new GainNode(this.#context);
    this.#gate = new GainNode(this.#context);
    this.#gate.connect(this.#mix);
    this.#input = new GainNode(this.#context);
    this.#input.connect(this.#gate);
    this.#ungated = new AnalyserNode(this.#context, { fftSize: 2048 });
    this.#input.connect(this.#ungated);
    this.#out = new MediaStreamAudioDestinationNode(this.#context, { channelCount: 1 });
    this.#mix.connect(this.#out);
    scope.defer(() => this.#mixed.stop());
    this.#recorded = recorded;
    this.levels = new Levels(this.#context, lanes, told, (...heard) => this.#recorder?.hear(...heard));
    this.#listened = scope.child();
    this.#listen();
  }

  get hasMicrophone(): boolean {
    return this.#microphone !== null;
  }

  /** What a call has to send now. */
  get track(): MediaStreamTrack {
    return this.#foreign ?? this.#mixed;
  }

  get #mixed(): MediaStreamTrack {
    return this.#out.stream.getAudioTracks()[0] as MediaStreamTrack;
  }

  /** That, where it is not made here. */
  get #foreign(): MediaStreamTrack | null {
    return this.#microphone && this.#plays === 0 && this.#input.gain.value === 1 ? this.#microphone.track : null;
  }

  /**
   * The microphone that is wanted, or was asked for already, in the place of the one that there may be; with `first` that
   * is let go of before. `lost` is called when it is taken away while it is used.
   */
  async takeMicrophone(
    wanted: MediaTrackConstraints | Promise<MediaStream>,
    first: boolean,
    lost: () => void,
  ): Promise<void> {
    checkMicrophone();
    const before = this.#microphone;
    if (first) before?.scope.close();
    const scope = this.#scope.child();
    const asked = wanted instanceof Promise ? wanted : askMicrophone(wanted, scope);
    const taken = await takeMicrophone(asked, scope).catch((error: unknown) => {
      scope.close();
      if (first) this.#lose();
      throw error;
    });
    const { track } = taken;
    const source = new MediaStreamAudioSourceNode(this.#context, { mediaStream: taken.meter });
    source.connect(this.#input);
    scope.defer(() => source.disconnect());
    this.#microphone = { ...taken, scope };
    this.mute(this.#muted, this.#closed);
    this.#listen();
    before?.scope.close();
    if (this.#recorder) this.#recorder.microphone = facts(track);
    scope.on(track, "ended", () => {
      this.#lose();
      scope.close();
      lost();
    });
  }

  #lose(): void {
    this.#microphone = null;
    this.#listen();
  }

  get microphone(): MediaStreamTrack | null {
    return this.#microphone?.track ?? null;
  }

  /** Make the microphone louder; but for 1 the mix is sent then. True: what is to be sent is another track now. */
  amplify(gain: number): boolean {
    const before = this.#foreign;
    this.#input.gain.value = gain;
    const other = before !== this.#foreign;
    if (other) this.#listen();
    return other;
  }

  /** How loud the microphone is, muted or not, from 0 to 1. */
  get level(): number {
    return this.#microphone ? loudness(this.#ungated) : 0;
  }

  /** `closed`: it is not to be heard either, but nobody would think that it is. */
  mute(muted: boolean, closed = false): void {
    this.#muted = muted;
    this.#closed = closed;
    this.#gate.gain.value = muted || closed ? 0 : 1;
    if (this.#microphone) this.#microphone.track.enabled = !(muted || closed);
  }

  /** Make the sound of a call in pieces: `mix` has all that `track` would carry. */
  comm<Audio>(make: (context: AudioContext, mix: AudioNode) => Audio): Audio {
    return make(this.#context, this.#mix);
  }

  /**
   * The assistant's sound in one call, whose scope is `call`; `made` is the node that gives it, where it is made here.
   * False when the browser wants a click first.
   */
  hear(stream: MediaStream, call: Scope, made?: AudioNode): Promise<boolean> {
    const source = made ?? new MediaStreamAudioSourceNode(this.#context, { mediaStream: stream });
    this.levels.listen("assistant", source, made ? null : (stream.getAudioTracks()[0] ?? null), call);
    this.#assistant = { source, call };
    this.#recorder?.listen("assistant", source, call);
    return this.playout.start(stream);
  }

  /**
   * `speak` a recording as the caller, one after the other. While it plays the call sends the mix (`replace` is called
   * with the track to send, before and after).
   */
  play(speak: (...into: Mix) => Promise<void>, replace: () => Promise<void>): Promise<void> {
    const run = async () => {
      this.#plays += 1;
      this.#listen();
      try {
        await replace();
        await speak(this.#context, this.#mix, this.#scope);
      } finally {
        this.#plays -= 1;
        this.#listen();
        if (!this.#scope.closed) await replace();
      }
    };
    this.#playing = this.#playing.catch(() => {}).then(run);
    return this.#playing;
  }

  /** Listen to what a call has to send now. */
  #listen(): void {
    if (this.#scope.closed) return;
    this.levels.poll();
    const before = this.#listened;
    this.#listened = this.#scope.child();
    this.levels.listen("user", this.#mix, this.#foreign, this.#listened, true);
    before.close();
    this.#recorder?.turn("user");
  }

  /** From now on there is who can take it all down. */
  equip(make: MakeRecorder): void {
    if (this.#recorder || this.#scope.closed) return;
    this.#recorder = make(this.#context, this.#recorded, this.#scope);
    this.#recorder.listen("user", this.#mix, this.#scope);
    if (this.#assistant && !this.#assistant.call.closed) {
      this.#recorder.listen("assistant", this.#assistant.source, this.#assistant.call);
    }
    if (this.#microphone) this.#recorder.microphone = facts(this.#microphone.track);
  }

  get equipped(): boolean {
    return this.#recorder !== null;
  }

  /** Take it down. */
  set recording(on: boolean) {
    if (this.#recorder) this.#recorder.on = on;
  }

  /** Read the meters; `sent`: somebody hears what is not muted. */
  poll(sent: boolean): void {
    this.levels.poll();
    const { currentTime } = this.#context;
    const stood = this.#stands;
    this.#still = currentTime === this.#clock ? this.#still + 1 : 0;
    this.#clock = currentTime;
    if (stood !== this.#stands) this.#look();
    const now = performance.now();
    const unheard = this.#muted || !sent;
    if (unheard && this.level > 0.02) this.#spokeUnheard = now;
    this.talkingUnheard = unheard && now - this.#spokeUnheard < UNHEARD_MS;
  }

  /** Nothing sounds and nothing is taken otherwise: browsers may want a click first. */
  get running(): boolean {
    return this.#context.state === "running" && !this.#stands;
  }

  /** WebKit may say that a context runs that an interruption has stopped for good. */
  get #stands(): boolean {
    return this.#still >= STANDS;
  }

  get #interrupted(): boolean {
    return (this.#context.state as string) === "interrupted";
  }

  /** Until sound runs, or is not waited for; rejects as soon as `scope` ends. */
  started(scope: Scope): Promise<void> {
    return this.#start.wait(scope);
  }

  /** `told` is told how the browser or the system has stopped the sound (a phone call, a machine that slept), or lets it run. */
  watch(told: (stopped: Stopped) => void): void {
    let ran = false;
    this.#look = () => {
      const { running } = this;
      const interrupted = this.#interrupted;
      if (running || interrupted) this.#refused = false;
      const otherwise = this.#refused ? "refused" : interrupted ? "interrupted" : "suspended";
      told(ran && (!running || this.playout.paused) ? otherwise : null);
      ran ||= running;
    };
    this.#scope.on(this.#context, "statechange", () => this.#look());
    for (const type of ["pause", "play"]) this.#scope.on(this.playout.element, type, () => this.#look());
  }

  /**
   * What was stopped by the browser or the system (no click yet, a phone call) goes on. False: it does not, or not soon. As
   * long as there is no click Chromium does not answer, and during a phone call Safari refuses.
   */
  async wake(clicked = false): Promise<boolean> {
    const context = this.#context;
    if (this.playout.paused) void this.playout.start();
    // The system lets go of it by itself. In WebKit what is resumed meanwhile may say that it runs, and stand for good.
    if (this.#interrupted && !clicked) return false;
    let refused = this.#stands;
    // From a stand it goes on only once it was suspended.
    if (refused) context.suspend().catch(() => {});
    const late = new Promise<void>((done) => this.#scope.after(WAKE_MS, done));
    await Promise.race([context.resume(), late]).catch(() => {
      refused = true;
    });
    this.#refused = clicked && refused && !this.#interrupted;
    // A clock that goes has gone on by then.
    this.#scope.after(SETTLES_MS, () => this.#look());
    return this.running;
  }
}

/** What the browser does to the sound, and nothing of which device it is. */
function facts(track: MediaStreamTrack): MicrophoneFacts {
  const { echoCancellation, noiseSuppression, autoGainControl, sampleRate } = track.getSettings();
  const all = { echoCancellation, noiseSuppression, autoGainControl, sampleRate };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
