import type { Scope } from "../scope.ts";

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

  /** By a selection, as before there was a clipboard. False: the browser does not let it. */
  #oldWay(value: string): boolean {
    const focused = this.#root.activeElement as HTMLElement | null;
    const area = Object.assign(document.createElement("textarea"), { value });
    area.style.position = "fixed";
    this.#root.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused?.focus({ preventScroll: true });
    return done;
  }

  #set(now: Copied | null): void {
    this.#now = now;
    this.#changed();
  }
}
