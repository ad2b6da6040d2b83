import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { joined, type Line } from "../store.ts";
import * as words from "../words.ts";
import { coded } from "./coded.ts";
import { gap, originOf, timeOf } from "./format.ts";
import { icon } from "./icons.ts";
import type { PanelSource } from "./source.ts";

/** A page does not get heavier with the length of a talk; the kernel has every row. */
export const SHOWN = 200;

/** What of a line was said, is being said, will be said, and was never heard. */
export interface Parts {
  readonly said: string;
  readonly now: string;
  readonly ahead: string;
  readonly unheard: string;
}

/** Pure: `heard` is how much of the item's audio has been played, in ms; null: it is not being spoken here. */
export function parts(line: Line, heard: number | null): Parts {
  const { row, words } = line;
  const text = joined(words);
  const whole = { said: text, now: "", ahead: "", unheard: "" };
  // Also when nobody interrupted: the call ended or was lost in the middle of it.
  if (row.text_heard !== null && text.startsWith(row.text_heard)) {
    return { ...whole, said: row.text_heard, unheard: text.slice(row.text_heard.length) };
  }
  if (heard === null || row.interrupted) return whole;
  let next = words.findIndex((word) => word.start_ms !== null && word.start_ms > heard);
  if (next === -1) next = words.length;
  const current = words[next - 1]?.start_ms != null ? next - 1 : next;
  return {
    said: joined(words.slice(0, current)),
    now: joined(words.slice(current, next)),
    ahead: joined(words.slice(next)),
    unheard: "",
  };
}

/** What was typed when there were so many lines. */
export interface Typed {
  readonly text: string;
  /** What goes with it, and where it is shown from. */
  readonly images: readonly { readonly url: string }[];
  readonly after: number;
}

/** How images are drawn, once that is loaded. */
export interface Pictures {
  of(line: Line): TemplateResult | typeof nothing;
  shown(images: Typed["images"]): TemplateResult | typeof nothing;
}

/**
 * `typed` is not answered for yet; `pending`: an answer is being thought of, and has none either. `events` shows the
 * events of an item, where that is of use, and `results` what was shown in answer to a line.
 */
export function transcript(
  source: PanelSource,
  typed: readonly Typed[],
  pending: boolean,
  events: ((item_id: string) => void) | null = null,
  results: (line: Line) => unknown = () => nothing,
  pictures: Pictures | null = null,
): TemplateResult {
  const origin = originOf(source.lines);
  const shown = source.lines.slice(-SHOWN);
  const rowless = typed.filter((one) => !source.lines.slice(one.after).some((line) => typedAs(line, one)));
  const earlier = source.lines.length - shown.length;
  const before = earlier > 0 ? words.transcriptEarlier(earlier) : goesOn(source.traits.earlier_turns);
  return html`<ol class="rows">
    ${before ? html`<li class="earlier">${coded(before)}</li>` : nothing}
    ${repeat(
      shown,
      ({ row }) => row.item_id,
      (line) =>
        row(
          line,
          timeOf(line, origin),
          source.heard(line.row.item_id),
          overlaps(line, shown),
          events,
          results(line),
          pictures,
        ),
    )}
    ${rowless.map(
      ({ text, images }) => html`<li class="row user pending" data-partial>
        <time></time><span class="role">${words.sides.user}</span><div class="text" dir="auto">${text}${pictures?.shown(images) ?? nothing}</div><span class="gap">${words.transcriptSending}</span>
      </li>`,
    )}
    ${
      pending && shown.at(-1)?.row.role === "user"
        ? html`<li class="row assistant pending"><time></time><span class="role">${words.sides.assistant}</span><span class="none">…</span></li>`
        : nothing
    }
  </ol>`;
}

/** What was said over an answer that went on: nobody had to stop for it. */
function overlaps({ row: { role, item_id } }: Line, lines: readonly Line[]): readonly Line[] {
  if (role === "user") return [];
  return lines.filter(({ row }) => row.overlap_item_id === item_id && row.overlap !== "interruption");
}

function typedAs({ row, words }: Line, { text, images }: Typed): boolean {
  return row.source === "typed" && joined(words) === text && row.images === images.length;
}

/** Pure: that the talk goes on from so many turns; empty: from none. */
export function goesOn(turns: number): string {
  return turns > 0 ? words.transcriptGoesOn(turns) : "";
}

function row(
  line: Line,
  time: string,
  heard: number | null,
  over: readonly Line[],
  events: ((item_id: string) => void) | null,
  results: unknown,
  pictures: Pictures | null,
): TemplateResult {
  const { item_id, role, interrupted, source, response_gap_ms } = line.row;
  const side =
    response_gap_ms !== null && role === "assistant"
      ? html`<span class="gap" title=${words.transcriptGap}>${gap(response_gap_ms)}</span>`
      : source === "speech"
        ? nothing
        : html`<span class="gap">${source === "typed" ? words.transcriptTyped : words.transcriptFromPython}</span>`;
  return html`<li class="row ${role}" ?data-partial=${line.partial}>
    <time>${time}</time>
    <span class="role">${words.sides[role]}</span>
    <div class="text" dir="auto">${text(line, heard)}${interrupted ? html` <span class="tag">${words.transcriptInterrupted}</span>` : nothing}${pictures?.of(line) ?? nothing}
      ${over.map((line) => html`<div class="note">${words.transcriptWentOn(joined(line.words))}</div>`)}
    </div>
    ${
      events
        ? html`<span class="aside">${side}<button
            class="bare"
            aria-label=${words.eventsOfRow}
            title=${words.eventsOfRow}
            @click=${() => events(item_id)}
          >${icon("events")}</button></span>`
        : side
    }
    ${results}
  </li>`;
}

function text(line: Line, heard: number | null): TemplateResult | typeof nothing {
  const { said, now, ahead, unheard } = parts(line, heard);
  if (!(said || now || ahead || unheard))
    return line.row.images > 0 ? nothing : html`<span class="none">${silence(line)}</span>`;
  return html`<span class="said">${said}</span>${now ? html`<span class="now">${now}</span>` : nothing}${
    ahead ? html`<span class="ahead">${ahead}</span>` : nothing
  }${unheard ? html`<s class="unheard" title=${words.transcriptUnheard}>${unheard}</s>` : nothing}`;
}

function silence({ row }: Line): string {
  if (row.status === "in_progress") return "…";
  if (row.status === "failed") return words.transcriptFailed;
  if (row.status === "incomplete") return words.transcriptIncomplete;
  return row.role === "user" ? words.transcriptNoWords : words.transcriptNothingSaid;
}
