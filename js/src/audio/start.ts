import type { Scope } from "../scope.ts";

/** So long a sound device may take to start; with PulseAudio Firefox needs up to 4 s. */
const START_MS = 5000;
/** Sound runs for good from there on: Firefox gives the first blocks at once, and then waits for the device. */
const RUNS_S = 0.06;
const LOOK_MS = 10;

/** The page's sound, until `scope` ends. */
export function makeContext(scope: Scope): AudioContext {
  const context = new AudioContext({ latencyHint: "interactive" });
  scope.defer(() => void context.close());
  return context;
}

/**
 * Until sound runs. What a peer sends before that is kept by the browser and heard as much later, all through the call.
 * Not waited for where the browser wants a click first, nor for ever, nor again: the kernel gives a lost call less time.
 */
export class Start {
  readonly #context: Pick<BaseAudioContext, "currentTime">;
  #waited = false;

  constructor(context: Pick<BaseAudioContext, "currentTime">) {
    this.#context = context;
  }

  async wait(scope: Scope): Promise<void> {
    // Seen at once: in a hidden tab timers are slow.
    if (this.#waited || this.#runs || !navigator.userActivation?.hasBeenActive) return;
    const wait = scope.child();
    const over = new Promise<void>((done) => {
      wait.every(LOOK_MS, () => this.#runs && done());
      wait.after(START_MS, done);
    });
    try {
      await scope.race(over);
      this.#waited = true;
    } finally {
      wait.close();
    }
  }

  get #runs(): boolean {
    return this.#context.currentTime >= RUNS_S;
  }
}
