import type { Row } from "../model.gen.ts";
import type { Line } from "../store.ts";

/** What stopped these is over: what they had still to say can be said. */
const GOES_ON: readonly Row["stopped_by"][] = [
  "speech",
  "interrupt",
  "token_limit",
  "call_lost",
  "events_lost",
  "timeout",
  "unknown",
];

/** Pure: the answer that can be gone on with: the last one was stopped, and nothing was said since but sounds. */
export function leftOff(lines: readonly Line[]): string | null {
  const place = lines.findLastIndex(({ row }) => row.role === "assistant");
  const row = lines[place]?.row;
  if (!row || row.status === "in_progress" || !GOES_ON.includes(row.stopped_by)) return null;
  const since = lines.slice(place + 1).every(({ row }) => row.status === "no_transcript");
  return since ? row.item_id : null;
}
