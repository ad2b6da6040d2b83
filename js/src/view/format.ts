import type { Traits } from "../model.gen.ts";
import type { Line } from "../store.ts";

/** `m:ss`, or `h:mm:ss`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `m:ss.mmm`: for what is looked at closely. */
export function precise(seconds: number): string {
  const ms = Math.max(0, Math.round(seconds * 1000));
  return `${clock(Math.floor(ms / 1000))}.${String(ms % 1000).padStart(3, "0")}`;
}

/** `620 ms`, from one second on `2.9 s`. */
export function gap(ms: number): string {
  return Math.abs(ms) < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Seconds since the epoch of what a row says about its beginning. */
function startOf(line: Line): number {
  return Date.parse(line.row.started_at ?? line.row.arrived_at) / 1000;
}

/** Seconds since the epoch at which the talk's clock shows 0:00: where the audio clock of its first row began. */
export function originOf(lines: readonly Line[]): number {
  const first = lines[0];
  return first ? startOf(first) - (first.row.started_at ? (first.row.start_ms ?? 0) / 1000 : 0) : 0;
}

/** When a row began, on the talk's clock. */
export function timeOf(line: Line, origin: number): string {
  const seconds = startOf(line) - origin;
  return Number.isFinite(seconds) ? clock(seconds) : "";
}

/** Text with `code` between backticks, in pieces. */
export function pieces(text: string): { text: string; code: boolean }[] {
  return text
    .split("`")
    .map((piece, i) => ({ text: piece, code: i % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}

/** Text whose code says the notebook's own variable for the widget, and not the `w` of the docs. */
export function named(text: string, { variable }: Traits): string {
  return text.replace(/\bw(?=\.[a-z])/g, variable);
}

/** The first thing between backticks: what a Copy button copies. */
export function codeIn(text: string): string | null {
  return pieces(text).find((piece) => piece.code)?.text ?? null;
}
