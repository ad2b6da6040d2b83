import type { KernelMessage, Row } from "./model.gen.ts";

/** A piece of spoken text and when, within the item's audio, it is heard. */
export interface Word {
  readonly text: string;
  readonly start_ms: number | null;
}

/** A row as the panel shows it. */
export interface Line {
  row: Row;
  words: Word[];
  /** The text is a guess that will be replaced. */
  partial: boolean;
  notes: string[];
}

/** The rows of the talk, as the kernel tells them. Decides nothing: it only keeps. */
export class Store {
  readonly #lines = new Map<string, Line>();
  #sorted: readonly Line[] | null = null;

  get lines(): readonly Line[] {
    this.#sorted ??= [...this.#lines.values()].sort((a, b) => a.row.seq - b.row.seq);
    return this.#sorted;
  }

  get(item_id: string): Line | undefined {
    return this.#lines.get(item_id);
  }

  /** True when the message was about the transcript. */
  take(message: KernelMessage): boolean {
    switch (message.type) {
      case "row":
        this.#put(message.row);
        return true;
      case "text":
        this.#text(message);
        return true;
      case "note":
        this.#lines.get(message.item_id)?.notes.push(message.text);
        return true;
      case "snapshot":
        this.replace(message.rows);
        for (const [item_id, text] of Object.entries(message.notes ?? {})) {
          const notes = this.#lines.get(item_id)?.notes;
          if (notes && !notes.includes(text)) notes.push(text);
        }
        return true;
      default:
        return false;
    }
  }

  /** All rows at once; notes and word times of rows that stay are kept. */
  replace(rows: readonly Row[]): void {
    const gone = new Set(this.#lines.keys());
    for (const row of rows) {
      this.#put(row);
      gone.delete(row.item_id);
    }
    for (const item_id of gone) this.#lines.delete(item_id);
    this.#sorted = null;
  }

  #put(row: Row): void {
    const line = this.#lines.get(row.item_id);
    this.#sorted = null;
    if (!line) {
      const words = row.text ? [{ text: row.text, start_ms: null }] : [];
      this.#lines.set(row.item_id, { row, words, partial: false, notes: [] });
      return;
    }
    line.row = row;
    line.partial &&= row.status === "in_progress";
    // Word times outlive the row's last word on its text as long as they say the same.
    if (row.text && joined(line.words) !== row.text) line.words = [{ text: row.text, start_ms: null }];
  }

  #text(message: Extract<KernelMessage, { type: "text" }>): void {
    const line = this.#lines.get(message.item_id);
    if (!line) return;
    if (message.text !== undefined) {
      line.words = message.text ? [{ text: message.text, start_ms: null }] : [];
      line.partial = line.row.role === "user" && line.row.status === "in_progress";
    }
    if (message.delta) line.words.push({ text: message.delta, start_ms: message.audio_start_ms ?? null });
  }
}

export function joined(words: readonly Word[]): string {
  return words.map((word) => word.text).join("");
}
