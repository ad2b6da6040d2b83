import { gap } from "../view/format.ts";
import type { Label, Shown, Tool, Turn } from "./given.ts";
import * as words from "./words.ts";

/** What lies over the waveform and under it, each at its place on the clock: by shares of the whole, so that zoom needs nothing. */
export function marks(shown: Shown): { over: HTMLElement; strip: HTMLElement | null } {
  const over = made("over");
  for (const turn of shown.turns) over.append(...ofTurn(turn, shown));
  const under = [
    ...shown.tools.map((tool) => ofTool(tool, shown)),
    ...shown.labels.map((label) => ofLabel(label, shown)),
  ].filter((one) => one !== null);
  const strip = under.length ? made("strip") : null;
  strip?.append(...under);
  return { over, strip };
}

function ofTurn(turn: Turn, shown: Shown): HTMLElement[] {
  const { start_ms, end_ms, gap_ms } = turn;
  if (start_ms === null || turn.role === "system") return [];
  const block = placed(`turn ${turn.role}`, start_ms, end_ms ?? start_ms, shown);
  block.toggleAttribute("data-interrupted", turn.interrupted);
  block.title = turn.pieces.map(([text]) => text).join("");
  if (!gap_ms || gap_ms < 0 || gap_ms > start_ms) return [block];
  const silence = placed(`silence ${turn.role}`, start_ms - gap_ms, start_ms, shown, gap(gap_ms));
  silence.title = `${words.gapTitle}: ${gap(gap_ms)}`;
  return [block, silence];
}

function ofTool(tool: Tool, shown: Shown): HTMLElement | null {
  if (tool.start_ms === null) return null;
  const end = tool.end_ms ?? tool.start_ms;
  const mark = placed("tool", tool.start_ms, end, shown, tool.name);
  mark.title = words.tool(tool.name, tool.status, gap(end - tool.start_ms));
  return mark;
}

function ofLabel(label: Label, shown: Shown): HTMLElement {
  const mark = placed("label", label.start_ms, label.end_ms, shown, label.code);
  mark.title = words.label(label.code, label.coder ?? "");
  return mark;
}

function placed(name: string, from: number, to: number, { duration_ms }: Shown, text = ""): HTMLElement {
  const one = made(name);
  one.style.left = `${(100 * from) / duration_ms}%`;
  one.style.width = `${(100 * (to - from)) / duration_ms}%`;
  if (text) one.append(Object.assign(document.createElement("span"), { textContent: text }));
  return one;
}

function made(name: string): HTMLElement {
  return Object.assign(document.createElement("div"), { className: name });
}
