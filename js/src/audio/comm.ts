import type { Scope } from "../scope.ts";
import { Capture } from "./capture.ts";
import { pulse } from "./pulse.ts";
import { Speaker } from "./speaker.ts";

const BEAT = 0.04;

/** The sound of a call by comm: both ways, in pieces. */
export class CommAudio {
  /** What the speaker says. */
  readonly heard: AudioNode;
  readonly stream: MediaStream;
  readonly speaker: Speaker;
  readonly capture: Capture;
  readonly #context: AudioContext;
  readonly #scope: Scope;

  constructor(context: AudioContext, source: AudioNode, scope: Scope) {
    this.#context = context;
    this.#scope = scope;
    const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    this.stream = out.stream;
    this.heard = new GainNode(context);
    this.heard.connect(out);
    // Without a source that runs, the track gives no frames at all in a pause, and nobody sees that it is silent.
    const silence = new ConstantSourceNode(context, { offset: 0 });
    silence.connect(out);
    silence.start();
    scope.defer(() => {
      silence.stop();
      silence.disconnect();
      this.heard.disconnect();
      for (const track of this.stream.getTracks()) track.stop();
    });
    this.speaker = new Speaker(context, this.heard, scope);
    this.capture = new Capture(context, source, scope);
  }

  /** `beat` is called about 25 times a second, also while the page is hidden. */
  run(beat: () => void): void {
    pulse(this.#context, BEAT, beat, this.#scope);
  }
}
