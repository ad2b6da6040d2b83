import type { Scope } from "../scope.ts";
import * as words from "../words.ts";
import type { PanelSource } from "./source.ts";
import { bars, type LaneView } from "./waveform.ts";

/** The picture is this much behind, so that the newest bar is known when it comes in. */
const LAG_SECONDS = 0.15;
/** With reduced motion the picture is renewed now and then instead of flowing. */
const CALM_MS = 500;

/** Bars move 40 pixels a second; more pictures than that show nothing new. */
const FRAME_MS = 24;

export interface Lanes {
  readonly canvas: HTMLCanvasElement;
  /** Go on painting if there is something to paint. */
  wake(): void;
}

/**
 * The two lanes: paints what `bars` says while there is something to see, and rests otherwise. `over` paints over the
 * bars of the user's lane, by seconds since the epoch; while `open`, `frame` is called wherever the canvas is.
 */
export function makeLanes(
  source: PanelSource,
  colours: () => readonly string[],
  frame: () => void,
  open: () => boolean,
  over: (brush: CanvasRenderingContext2D, view: LaneView) => void,
  scope: Scope,
): Lanes {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", words.lanesName);
  const brush = canvas.getContext("2d");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let seen = true;
  let painting = false;
  let painted = 0;
  // When the call is over, the last picture stays.
  let clock = 0;
  let epoch = 0;

  const paint = (): boolean => {
    const { width, height } = canvas;
    if (!brush || !width) return false;
    brush.clearRect(0, 0, width, height);
    const ratio = width / (canvas.clientWidth || width);
    if (source.clock !== null) [clock, epoch] = [source.clock, Date.now() / 1000];
    const end = clock / 1000 - LAG_SECONDS;
    const lane = height / 2;
    let lively = false;
    for (const [i, colour] of colours().entries()) {
      brush.fillStyle = colour;
      const margin = Math.round(3 * ratio);
      const view = { width, top: i * lane + margin, height: lane - 2 * margin, ratio, end };
      for (const rect of bars(i === 0 ? source.lanes.user : source.lanes.assistant, view)) {
        brush.fillRect(rect.x, rect.y, rect.width, rect.height);
        lively = true;
      }
      // With times of the kernel: its clock is the page's, as far as anybody knows.
      if (i === 0) over(brush, { ...view, end: epoch - LAG_SECONDS });
    }
    return lively;
  };

  const step = () => {
    painting = false;
    if (!watched()) return;
    const now = performance.now();
    if (now - painted < FRAME_MS) return next();
    painted = now;
    const lively = paint();
    frame();
    if ((lively || source.lively) && source.clock !== null) next();
  };
  const watched = () => (seen || open()) && !document.hidden;
  const next = () => {
    if (painting || !watched()) return;
    painting = true;
    if (calm.matches) scope.after(CALM_MS, step);
    else scope.frame(step);
  };

  const size = new ResizeObserver(([entry]) => {
    const box = entry?.devicePixelContentBoxSize?.[0];
    const ratio = devicePixelRatio;
    canvas.width = box?.inlineSize ?? Math.round(canvas.clientWidth * ratio);
    canvas.height = box?.blockSize ?? Math.round(canvas.clientHeight * ratio);
    paint();
  });
  try {
    size.observe(canvas, { box: "device-pixel-content-box" });
  } catch {
    size.observe(canvas); // Safari has no device pixels to give
  }
  scope.defer(() => size.disconnect());
  const sight = new IntersectionObserver((entries) => {
    seen = entries.at(-1)?.isIntersecting ?? true;
    next();
  });
  sight.observe(canvas);
  scope.defer(() => sight.disconnect());
  scope.on(document, "visibilitychange", next);
  return { canvas, wake: next };
}
