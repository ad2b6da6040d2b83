import type { Extras } from "./extras.ts";
import { given } from "./given.ts";
import { type Link, RequestFailed } from "./link.ts";
import type { ErrorInfo } from "./model.gen.ts";
import type { Scope } from "./scope.ts";
import * as words from "./words.ts";

/** Names the build of the second bundle that belongs to this one. */
declare const EXTRAS: string;

/** Who has waited so long wants to know for what. */
const EXPLAIN_MS = 2000;

/** What was asked for: it is there, will be, or there is a reason why not. */
export type Loaded =
  | { readonly extras: Extras }
  | { readonly extras: null; readonly error: ErrorInfo | null; readonly long: boolean };

/** All widgets of the page share what is loaded, though each has a copy of the first bundle. */
const SHARED = Symbol.for("voice_widget.extras");
const shared = globalThis as { [SHARED]?: Record<string, Extras> };

/** Brings the second bundle from the kernel, once somebody wants it. */
export class Loading {
  readonly #link: Link;
  readonly #scope: Scope;
  readonly #changed: () => void;
  #error: ErrorInfo | null = null;
  #loads: Promise<void> | null = null;
  #long = false;

  constructor(link: Link, scope: Scope, changed: () => void) {
    this.#link = link;
    this.#scope = scope;
    this.#changed = changed;
  }

  get now(): Loaded {
    const extras = shared[SHARED]?.[EXTRAS];
    return extras ? { extras } : { extras: null, error: this.#error, long: this.#long };
  }

  /** Safe to call again; after a failure that is another try. */
  start(): void {
    if (this.#loads || this.now.extras || this.#link.kernel.state === "silent") return;
    this.#error = null;
    const explain = this.#scope.after(EXPLAIN_MS, () => {
      this.#long = true;
      this.#changed();
    });
    this.#loads = this.#load()
      .catch((error: unknown) => {
        this.#error = error instanceof RequestFailed ? error.info : refusal(error);
      })
      .then(() => {
        explain();
        this.#loads = null;
        this.#long = false;
        this.#changed();
      });
  }

  /** Once it is there; rejects with a `RequestFailed` that says why it is not. */
  async ready(): Promise<Extras> {
    this.start();
    await this.#loads;
    const { now } = this;
    if (now.extras) return now.extras;
    const [message, next_step] = words.extrasNoKernel;
    throw new RequestFailed(now.error ?? { code: "extras_failed", message, next_step });
  }

  async #load(): Promise<void> {
    const reply = await this.#link.request({ type: "extras.wanted" }, this.#scope.signal);
    if (reply.type !== "extras") throw new Error(reply.type);
    // As anywidget itself does it: nothing comes from the network.
    const url = URL.createObjectURL(new Blob([reply.source], { type: "text/javascript" }));
    try {
      const { default: make } = await import(/* @vite-ignore */ url);
      shared[SHARED] = { ...shared[SHARED], [EXTRAS]: make(given) };
    } finally {
      URL.revokeObjectURL(url);
    }
  }
}

/** That a policy of the page was against it is told as if the script could not be fetched. */
function refusal(error: unknown): ErrorInfo {
  if (error instanceof TypeError) return { code: "extras_refused", ...words.extrasRefused };
  return { code: "extras_failed", message: words.extrasFailed(String(error)), next_step: words.extrasFailedStep };
}
