import type { LaneView } from "../view/waveform.ts";
import { type Activity, height, lines } from "./activity.ts";
import { type Decision, type Mark, SHAPES } from "./decisions.ts";
import { type Span, strokes, timeline } from "./speech.ts";

const LINE = 1.5;
const DASH = [4, 3];
/** Of a mark, and of the grid that it is drawn on. */
const MARK = 8;
const RIM = 3;

export interface Picture {
  readonly activity: Activity;
  readonly threshold: number | null;
  readonly speech: readonly Span[];
  readonly marks: readonly Mark[];
}

/** Where the middle of a mark's upper edge stands, in device pixels. */
export interface Place {
  readonly decision: Decision;
  readonly x: number;
  readonly y: number;
}

/** Pure: the marks in sight; those that would hide one another stand under each other. */
export function places(marks: readonly Mark[], view: LaneView): Place[] {
  const x = timeline(view);
  const size = MARK * view.ratio;
  const found: Place[] = [];
  for (const { decision, at } of marks) {
    const here = Math.round(x(at));
    if (here < -size || here > view.width + size) continue;
    const last = found.at(-1);
    const hidden = last !== undefined && here - last.x < size;
    found.push({ decision, x: here, y: hidden ? last.y + size : view.top });
  }
  return found;
}

/** Over the bars of the user's lane: what the service made of them. `colour` gives that of a name in the legend. */
export function paint(
  brush: CanvasRenderingContext2D,
  view: LaneView,
  { activity, threshold, speech, marks }: Picture,
  colour: (name: string) => string,
): void {
  const { ratio, width } = view;
  brush.save();
  for (const { x, y, width, height } of strokes(speech, view)) brush.fillRect(x, y, width, height);
  brush.lineWidth = LINE * ratio;
  brush.lineJoin = "round";
  const found = lines(activity.pieces, view);
  if (threshold !== null && found.length > 0) {
    const y = Math.round(height(threshold, view));
    stroke(
      brush,
      colour("threshold"),
      [
        [
          [0, y],
          [width, y],
        ],
      ],
      DASH.map((n) => n * ratio),
    );
  }
  stroke(brush, colour("likely"), found, []);
  for (const { decision, x, y } of places(marks, view)) {
    const shape = new Path2D(SHAPES[decision]);
    brush.fillStyle = colour(decision);
    brush.globalAlpha = 0.5;
    brush.fillRect(x, y, Math.max(1, Math.round(ratio / 2)), view.top + view.height - y);
    brush.globalAlpha = 1;
    brush.setTransform(ratio, 0, 0, ratio, x - (MARK / 2) * ratio, y);
    // A rim of the ground keeps it apart from what it stands on.
    brush.globalCompositeOperation = "destination-out";
    brush.lineWidth = RIM;
    brush.stroke(shape);
    brush.globalCompositeOperation = "source-over";
    brush.fill(shape, "evenodd");
    brush.resetTransform();
  }
  brush.restore();
}

function stroke(
  brush: CanvasRenderingContext2D,
  colour: string,
  lines: readonly (readonly (readonly [number, number])[])[],
  dash: readonly number[],
): void {
  brush.beginPath();
  for (const line of lines) for (const [i, [x, y]] of line.entries()) brush[i === 0 ? "moveTo" : "lineTo"](x, y);
  brush.strokeStyle = colour;
  brush.setLineDash([...dash]);
  brush.stroke();
}
