import { html, nothing, type TemplateResult } from "lit-html";
import type { Row } from "../model.gen.ts";
import type { Line } from "../store.ts";
import * as words from "../words.ts";
import { onFirst } from "./clicks.ts";

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
  if (!row || row.status === "in_progress" || row.status === "rewound" || !GOES_ON.includes(row.stopped_by))
    return null;
  const since = lines.slice(place + 1).every(({ row }) => row.status === "no_transcript");
  return since ? row.item_id : null;
}

/** Pure: why an answer did not come to its end; empty: it did. */
export function whyStopped({ stopped_by, interrupted }: Pick<Row, "stopped_by" | "interrupted">): string {
  // Notebooks that were saved before say only that it was interrupted.
  const by = stopped_by ?? (interrupted ? "unknown" : null);
  return by ? words.stoppedBy[by] : "";
}

/** Behind an answer: why it stopped, and the button that asks for its rest where there is any; null: there is none. */
export function ending(row: Row, goOn: (() => void) | null): TemplateResult {
  const why = whyStopped(row);
  return html`${why ? html` <span class="tag">${why}</span>` : nothing}${
    goOn
      ? html` <button class="plain go" title=${words.goOnTitle} @click=${onFirst(goOn)}>${words.goOn}</button>`
      : nothing
  }`;
}
