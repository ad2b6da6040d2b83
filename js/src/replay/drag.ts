import type { Placed } from "./lanes.ts";

/** So near to an edge it is that which is moved; of what is narrow, a third each. */
const EDGE_PX = 6;
/** Less is a click. */
const LEAST_PX = 3;
/** No label is shorter than this by hand. */
const SHORTEST_MS = 10;

export interface Span {
  readonly start_ms: number;
  readonly end_ms: number;
}

/** A stretch whose edges are moved by so much: within the talk, and never turned round. Where both move, its length stays. */
export function moved({ start_ms, end_ms }: Span, start: number, end: number, most: number): Span {
  if (start === end) {
    const by = Math.round(Math.max(-start_ms, Math.min(start, most - end_ms)));
    return { start_ms: start_ms + by, end_ms: end_ms + by };
  }
  return {
    start_ms: Math.round(Math.max(0, Math.min(start_ms + start, Math.max(start_ms, end_ms - SHORTEST_MS)))),
    end_ms: Math.round(Math.min(most, Math.max(end_ms + end, Math.min(end_ms, start_ms + SHORTEST_MS)))),
  };
}

/** A label of a stretch is dragged at an edge, or as a whole; `drop`: it is to lie there. */
export function draggable(mark: HTMLElement, label: Placed, most: number, drop: (span: Span) => void): void {
  mark.classList.add("loose");
  mark.onpointerdown = (down) => {
    down.stopPropagation();
    if (down.button) return;
    const { left, width } = mark.getBoundingClientRect();
    const edge = Math.min(EDGE_PX, width / 3);
    const [atStart, atEnd] = [down.clientX < left + edge, down.clientX > left + width - edge];
    const lane = mark.parentElement as HTMLElement;
    const ms = most / lane.clientWidth;
    const at = ({ clientX }: PointerEvent) => clientX - lane.getBoundingClientRect().left;
    const begun = at(down);
    const now = (event: PointerEvent): Span => {
      // Where it lies, also if the picture has been scrolled meanwhile.
      const by = (at(event) - begun) * ms;
      return moved(label, atEnd ? 0 : by, atStart ? 0 : by, most);
    };
    const far = (event: PointerEvent) => Math.abs(event.clientX - down.clientX) >= LEAST_PX;
    let drags = false;
    mark.setPointerCapture(down.pointerId);
    mark.onpointermove = (event) => {
      drags ||= far(event);
      if (drags) show(now(event));
    };
    mark.onpointerup = (event) => {
      if (drags) drop(now(event));
      end();
    };
    mark.onpointercancel = () => {
      show(label);
      end();
    };
    // The click that follows is no one.
    const clicked = mark.onclick;
    const end = () => {
      mark.onpointermove = mark.onpointerup = mark.onpointercancel = null;
      if (drags)
        mark.onclick = (event) => {
          event.stopPropagation();
          mark.onclick = clicked;
        };
    };
  };
  const show = ({ start_ms, end_ms }: Span) => {
    mark.style.left = `${(100 * start_ms) / most}%`;
    mark.style.width = `${(100 * (end_ms - start_ms)) / most}%`;
  };
}
