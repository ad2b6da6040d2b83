import { html, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { answering } from "../known.ts";
import type { Scope } from "../scope.ts";
import * as words from "../words.ts";
import { parts } from "./parts.ts";
import type { PanelSource } from "./source.ts";

/** So many of the last rows are looked at: what is new stands there. */
const LAST = 25;
/** So long it stands for a screen reader to take it; then nobody comes by it twice. */
const READ_MS = 5000;

/** What nobody hears here and a screen reader is to say: answers without sound, and the names of what was shown. */
export class Aloud {
  readonly #source: PanelSource;
  readonly #changed: () => void;
  readonly #scope: Scope;
  /** What was said aloud, by a voice or here, or was there before somebody listened. */
  readonly #known = new Set<string>();
  readonly #waits = new Map<string, string>();
  #said: readonly { readonly text: string }[] = [];
  /** A talk went on here when it was looked at last. */
  #listens = false;

  constructor(source: PanelSource, changed: () => void, scope: Scope) {
    this.#source = source;
    this.#changed = changed;
    this.#scope = scope;
  }

  /** The region that is read in its turn; new in it is what is new. To be drawn also while nothing is. */
  view(): TemplateResult {
    this.#look();
    return html`<div class="unseen" role="log">${repeat(
      this.#said,
      (one) => one,
      ({ text }) => html`<p>${text}</p>`,
    )}</div>`;
  }

  #look(): void {
    const { lines, traits, local, kernel } = this.#source;
    const sounds = local.stage === "open" && !local.soundBlocked && !local.soundStopped;
    const listens = this.#listens;
    this.#listens = kernel === "alive" && traits.connection_state === "connected";
    for (const line of lines.slice(-LAST)) {
      const { role, item_id, status, text_heard } = line.row;
      const over = this.#known.has(item_id) && !this.#waits.has(item_id);
      const heard = () => sounds && (text_heard !== null || (this.#source.heard(item_id) ?? 0) > 0);
      if (!over && heard()) {
        this.#known.add(item_id);
        // It was told that it sounds after that it is whole.
        this.#waits.delete(item_id);
      } else if (!over && role === "assistant" && status !== "in_progress") {
        const { said } = parts(line, null);
        if (said) this.#take(item_id, `${words.sides.assistant}: ${said}`, listens);
      }
      for (const { number, label } of line.results) {
        this.#take(`result ${number}`, words.resultShown(label || words.resultName), listens);
      }
    }
    // A voice would be spoken over, by either side.
    if (this.#waits.size === 0 || (sounds && (answering(traits) || traits.user_speaking))) return;
    this.#said = Array.from(this.#waits.values(), (text) => ({ text }));
    this.#waits.clear();
    const said = this.#said;
    this.#scope.after(READ_MS, () => {
      if (this.#said === said) this.#said = [];
      this.#changed();
    });
  }

  #take(key: string, text: string, listens: boolean): void {
    if (this.#known.has(key)) return;
    this.#known.add(key);
    if (listens) this.#waits.set(key, text);
  }
}
