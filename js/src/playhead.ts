import type { Row, Side } from "./model.gen.ts";

/** Sound that began this long before its row was told still belongs to the row. */
const EARLY_MS = 1000;

/**
 * Where in the assistant's current item the loudspeaker is, by the page's own marks: the words light up as they are
 * heard, not as they were made.
 */
export class Playhead {
  #item: string | null = null;
  #started: number | null = null;
  #lastOnset: number | null = null;

  /** A row was made or changed. `now` is the meters' clock; `voiced`: the assistant can be heard. */
  row(row: Row, isNew: boolean, now: number | null, voiced: boolean): void {
    if (row.role !== "assistant") return;
    if (isNew && row.status === "in_progress") {
      this.#item = row.item_id;
      const early = voiced && now !== null && this.#lastOnset !== null && now - this.#lastOnset < EARLY_MS;
      this.#started = early ? this.#lastOnset : null;
    }
  }

  mark(side: Side, voiced: boolean, at_ms: number): void {
    if (side !== "assistant" || !voiced) return;
    this.#lastOnset = at_ms;
    if (this.#item !== null) this.#started ??= at_ms;
  }

  /** The call is over, or the assistant is no longer heard: everything that was said was said. */
  rest(): void {
    this.#item = null;
    this.#started = null;
  }

  /** Milliseconds of the item's audio that were heard; null: not the one that is being spoken. */
  heard(item_id: string, now: number | null): number | null {
    if (item_id !== this.#item || now === null) return null;
    return this.#started === null ? 0 : now - this.#started;
  }
}
