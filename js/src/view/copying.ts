import type { Scope } from "../scope.ts";
import { copyText } from "./theme.ts";

const SHOWN_MS = 2000;

/** What was copied last, for a moment, by its key; `done` is false where the browser did not let it. */
export interface Copied {
  readonly key: string;
  readonly done: boolean;
}

/** Copies, and says so for a moment. */
export class Copying {
  readonly #root: ShadowRoot;
  readonly #changed: () => void;
  readonly #scope: Scope;
  #now: Copied | null = null;

  constructor(root: ShadowRoot, changed: () => void, scope: Scope) {
    this.#root = root;
    this.#changed = changed;
    this.#scope = scope;
  }

  get now(): Copied | null {
    return this.#now;
  }

  readonly copy = async (key: string, text: string): Promise<void> => {
    const told = { key, done: await copyText(text, this.#root) };
    this.#set(told);
    this.#scope.after(SHOWN_MS, () => {
      if (this.#now === told) this.#set(null);
    });
  };

  #set(now: Copied | null): void {
    this.#now = now;
    this.#changed();
  }
}
