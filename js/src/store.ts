import type { KernelMessage, Row, ShownResult, ToolRow } from "./model.gen.ts";

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
  /** What the agent has shown in answer to it. */
  readonly results: readonly ShownResult[];
  /** The tools that were called behind it. */
  readonly tools: readonly ToolRow[];
}

/** The rows of the talk, as the kernel tells them. Decides nothing: it only keeps. */
export class Store {
  readonly #lines = new Map<string, Line>();
  /** By the item that they stand under, also before that has a row. */
  readonly #results = new Map<string, ShownResult[]>();
  readonly #tools = new Map<string, ToolRow[]>();
  #sorted: readonly Line[] | null = null;

  get lines(): readonly Line[] {
    this.#sorted ??= [...this.#lines.values()].sort((a, b) => a.row.seq - b.row.seq);
    return this.#sorted;
  }

  /** The calls of tools that wait to be allowed. */
  get waiting(): readonly ToolRow[] {
    return [...this.#tools.values()].flat().filter(({ status }) => status === "waiting");
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
      case "result":
        this.#result(message.result);
        return true;
      case "tool":
        this.#tool(message.tool);
        return true;
      case "snapshot":
        this.replace(message.rows);
        for (const result of message.results ?? []) this.#result(result);
        for (const tool of message.tools ?? []) this.#tool(tool);
        return true;
      default:
        return false;
    }
  }

  /** All rows at once; results and word times of rows that stay are kept. */
  replace(rows: readonly Row[]): void {
    const gone = new Set(this.#lines.keys());
    for (const row of rows) {
      this.#put(row);
      gone.delete(row.item_id);
    }
    for (const item_id of gone) this.#lines.delete(item_id);
    this.#sorted = null;
  }

  #result(result: ShownResult): void {
    const results = under(this.#results, result.item_id);
    if (!results.some(({ number }) => number === result.number)) results.push(result);
  }

  #tool(tool: ToolRow): void {
    const tools = under(this.#tools, tool.turn_id ?? "");
    const known = tools.findIndex(({ number }) => number === tool.number);
    tools[known === -1 ? tools.length : known] = tool;
  }

  #put(row: Row): void {
    const line = this.#lines.get(row.item_id);
    this.#sorted = null;
    if (!line) {
      // What nobody asked for stands under the first row that there is.
      const [results, tools] = [under(this.#results, row.item_id), under(this.#tools, row.item_id)];
      if (this.#lines.size === 0) {
        results.push(...under(this.#results, "").splice(0));
        tools.push(...under(this.#tools, "").splice(0));
      }
      this.#lines.set(row.item_id, { row, words: untimed(row.text), partial: false, results, tools });
      return;
    }
    line.row = row;
    const open = row.status === "in_progress";
    line.partial &&= open;
    // Word times outlive the row's last word on its text as long as they say the same. That may be none: it was redacted.
    if ((row.text || !open) && joined(line.words) !== row.text) line.words = untimed(row.text);
  }

  #text(message: Extract<KernelMessage, { type: "text" }>): void {
    const line = this.#lines.get(message.item_id);
    if (!line) return;
    if (message.text !== undefined) {
      line.words = untimed(message.text);
      line.partial = line.row.role === "user" && line.row.status === "in_progress";
    }
    if (message.delta) line.words.push({ text: message.delta, start_ms: message.audio_start_ms ?? null });
  }
}

/** What stands under an item. */
function under<T>(all: Map<string, T[]>, item_id: string): T[] {
  const there = all.get(item_id) ?? [];
  all.set(item_id, there);
  return there;
}

function untimed(text: string): Word[] {
  return text ? [{ text, start_ms: null }] : [];
}

export function joined(words: readonly Word[]): string {
  return words.map((word) => word.text).join("");
}
