import type { MicrophoneFacts, Side } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import type { SoundDevices } from "./devices.ts";
import { type Lane, Levels, type Told } from "./levels.ts";
import { loudness } from "./loudness.ts";
import { checkMicrophone, type Microphone, takeMicrophone } from "./microphone.ts";
import { decode, playInto } from "./player.ts";
import { Playout } from "./playout.ts";
import type { Piece, Recorder } from "./recorder.ts";
import { Start } from "./start.ts";

export type MakeRecorder = (...given: ConstructorParameters<typeof Recorder>) => Recorder;

/** So long it is said that nobody hears what is said while muted. */
const MUTED_MS = 4000;
/** A microphone, what was wanted of it, and how long it is open. */
interface Taken extends Microphone {
  readonly device: string;
  readonly wanted: string;
  readonly scope: Scope;
}

/**
 * All sound of a talk on this page, from the click on: microphone, mix, meters, loudspeaker. It outlives a call that is
 * replaced (the engine crashed, a new one takes over), so that nobody has to click again.
 */
export class Desk {
  readonly playout: Playout;
  readonly levels: Levels;
  /** Speech while muted was heard in the last reading, or a moment ago: who reads that nobody hears it may pause. */
  talkingWhileMuted = false;

  readonly #context: AudioContext;
  readonly #start: Start;
  readonly #scope: Scope;
  readonly #mix: GainNode;
  readonly #gate: GainNode;
  /** The person's own gain, before the gate. */
  readonly #input: GainNode;
  readonly #devices: SoundDevices;
  readonly #out: MediaStreamAudioDestinationNode;
  #listened: Scope;
  readonly #ungated: AnalyserNode;
  #microphone: Taken | null = null;
  readonly #recorded: (piece: Piece) => void;
  #recorder: Recorder | null = null;
  /** What is heard of the last call. */
  #assistant: { readonly source: AudioNode; readonly call: Scope } | null = null;
  #muted = false;
  #spokeMuted = Number.NEGATIVE_INFINITY;
  #closed = false;
  #playing: Promise<void> = Promise.resolve();
  #plays = 0;
  /** The context has run: if it does not now, it was stopped. */
  #ran = false;

  /** To be made in the click's own task: only then may the context run at once. */
  constructor(
    lanes: Readonly<Record<Side, Lane>>,
    devices: SoundDevices,
    told: Told,
    recorded: (piece: Piece) => void,
    scope: Scope,
  ) {
    this.#scope = scope;
    this.#devices = devices;
    this.#context = new AudioContext({ latencyHint: "interactive" });
    scope.defer(() => void this.#context.close());
    void this.#context.resume();
    this.#start = new Start(this.#context);
    this.playout = new Playout(scope);
    this.#mix = new GainNode(this.#context);
    this.#gate = new GainNode(this.#context);
    this.#gate.connect(this.#mix);
    this.#input = new GainNode(this.#context);
    this.#input.connect(this.#gate);
    this.#ungated = new AnalyserNode(this.#context, { fftSize: 2048 });
    this.#input.connect(this.#ungated);
    this.follow();
    this.#out = new MediaStreamAudioDestinationNode(this.#context, { channelCount: 1 });
    this.#mix.connect(this.#out);
    scope.defer(() => this.track.stop());
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
    return this.#foreign ?? (this.#out.stream.getAudioTracks()[0] as MediaStreamTrack);
  }

  /** That, where it is not made here. */
  get #foreign(): MediaStreamTrack | null {
    return this.#microphone && this.#plays === 0 && this.#input.gain.value === 1 ? this.#microphone.track : null;
  }

  /**
   * The microphone that is wanted, in the place of the one that there may be: that stays if another one cannot be had.
   * `lost` is called when it is taken away while it is used, `changed` when the system silences it, or no more.
   */
  async takeMicrophone(lost: () => void, changed: () => void): Promise<void> {
    checkMicrophone();
    const before = this.#microphone;
    const { constraints, microphone: device } = this.#devices;
    // Chromium treats the sound of a device as it does already, as long as that is open.
    const same = before?.device === device;
    if (same) before.scope.close();
    const scope = this.#scope.child();
    const taken = await takeMicrophone(constraints, scope).catch((error: unknown) => {
      scope.close();
      if (same) this.#lose();
      throw error;
    });
    const { track } = taken;
    const source = new MediaStreamAudioSourceNode(this.#context, { mediaStream: taken.meter });
    source.connect(this.#input);
    scope.defer(() => source.disconnect());
    this.#microphone = { ...taken, device, wanted: JSON.stringify(constraints), scope };
    this.mute(this.#muted, this.#closed);
    this.#listen();
    before?.scope.close();
    if (this.#recorder) this.#recorder.microphone = facts(track);
    scope.on(track, "ended", () => {
      this.#lose();
      scope.close();
      lost();
    });
    for (const type of ["mute", "unmute"]) scope.on(track, type, changed);
  }

  #lose(): void {
    this.#microphone = null;
    this.#listen();
  }

  /** Do as was chosen; true: what is sent is another track now. */
  follow(): boolean {
    const { choice, speaker } = this.#devices;
    const before = this.#foreign;
    this.playout.volume = choice.volume;
    void this.playout.sink(speaker);
    this.#input.gain.value = choice.gain;
    const other = before !== this.#foreign;
    if (other) this.#listen();
    return other;
  }

  /** Another microphone, or another treatment of its sound, is wanted than there is. */
  get outdated(): boolean {
    return this.#microphone !== null && this.#microphone.wanted !== JSON.stringify(this.#devices.constraints);
  }

  /** The system has silenced the microphone: by a switch of its own, or a phone call. */
  get silenced(): boolean {
    return this.#microphone?.track.muted ?? false;
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
   * Speak a recording as the caller, one after the other. While it plays the call sends the mix (`replace` is called with
   * the track to send, before and after).
   */
  play(pcm: DataView, sampleRate: number, replace: () => Promise<void>): Promise<void> {
    const run = async () => {
      this.#plays += 1;
      this.#listen();
      try {
        await replace();
        await playInto(this.#context, this.#mix, decode(pcm), sampleRate, this.#scope);
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

  /** Read the meters. */
  poll(): void {
    this.levels.poll();
    const now = performance.now();
    if (this.#muted && this.level > 0.02) this.#spokeMuted = now;
    this.talkingWhileMuted = this.#muted && now - this.#spokeMuted < MUTED_MS;
  }

  /** Nothing sounds and nothing is taken otherwise: browsers may want a click first. */
  get running(): boolean {
    return this.#context.state === "running";
  }

  /** Until sound runs, or is not waited for; rejects as soon as `scope` ends. */
  started(scope: Scope): Promise<void> {
    return this.#start.wait(scope);
  }

  /** The browser or the system has stopped the sound: a phone call, a machine that slept. */
  get stopped(): boolean {
    return this.#ran && !this.running;
  }

  /** `changed` is called when the sound begins or stops to run, until the end. */
  watch(changed: () => void): void {
    this.#scope.on(this.#context, "statechange", () => {
      this.#ran ||= this.running;
      changed();
    });
  }

  /** A context that was suspended by the browser (no click yet, a phone call) goes on. */
  wake(): void {
    if (this.#context.state !== "running" && this.#context.state !== "closed") void this.#context.resume();
  }
}

/** What the browser does to the sound, and nothing of which device it is. */
function facts(track: MediaStreamTrack): MicrophoneFacts {
  const { echoCancellation, noiseSuppression, autoGainControl, sampleRate } = track.getSettings();
  const all = { echoCancellation, noiseSuppression, autoGainControl, sampleRate };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
