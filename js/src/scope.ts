/**
 * One owner per lifetime. Listeners, timers and frames end with the scope they were made in, so nothing else in this
 * package calls `addEventListener`, `setTimeout`, `setInterval` or `requestAnimationFrame` (a test holds that).
 */

/** The only kinds of event targets that are not `EventTarget`s: the widget model of the host. */
interface Emitter {
  // biome-ignore lint/suspicious/noExplicitAny: the host's emitter is untyped
  on(name: string, callback: (...args: any[]) => void): void;
  // biome-ignore lint/suspicious/noExplicitAny: the host's emitter is untyped
  off(name: string, callback: (...args: any[]) => void): void;
}

const IDLE_MS = 1000;

export type Undo = () => void;

export class Scope {
  readonly #controller = new AbortController();
  readonly #cleanups = new Set<Undo>();

  /** A scope that ends with any of `parents`, or when it is closed. */
  constructor(...parents: AbortSignal[]) {
    for (const parent of parents) {
      if (parent.aborted) {
        this.#controller.abort(parent.reason);
        return;
      }
      parent.addEventListener("abort", () => this.close(parent.reason), { once: true, signal: this.signal });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get closed(): boolean {
    return this.signal.aborted;
  }

  /** How many things would be undone by `close()`. */
  get size(): number {
    return this.#cleanups.size;
  }

  child(...others: AbortSignal[]): Scope {
    return new Scope(this.signal, ...others);
  }

  /** Run `undo` when the scope ends, last one first. Returns a call that runs it now. */
  defer(undo: Undo): Undo {
    if (this.closed) {
      guarded(undo);
      return () => {};
    }
    const once = () => {
      if (this.#cleanups.delete(once)) guarded(undo);
    };
    this.#cleanups.add(once);
    return once;
  }

  on<K extends string>(
    target: EventTarget,
    type: K,
    // biome-ignore lint/suspicious/noExplicitAny: the event's type follows from its name, which only the caller knows
    listener: (event: any) => void,
    options: AddEventListenerOptions = {},
  ): Undo {
    if (this.closed) return () => {};
    target.addEventListener(type, listener, options);
    return this.defer(() => target.removeEventListener(type, listener, options));
  }

  /** The host's model is no `EventTarget`. */
  // biome-ignore lint/suspicious/noExplicitAny: the host's emitter is untyped
  listen(emitter: Emitter, name: string, callback: (...args: any[]) => void): Undo {
    if (this.closed) return () => {};
    emitter.on(name, callback);
    return this.defer(() => emitter.off(name, callback));
  }

  after(ms: number, run: () => void): Undo {
    if (this.closed) return () => {};
    const timer = setTimeout(() => {
      this.#cleanups.delete(stop);
      run();
    }, ms);
    const stop = this.defer(() => clearTimeout(timer));
    return stop;
  }

  every(ms: number, run: () => void): Undo {
    if (this.closed) return () => {};
    const timer = setInterval(run, ms);
    return this.defer(() => clearInterval(timer));
  }

  /** When the browser has nothing better to do, or at last after a while. */
  idle(run: () => void): Undo {
    // Safari does not say when.
    if (typeof requestIdleCallback === "undefined") return this.after(IDLE_MS, run);
    if (this.closed) return () => {};
    const idle = () => {
      this.#cleanups.delete(stop);
      run();
    };
    // A page may never be idle, and in a frame that nobody sees browsers do not look for it.
    const handle = requestIdleCallback(idle, { timeout: IDLE_MS });
    const stop = this.defer(() => cancelIdleCallback(handle));
    return stop;
  }

  frame(run: (time: number) => void): Undo {
    if (this.closed) return () => {};
    const handle = requestAnimationFrame((time) => {
      this.#cleanups.delete(stop);
      run(time);
    });
    const stop = this.defer(() => cancelAnimationFrame(handle));
    return stop;
  }

  /** `promise`, or a rejection as soon as the scope ends. */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const stop = this.defer(() => reject(this.signal.reason));
      promise.then(resolve, reject).finally(() => {
        // Not `stop()`: that would reject. Settling first makes the rejection harmless.
        stop();
      });
    });
  }

  /** End the scope. Later calls do nothing. */
  close(reason: unknown = new DOMException("ended", "AbortError")): void {
    if (this.closed) return;
    this.#controller.abort(reason);
    for (const undo of [...this.#cleanups].reverse()) undo();
  }
}

/** A failing cleanup must not keep the next one from running. */
function guarded(undo: Undo): void {
  try {
    undo();
  } catch (error) {
    console.warn("[voice_widget] cleanup failed", error);
  }
}
