import type { Shown, Turn } from "./given.ts";

/** So many pixels a second leave most words room. */
const ROOM_PX = 90;
/** In less nothing can be read. */
const LEAST_PX = 24;

export interface Said {
  readonly text: string;
  readonly role: Turn["role"];
  readonly start_ms: number;
  readonly end_ms: number;
}

/** What is said between two moments: word by word where there is room, else turn by turn. Pure. */
export function said(turns: readonly Turn[], fromMs: number, toMs: number, pxPerS: number): Said[] {
  const found: Said[] = [];
  for (const { role, pieces, start_ms, end_ms } of turns) {
    if (start_ms === null || role === "system" || start_ms >= toMs || (end_ms ?? start_ms) <= fromMs) continue;
    const words = pxPerS >= ROOM_PX ? pieces.filter(([, start]) => start !== null) : [];
    const whole = [pieces.map(([text]) => text).join(""), start_ms, end_ms] as const;
    for (const [text, from, to] of words.length ? words : [whole]) {
      if (from === null || to === null || from >= toMs || to <= fromMs) continue;
      if (((to - from) * pxPerS) / 1000 >= LEAST_PX || words.length)
        found.push({ text: text.trim(), role, start_ms: from, end_ms: to });
    }
  }
  return found;
}

/** Over the waveform, each at its place on the clock. */
export function spoken(all: readonly Said[], { duration_ms }: Shown): HTMLElement[] {
  return all.map(({ text, role, start_ms, end_ms }) => {
    const one = Object.assign(document.createElement("div"), {
      className: `word ${role}`,
      textContent: text,
      dir: "auto",
    });
    one.style.left = `${(100 * start_ms) / duration_ms}%`;
    one.style.width = `${(100 * (end_ms - start_ms)) / duration_ms}%`;
    return one;
  });
}
