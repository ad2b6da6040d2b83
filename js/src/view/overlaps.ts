import { joined, type Line } from "../store.ts";
import * as words from "../words.ts";

/** Pure: what was said over answers that went on, by the answer: nobody had to stop for it. */
export function overlaps(lines: readonly Line[]): ReadonlyMap<string, readonly string[]> {
  const over = new Map<string, string[]>();
  for (const { row, words: said } of lines) {
    const { overlap, overlap_item_id: id } = row;
    if (id && overlap !== "interruption") over.set(id, [...(over.get(id) ?? []), words.transcriptWentOn(joined(said))]);
  }
  return over;
}
