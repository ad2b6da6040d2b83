import { joined, type Line } from "../store.ts";
import * as words from "../words.ts";

/** What of a line was said, is being said, will be said, and was never heard. */
export interface Parts {
  readonly said: string;
  readonly now: string;
  readonly ahead: string;
  readonly unheard: string;
}

const LETTERS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Where a text can be cut, at this place or behind it: not within what a person sees as one letter. */
function cut(text: string, at: number): number {
  const letter = LETTERS.segment(text).containing(at);
  return letter && letter.index < at ? letter.index + letter.segment.length : at;
}

/** Pure: another text stands where something was said. Notebooks that were saved before know of none. */
export function isEdited({ text_before }: Line["row"]): boolean {
  return typeof text_before === "string";
}

/** Pure: `heard` is how much of the item's audio has been played, in ms; null: it is not being spoken here. */
export function parts(line: Line, heard: number | null): Parts {
  const { row, words } = line;
  const text = joined(words);
  const whole = { said: text, now: "", ahead: "", unheard: "" };
  if (row.status === "rewound") return { ...whole, said: "", unheard: text };
  if (isEdited(row)) return whole;
  // Also when nobody interrupted: the call ended or was lost in the middle of it.
  if (row.text_heard !== null && text.startsWith(row.text_heard)) {
    const at = cut(text, row.text_heard.length);
    return { ...whole, said: text.slice(0, at), unheard: text.slice(at) };
  }
  if (heard === null || row.interrupted) return whole;
  let next = words.findIndex((word) => word.start_ms !== null && word.start_ms > heard);
  if (next === -1) next = words.length;
  const current = words[next - 1]?.start_ms != null ? next - 1 : next;
  const [from, to] = [current, next].map((n) => cut(text, joined(words.slice(0, n)).length));
  return { said: text.slice(0, from), now: text.slice(from, to), ahead: text.slice(to), unheard: "" };
}

/** Pure: who said what, a line each. */
export function plain(lines: readonly Line[]): string {
  return lines.map(({ row, words: text }) => `${words.sides[row.role]}: ${joined(text)}\n`).join("");
}
