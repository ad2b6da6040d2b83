import { type FailureCode, PageFailure } from "../failure.ts";
import type { Scope } from "../scope.ts";
import { Capture } from "./capture.ts";
import type { SoundDevices } from "./devices.ts";
import { loudness } from "./loudness.ts";
import { askMicrophone, checkMicrophone, takeMicrophone } from "./microphone.ts";
import { decode, playInto } from "./player.ts";
import { Playout } from "./playout.ts";
import { RATE } from "./speaker.ts";

/** As far as a capture can look back, and a sentence. */
export const SPEAK_MS = 3500;
/** Of full scale: whoever spoke was louder. */
const SILENT = 300;
const TONES = [440, 660];
const TONE_S = 0.3;

/** `opening`: the browser asks for the microphone. */
export type TrialStage = "none" | "opening" | "speak" | "listen" | "tone";
export type TrialFailure = FailureCode | "silent";

type Chosen = Pick<SoundDevices, "choice" | "constraints" | "speaker" | "refresh">;

interface Run {
  readonly scope: Scope;
  readonly context: AudioContext;
  /** What is played. */
  readonly out: AudioNode;
  /** What is looked at. */
  readonly analyser: AnalyserNode;
  /** Resolves once it sounds. */
  play(): Promise<void>;
}

/** Tries microphone and loudspeaker as they are chosen, on this page alone: nothing of it leaves the browser. */
export class Trial {
  stage: TrialStage = "none";
  failure: TrialFailure | null = null;
  /** The id of a loudspeaker. */
  #speakerRefused: string | null = null;
  readonly #devices: Chosen;
  readonly #changed: () => void;
  readonly #scope: Scope;
  #run: Run | null = null;

  constructor(devices: Chosen, changed: () => void, scope: Scope) {
    this.#devices = devices;
    this.#changed = changed;
    this.#scope = scope;
  }

  /** The loudspeaker that is chosen could not be had when it was tried: the browser took its own choice. */
  get speakerFailed(): boolean {
    return this.#speakerRefused === this.#devices.speaker;
  }

  /** How loud it is, 0 to 1. */
  get level(): number {
    return this.#run ? loudness(this.#run.analyser) : 0;
  }

  /** Speak, and hear yourself back. In the click's own task. */
  microphone(): Promise<void> {
    return this.#try("opening", async ({ scope, context, out, analyser, play }) => {
      checkMicrophone();
      const open = scope.child();
      const { meter } = await takeMicrophone(askMicrophone(this.#devices.constraints, open), open);
      void this.#devices.refresh();
      const source = new MediaStreamAudioSourceNode(context, { mediaStream: meter });
      const gain = new GainNode(context, { gain: this.#devices.choice.gain });
      source.connect(gain).connect(analyser);
      const capture = new Capture(context, gain, open);
      this.#enter("speak");
      await scope.race(new Promise<void>((done) => scope.after(SPEAK_MS, done)));
      const { pcm } = capture.read();
      open.close();
      gain.disconnect();
      if (pcm.every((sample) => Math.abs(sample) < SILENT)) this.failure = "silent";
      this.#enter("listen");
      await play();
      await playInto(context, out, decode(new DataView(pcm.buffer)), RATE, scope);
    });
  }

  /** Two tones. In the click's own task. */
  speaker(): Promise<void> {
    return this.#try("tone", async ({ scope, context, out, play }) => {
      await play();
      await playInto(context, out, tones(), RATE, scope);
    });
  }

  stop(): void {
    this.#run?.scope.close();
    this.#run = null;
    if (this.stage !== "none") this.#enter("none");
  }

  async #try(stage: TrialStage, work: (run: Run) => Promise<void>): Promise<void> {
    this.stop();
    this.failure = null;
    this.#speakerRefused = null;
    const run = this.#begin();
    this.#run = run;
    this.#enter(stage);
    try {
      await work(run);
    } catch (error) {
      // Stopped, or another one was begun.
      if (run.scope.closed) return;
      this.failure = error instanceof PageFailure ? error.code : "playback_blocked";
    }
    if (this.#run === run) this.stop();
  }

  #begin(): Run {
    const scope = this.#scope.child();
    const context = new AudioContext();
    scope.defer(() => void context.close());
    // Refused it is as silent as unanswered.
    context.resume().catch(() => {});
    // An element, for only that goes to a loudspeaker of one's choice everywhere where there is one.
    const playout = new Playout(scope);
    const made = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    const out = new GainNode(context);
    const analyser = new AnalyserNode(context, { fftSize: 2048 });
    out.connect(made);
    out.connect(analyser);
    const play = async () => {
      const { element } = playout;
      element.volume = this.#devices.choice.volume;
      const { speaker } = this.#devices;
      await element.setSinkId?.(speaker).catch(() => {
        this.#speakerRefused = speaker;
        this.#changed();
      });
      if (!(await playout.start(made.stream))) throw new PageFailure("playback_blocked");
    };
    return { scope, context, out, analyser, play };
  }

  #enter(stage: TrialStage): void {
    this.stage = stage;
    this.#changed();
  }
}

/** One after the other, without a click. */
export function tones(): Float32Array<ArrayBuffer> {
  const each = Math.round(TONE_S * RATE);
  return Float32Array.from({ length: TONES.length * each }, (_, i) => {
    const at = i % each;
    const swell = Math.min(1, at / 500, (each - at) / 2000);
    return 0.3 * swell * Math.sin((2 * Math.PI * (TONES[Math.floor(i / each)] as number) * at) / RATE);
  });
}
