import type { Scope } from "../scope.ts";

/** In the pipe and the jitter buffer, after the assistant was told to stop. */
const REST_MS = 400;

/** Plays the remote track: through an element, because echo cancellation works on that and not on Web Audio. */
export class Playout {
  // Never put into the document: an element that is taken out of it again (a scrolled cell) would pause.
  readonly element = new Audio();
  readonly #scope: Scope;
  /** Not yet: it was told to stop once more. */
  #unmute: () => void = () => {};

  /** To be made in the click's own task. */
  constructor(scope: Scope) {
    this.#scope = scope;
    this.element.autoplay = true;
    // A click lets an element play for good, but only for 5 s: by then a person may still think about the microphone.
    this.element.play().catch(() => {});
    scope.defer(() => {
      this.element.pause();
      this.element.srcObject = null;
    });
  }

  /** False when the browser wants a click first; `start()` in that click plays. */
  async start(stream?: MediaStream): Promise<boolean> {
    if (stream) this.element.srcObject = stream;
    try {
      await this.element.play();
      return true;
    } catch (error) {
      // Ended or replaced while it was starting: not the browser's refusal.
      return !(error instanceof DOMException && error.name === "NotAllowedError");
    }
  }

  /** It does not play, as where the system paused it in a hidden tab of a telephone. What has ended is not paused. */
  get paused(): boolean {
    const { paused, srcObject } = this.element;
    return paused && !!(srcObject as MediaStream | null)?.active;
  }

  /** Swallow what is still on its way, so that Interrupt is heard at once. */
  hush(): void {
    this.element.muted = true;
    this.#unmute();
    this.#unmute = this.#scope.after(REST_MS, () => {
      this.element.muted = false;
    });
  }
}
