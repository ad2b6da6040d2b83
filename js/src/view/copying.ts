import type { Scope } from "../scope.ts";

const SHOWN_MS = 2000;

/** What was copied last, for a moment, by its key; `done` is false where the browser did not let it. */
export interface Copied {
  readonly key: string;
  readonly done: boolean;
}

/** Copies, and says so for a moment. */
export class Copying {
  readonly #oldWay: (text: string) => boolean;
  readonly #changed: () => void;
  readonly #scope: Scope;
  #now: Copied | null = null;

  /** `oldWay`: what may do it where there is no clipboard, or it is not allowed. True: it did. */
  constructor(oldWay: (text: string) => boolean, changed: () => void, scope: Scope) {
    this.#oldWay = oldWay;
    this.#changed = changed;
    this.#scope = scope;
  }

  get now(): Copied | null {
    return this.#now;
  }

  readonly copy = async (key: string, text: string): Promise<void> => {
    const told = { key, done: await this.quietly(text) };
    this.#set(told);
    this.#scope.after(SHOWN_MS, () => {
      if (this.#now === told) this.#set(null);
    });
  };

  /** The same, where it is said elsewhere. False: the browser does not let it. */
  async quietly(text: string): Promise<boolean> {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Not there where the page is not secure; not allowed in frames of another origin that are not trusted with it.
      return this.#oldWay(text);
    }
  }

  #set(now: Copied | null): void {
    this.#now = now;
    this.#changed();
  }
}
