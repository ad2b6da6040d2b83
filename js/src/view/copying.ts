import type { Scope } from "../scope.ts";
import * as words from "../words.ts";

const SHOWN_MS = 2000;

/** What was copied last, for a moment, by its key; `done` is false where the browser did not let it. */
export interface Copied {
  readonly key: string;
  readonly done: boolean;
}

/** What a button says: what it would do, and for a moment how it went. */
export function labelOf(copied: Copied | null, label: string): string {
  return copied ? (copied.done ? words.stripCopied : words.copyRefused) : label;
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

  /** Null: that was not copied just now. */
  readonly of = (key: string): Copied | null => (this.#now?.key === key ? this.#now : null);

  readonly copy = async (key: string, text: string): Promise<void> => {
    const told = { key, done: await this.#write(text) };
    this.#set(told);
    this.#scope.after(SHOWN_MS, () => {
      if (this.#now === told) this.#set(null);
    });
  };

  async #write(text: string): Promise<boolean> {
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
