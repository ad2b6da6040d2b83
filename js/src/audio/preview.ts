import { type FailureCode, PageFailure } from "../failure.ts";
import type { Scope } from "../scope.ts";
import { NONE } from "./choice.ts";
import type { SoundDevices } from "./devices.ts";
import { loudness } from "./loudness.ts";
import { askMicrophone, checkMicrophone, takeMicrophone } from "./microphone.ts";

type Chosen = Pick<SoundDevices, "choice" | "constraints" | "devices" | "microphones">;

interface Open {
  readonly gain: GainNode;
  readonly analyser: AnalyserNode;
}

/**
 * How loud the microphone is while nothing else has it open. Only where the browser has allowed it before, for else it would
 * ask out of nowhere; and no longer than somebody looks. One for all views of a page.
 */
export class Preview {
  /** Why there is no level. */
  failure: FailureCode | null = null;
  readonly #devices: Chosen;
  readonly #changed: () => void;
  readonly #scope: Scope;
  /** Who looks. */
  readonly #lookers = new Set<object>();
  #allowed = false;
  /** What was asked for, and of which there were; empty: nothing is wanted. */
  #asked = "";
  #run: Scope | null = null;
  #open: Open | null = null;

  constructor(devices: Chosen, changed: () => void, scope: Scope) {
    this.#devices = devices;
    this.#changed = changed;
    this.#scope = scope;
    void this.#watch();
  }

  get level(): number {
    return this.#open ? loudness(this.#open.analyser) : 0;
  }

  /**
   * Open what is chosen if it is `wanted`, by this one or by another, else nothing. Safe to call at any time: only what is
   * not so is done.
   */
  follow(by: object, wanted: boolean): void {
    if (wanted) this.#lookers.add(by);
    else this.#lookers.delete(by);
    const { constraints, choice, devices, microphones } = this.#devices;
    // Not before it is known what there is.
    const may = this.#lookers.size > 0 && this.#allowed && devices !== NONE;
    const asked = may ? microphones : "";
    if (asked !== this.#asked) {
      this.#asked = asked;
      this.#close();
      if (asked) void this.#begin(constraints);
    }
    if (this.#open) this.#open.gain.gain.value = choice.gain;
  }

  async #begin(constraints: MediaTrackConstraints): Promise<void> {
    const run = this.#scope.child();
    this.#run = run;
    try {
      checkMicrophone();
      const { meter } = await takeMicrophone(askMicrophone(constraints, run), run);
      const context = new AudioContext();
      run.defer(() => void context.close());
      context.resume().catch(() => {});
      const gain = new GainNode(context);
      const analyser = new AnalyserNode(context, { fftSize: 2048 });
      new MediaStreamAudioSourceNode(context, { mediaStream: meter }).connect(gain).connect(analyser);
      this.#open = { gain, analyser };
    } catch (error) {
      // Not wanted any more.
      if (run.closed) return;
      this.failure = error instanceof PageFailure ? error.code : "microphone_missing";
      this.#changed();
    }
  }

  #close(): void {
    this.#run?.close();
    this.#run = null;
    this.#open = null;
    this.failure = null;
  }

  /** What browsers do not tell counts as not allowed. */
  async #watch(): Promise<void> {
    const asked = navigator.permissions?.query({ name: "microphone" as PermissionName });
    const permission = await asked?.catch(() => null);
    if (!permission || this.#scope.closed) return;
    const look = () => {
      this.#allowed = permission.state === "granted";
    };
    look();
    this.#scope.on(permission, "change", look);
  }
}
