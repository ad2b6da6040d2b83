import type { Label, Turn } from "./given.ts";

/** What one coder said, in as many rows as keep labels apart that lie over each other. */
export interface Lane {
  readonly coder: string;
  readonly rows: readonly (readonly Placed[])[];
}
export type Placed = Label & { readonly start_ms: number; readonly end_ms: number };

/** How high a lane's name and each of its rows are. */
export const HEAD_PX = 14;
export const ROW_PX = 20;

export function lanes(labels: readonly Label[]): Lane[] {
  const placed = labels.filter((label): label is Placed => label.start_ms !== null && label.end_ms !== null);
  placed.sort((a, b) => a.start_ms - b.start_ms);
  return [...new Set(placed.map(({ coder }) => coder))]
    .sort((a, b) => a.localeCompare(b))
    .map((coder) => {
      const rows: Placed[][] = [];
      for (const label of placed) {
        if (label.coder !== coder) continue;
        const free = rows.find((row) => (row.at(-1)?.end_ms ?? 0) <= label.start_ms);
        if (free) free.push(label);
        else rows.push([label]);
      }
      return { coder, rows };
    });
}

/** At which turn a label is listed: its own, the one that it lies on most, or else the one before it. */
export function turnOf(label: Pick<Label, "seq" | "start_ms" | "end_ms">, turns: readonly Turn[]): number {
  if (label.seq !== null) return turns.findIndex(({ seq }) => seq === label.seq);
  let [best, most, before] = [-1, 0, 0];
  const [from, to] = [label.start_ms ?? 0, label.end_ms ?? 0];
  for (const [at, { start_ms, end_ms }] of turns.entries()) {
    if (start_ms === null) continue;
    const shared = Math.min(to, end_ms ?? start_ms) - Math.max(from, start_ms);
    if (shared > most) [best, most] = [at, shared];
    if (start_ms <= from) before = at;
  }
  return best < 0 ? before : best;
}
