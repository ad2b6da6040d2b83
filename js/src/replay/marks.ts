import { gap } from "../view/format.ts";
import { draggable, type Span } from "./drag.ts";
import type { Coding, Hole, Label, Shown, Tool, Turn } from "./given.ts";
import { HEAD_PX, lanes, type Placed, ROW_PX } from "./lanes.ts";
import * as words from "./words.ts";

/** What lies over the waveform and under it, each at its place on the clock: by shares of the whole, so that zoom needs nothing. */
export function marks(shown: Shown): { over: HTMLElement; strip: HTMLElement | null } {
  const over = made("over");
  over.append(...shown.holes.map((hole) => ofHole(hole, shown)));
  for (const turn of shown.turns) over.append(...ofTurn(turn, shown));
  const under = shown.tools.map((tool) => ofTool(tool, shown)).filter((one) => one !== null);
  const strip = under.length ? made("strip") : null;
  strip?.append(...under);
  return { over, strip };
}

/** A lane of labels for each coder. `pick`: a label of the one who labels is clicked; `move`: one of a stretch is dragged. */
export function labelLanes(
  { shown, labels, coding }: { shown: Shown; labels: readonly Label[]; coding: Coding },
  picked: number | null,
  pick: (label: Label) => void,
  move: (label: Label, to: Span) => void,
): HTMLElement[] {
  return lanes(labels).map(({ coder, rows }) => {
    const lane = made("lane");
    lane.style.height = `${HEAD_PX + rows.length * ROW_PX}px`;
    for (const [at, row] of rows.entries()) {
      for (const label of row) {
        const mark = ofLabel(label, shown, coding);
        mark.style.top = `${HEAD_PX + at * ROW_PX + 2}px`;
        mark.toggleAttribute("data-picked", label.number === picked);
        if (coder === coding.coder) {
          own(mark, () => pick(label));
          if (label.seq === null) draggable(mark, label, shown.duration_ms, (to) => move(label, to));
        }
        lane.append(mark);
      }
    }
    return lane;
  });
}

/** It is no place to begin a stretch at, nor a moment to go to. */
function own(mark: HTMLElement, clicked: () => void): void {
  mark.classList.add("own");
  mark.onpointerdown = (event) => event.stopPropagation();
  mark.onclick = (event) => {
    event.stopPropagation();
    clicked();
  };
}

function ofTurn(turn: Turn, shown: Shown): HTMLElement[] {
  const { start_ms, end_ms, gap_ms, gap_end_ms } = turn;
  if (start_ms === null || turn.role === "system") return [];
  const block = placed(`turn ${turn.role}`, start_ms, end_ms ?? start_ms, shown);
  block.toggleAttribute("data-interrupted", turn.interrupted);
  block.title = turn.pieces.map(([text]) => text).join("");
  if (!gap_ms || gap_end_ms === null || gap_ms > gap_end_ms) return [block];
  const silence = placed(`silence ${turn.role}`, gap_end_ms - gap_ms, gap_end_ms, shown, gap(gap_ms));
  silence.title = `${words.gapTitle}: ${gap(gap_ms)}`;
  return [block, silence];
}

function ofHole({ side, kind, start_ms, end_ms }: Hole, shown: Shown): HTMLElement {
  return placed(`hole ${side}`, start_ms, end_ms, shown, kind);
}

function ofTool(tool: Tool, shown: Shown): HTMLElement | null {
  if (tool.start_ms === null) return null;
  const end = tool.end_ms ?? tool.start_ms;
  const mark = placed("tool", tool.start_ms, end, shown, tool.name);
  mark.title = words.tool(tool.name, tool.status, gap(end - tool.start_ms));
  return mark;
}

function ofLabel(label: Placed, shown: Shown, { codes }: Coding): HTMLElement {
  const mark = placed("label", label.start_ms, label.end_ms, shown, label.code);
  const colour = codes.find(({ name }) => name === label.code)?.colour;
  if (colour) mark.style.setProperty("--code", colour);
  mark.title = [words.label(label.code, label.coder), label.note].filter(Boolean).join("\n");
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
