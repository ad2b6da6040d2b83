import { BLOCKS_PER_SECOND, HISTORY_SECONDS, type Lane } from "../audio/levels.ts";

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface LaneView {
  /** Size of the lane and where it begins, in device pixels. */
  readonly width: number;
  readonly top: number;
  readonly height: number;
  /** Device pixels per CSS pixel. */
  readonly ratio: number;
  /** The time at the right edge, in seconds of the meters' clock. */
  readonly end: number;
}

/** A bar stands for so many blocks, and for so many CSS pixels. */
export const BAR_BLOCKS = 10;
export const PITCH = 4;
const BAR = 2;
/** What is shown, from just audible to loud, in dB of full scale. */
const FLOOR_DB = -48;
const TOP_DB = -8;
/** Above 1: loud and soft are further apart than in dB, as they sound. */
const CONTRAST = 1.4;

/** How tall a bar of this level is, 0 to 1. */
export function tallness(level: number): number {
  if (level <= 0) return 0;
  const db = 20 * Math.log10(level);
  return Math.min(1, Math.max(0, (db - FLOOR_DB) / (TOP_DB - FLOOR_DB))) ** CONTRAST;
}

/**
 * The bars of one lane. Numbers in, rectangles out: whole device pixels, so that edges are sharp; a bar stands for the
 * same tenth of a second as long as it is seen, so that it moves but never flickers.
 */
export function bars(lane: Lane, view: LaneView): Rect[] {
  const pitch = Math.max(2, Math.round(PITCH * view.ratio));
  const bar = Math.max(1, Math.round(BAR * view.ratio));
  const seconds = BAR_BLOCKS / BLOCKS_PER_SECOND;
  const last = Math.floor(view.end / seconds);
  const count = Math.min(Math.ceil(view.width / pitch) + 1, HISTORY_SECONDS / seconds - 1);
  // The newest bar comes in from the right edge; it is whole when its tenth of a second has passed.
  const shift = Math.round((view.end / seconds - last) * pitch);
  const middle = view.top + view.height / 2;
  const rects: Rect[] = [];
  for (let i = 0; i < count; i++) {
    const tall = tallness(loudness(lane, (last - 1 - i) * BAR_BLOCKS));
    if (tall === 0) continue;
    const half = Math.max(1, Math.round((tall * view.height) / 2));
    const x = view.width - shift - i * pitch - bar;
    if (x + bar <= 0) break;
    rects.push({ x, y: Math.round(middle) - half, width: bar, height: 2 * half });
  }
  return rects;
}

/** Root mean square over the blocks of one bar. */
function loudness(lane: Lane, first: number): number {
  let energy = 0;
  const oldest = lane.newest - lane.levels.length;
  for (let block = Math.max(first, oldest + 1, 0); block < first + BAR_BLOCKS && block <= lane.newest; block++) {
    energy += (lane.levels[block % lane.levels.length] ?? 0) ** 2;
  }
  return Math.sqrt(energy / BAR_BLOCKS);
}
