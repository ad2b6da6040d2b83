import WaveSurfer from "wavesurfer.js";
import RegionsPlugin, { type Region } from "wavesurfer.js/plugins/regions";
import TimelinePlugin from "wavesurfer.js/plugins/timeline";
import type { Scope } from "../scope.ts";
import { adopt } from "../view/theme.ts";
import type { Span } from "./drag.ts";
import type { Label, Selection } from "./given.ts";
import { labelLanes, marks } from "./marks.ts";
import type { Replayed } from "./replayed.ts";
import { said, spoken } from "./spoken.ts";
import css from "./wave.css";

/** The height of a side's lane. */
export const LANE_PX = 64;
/** Closer than this there is nothing to see. */
const CLOSEST_PX = 1000;
const BEGUN_PX = 5;
const RECENT_MS = 60_000;
/** What is quieter than this, of 127, is not drawn as large as all that. */
const QUIET = 24;

/** The picture of both sides' sound, with what lies on it. A person may click and drag in it; keys are others'. */
export class Wave {
  readonly #replayed: Replayed;
  readonly #surfer: WaveSurfer;
  readonly #regions = RegionsPlugin.create();
  readonly #colours: () => readonly string[];
  readonly #labels = document.createElement("div");
  readonly #spoken = Object.assign(document.createElement("div"), { className: "over" });
  #region: Region | null = null;
  #loudest: number;
  /** Pixels of a second; 0: all of it is in sight. */
  #zoom = 0;
  #drawn = false;
  #durationMs: number;
  /** What lies over the waveform, and under it. */
  #marks: readonly HTMLElement[] = [];
  /** A person has said how close. */
  #zoomed = false;
  /** A pointer is down in it: what it holds is not taken from under it, and what comes meanwhile is shown then. */
  #held = false;
  #grew = false;
  #labelled: (() => void) | null = null;

  /** `clicked`: at this moment, on the lane of this side. */
  constructor(
    container: HTMLElement,
    replayed: Replayed,
    colours: () => readonly string[],
    clicked: (ms: number, side: "user" | "assistant" | null) => void,
    scope: Scope,
  ) {
    const { shown, sound } = replayed;
    this.#replayed = replayed;
    this.#colours = colours;
    this.#loudest = Math.max(QUIET, replayed.envelope.loudest);
    this.#durationMs = shown.duration_ms;
    this.#surfer = WaveSurfer.create({
      container,
      media: sound.media,
      duration: shown.duration_ms / 1000,
      // It draws what `#draw` draws: of these only their number counts.
      peaks: [[0], [0]],
      splitChannels: this.#lanes(),
      height: LANE_PX,
      cursorWidth: 2,
      cursorColor: "currentColor",
      interact: false,
      autoCenter: false,
      plugins: [this.#regions, TimelinePlugin.create({ height: 18, style: { fontSize: "11px", color: "inherit" } })],
    });
    const wrapper = this.#surfer.getWrapper();
    const root = wrapper.getRootNode() as ShadowRoot;
    adopt(root, css);
    (root.host as HTMLElement).setAttribute("aria-hidden", "true");
    wrapper.querySelector(".canvases")?.after(this.#labels);
    this.#mark();
    wrapper.append(this.#spoken);
    for (const event of ["scroll", "redrawcomplete"] as const) this.#surfer.on(event, () => this.#say());
    this.#regions.enableDragSelection({ color: "transparent" });
    this.#surfer.on("ready", () => {
      this.#drawn = true;
      this.select(replayed.selection);
      this.#near();
    });
    this.#regions.on("region-created", (region) => region !== this.#region && this.#dragged(region));
    this.#regions.on("region-updated", (region) => this.#picked(region));
    this.#surfer.getRenderer().on("click", (x, y) => {
      const side =
        y * wrapper.clientHeight < LANE_PX ? "user" : y * wrapper.clientHeight < 2 * LANE_PX ? "assistant" : null;
      clicked(x * replayed.shown.duration_ms, side);
    });
    scope.on(container, "pointerdown", () => this.#hold(), { capture: true });
    // The click that follows is to find what was pressed.
    for (const type of ["pointerup", "pointercancel"]) scope.on(window, type, () => scope.after(0, () => this.#free()));
    scope.defer(() => this.#surfer.destroy());
  }

  #hold(): void {
    this.#held = true;
  }

  #free(): void {
    if (!this.#held) return;
    const [grew, labelled] = [this.#grew, this.#labelled];
    [this.#held, this.#grew, this.#labelled] = [false, false, null];
    if (grew) this.grow();
    labelled?.();
    this.select(this.#replayed.selection);
  }

  /** Colours or the envelope are others. */
  redraw(): void {
    this.#loudest = Math.max(QUIET, this.#replayed.envelope.loudest);
    if (this.#drawn) this.#surfer.setOptions({ splitChannels: this.#lanes() });
  }

  /** The talk is longer, or does not go on any more. */
  grow(): void {
    this.#grew = this.#held;
    if (this.#held) return;
    this.#mark();
    const { duration_ms } = this.#replayed.shown;
    if (duration_ms === this.#durationMs) {
      this.redraw();
      this.#near();
      return;
    }
    this.#durationMs = duration_ms;
    this.#loudest = Math.max(QUIET, this.#replayed.envelope.loudest);
    // It keeps its place as a share of what there was.
    this.#region?.remove();
    this.#region = null;
    this.#drawn = false;
    void this.#surfer.load("", [[0], [0]], duration_ms / 1000);
  }

  /** Of what goes on the last minute is in sight. */
  #near(): void {
    const { goesOn, shown, sound } = this.#replayed;
    const recent = goesOn && shown.duration_ms > RECENT_MS;
    if (!this.#drawn || (!recent && this.#zoom === 0)) return;
    if (!this.#zoomed) {
      this.#zoom = recent ? (this.#surfer.getWidth() * 1000) / RECENT_MS : 0;
      this.#surfer.zoom(this.#zoom);
    }
    if (goesOn && sound.ms >= shown.duration_ms) this.#surfer.setScroll(this.#surfer.getWrapper().clientWidth);
  }

  /** The words in sight: of an hour there are ten thousand. */
  #say(): void {
    const { shown } = this.#replayed;
    const msPerPx = shown.duration_ms / this.#surfer.getWrapper().clientWidth;
    const from = this.#surfer.getScroll() * msPerPx;
    const all = said(shown.turns, from, from + this.#surfer.getWidth() * msPerPx, 1000 / msPerPx);
    this.#spoken.replaceChildren(...spoken(all, shown));
  }

  #mark(): void {
    for (const one of this.#marks) one.remove();
    const { over, strip } = marks(this.#replayed.shown);
    this.#surfer.getWrapper().append(over);
    if (strip) this.#labels.before(strip);
    this.#marks = strip ? [over, strip] : [over];
  }

  /** Labels are others; `picked` is selected. */
  label(picked: number | null, pick: (label: Label) => void, move: (label: Label, to: Span) => void): void {
    const show = () => this.#labels.replaceChildren(...labelLanes(this.#replayed, picked, pick, move));
    if (this.#held) this.#labelled = show;
    else show();
  }

  /** Where it stands; a sound that is there moves it by itself. */
  place(ms: number): void {
    if (this.#drawn && this.#replayed.sound.media.readyState === 0) this.#surfer.setTime(ms / 1000);
  }

  /** Twice as close, or as far. */
  zoom(closer: boolean): void {
    if (!this.#drawn) return;
    const all = (this.#surfer.getWidth() * 1000) / this.#replayed.shown.duration_ms;
    const now = Math.max(all, this.#zoom);
    const next = Math.min(CLOSEST_PX, closer ? now * 2 : now / 2);
    this.#zoomed = true;
    this.#zoom = next <= all ? 0 : next;
    this.#surfer.zoom(this.#zoom);
    this.#replayed.look(1000 / next);
  }

  select(selection: Selection | null): void {
    if (!this.#drawn || this.#held) return;
    const [start, end] = (selection ?? [0, 0]).map((ms) => ms / 1000) as [number, number];
    if (!selection) {
      this.#region?.remove();
      this.#region = null;
    } else if (this.#region) this.#region.setOptions({ start, end });
    else {
      this.#region = this.#regions.addRegion({ start, end, drag: false, color: "transparent", id: "selection" });
    }
  }

  #dragged(region: Region): void {
    // `addRegion` tells of its own before it gives it.
    if (region.id === "selection") return;
    const { start, end } = region;
    region.remove();
    // The library lets a stretch begin with a width of its own.
    const extra = (BEGUN_PX / this.#surfer.getWrapper().clientWidth) * (this.#replayed.shown.duration_ms / 1000);
    this.#replayed.select(this.#span(start, Math.max(start, end - extra)));
  }

  #picked(region: Region): void {
    if (region === this.#region) this.#replayed.select(this.#span(region.start, region.end));
  }

  #span(start: number, end: number): Selection {
    const from = Math.round(start * 1000);
    return [from, Math.min(this.#replayed.shown.duration_ms, Math.max(from + 1, Math.round(end * 1000)))];
  }

  /** What has sounded has no colour of its own: sides are told by that. */
  #lanes() {
    return [0, 1].map((side) => ({
      progressColor: this.#colours()[side] ?? "gray",
      renderFunction: (_: unknown, brush: CanvasRenderingContext2D) => this.#draw(side, brush),
    }));
  }

  #draw(side: number, brush: CanvasRenderingContext2D): void {
    const { canvas } = brush;
    const { shown } = this.#replayed;
    const shownAt = Number.parseFloat(canvas.style.left);
    const ratio = canvas.width / Number.parseFloat(canvas.style.width);
    const msPerPixel = shown.duration_ms / this.#surfer.getWrapper().clientWidth / ratio;
    const middle = canvas.height / 2;
    const scale = (middle - ratio) / this.#loudest;
    brush.fillStyle = this.#colours()[side] ?? "gray";
    for (let x = 0; x < canvas.width; x += 1) {
      const from = (shownAt * ratio + x) * msPerPixel;
      const [low, high] = this.#replayed.range(side, from, from + msPerPixel);
      brush.fillRect(x, middle - high * scale, 1, Math.max(1, (high - low) * scale));
    }
  }
}
