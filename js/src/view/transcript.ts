import { html, nothing, type TemplateResult } from "lit-html";
import { guard } from "lit-html/directives/guard.js";
import { repeat } from "lit-html/directives/repeat.js";
import { joined, type Line } from "../store.ts";
import * as words from "../words.ts";
import type { Copied } from "./copying.ts";
import { SHOWN } from "./earlier.ts";
import { gap, originOf, timeOf } from "./format.ts";
import { icon } from "./icons.ts";
import { overlaps } from "./overlaps.ts";
import { isEdited, parts } from "./parts.ts";
import type { PanelSource } from "./source.ts";

/** So many rows are looked at and laid out together. */
const TOGETHER = 25;

/** What was typed when there were so many lines. */
export interface Typed {
  readonly text: string;
  /** What goes with it, and where it is shown from. */
  readonly images: readonly { readonly url: string }[];
  readonly after: number;
}

/** How images are drawn. */
export interface Pictures {
  /** Null where it has none to draw. */
  of(line: Line): TemplateResult | null;
  shown(images: Typed["images"]): TemplateResult | null;
}

/** What a person can do with a row. */
export interface Doing {
  /** Show the events of an item, where that is of use. */
  readonly events: ((item_id: string) => void) | null;
  /** What was shown in answer to a line. */
  results(line: Line): unknown;
  /** Null until that is loaded. */
  readonly pictures: Pictures | null;
  copied(key: string): Copied | null;
  copy(key: string, text: string): void;
  /** The answer that can be gone on with. */
  readonly leftOff: string | null;
  goOn(): void;
  earlier(): void;
}

/**
 * The rows from a place on. `rowless` is what was typed and has none yet; `pending`: an answer is being thought of, and has none either.
 */
export function transcript(
  source: PanelSource,
  from: number,
  rowless: readonly Typed[],
  pending: boolean,
  doing: Doing,
): TemplateResult {
  const { lines } = source;
  const origin = originOf(lines);
  const last = lines.at(-1);
  // By Tab one comes to the newest one that has words.
  const stop = lines.findLast((line) => joined(line.words));
  const { extras } = source.loaded;
  const over = overlaps(lines);
  const known = (line: Line) => {
    const { row, words, partial, results, tools } = line;
    return [
      ...tools,
      row,
      words,
      words.length,
      partial,
      // Their content comes later, and is opened and shut.
      (results.length || row.images) && {},
      source.heard(row.item_id),
      over.get(row.item_id)?.join(),
      doing.copied(row.item_id),
      doing.leftOff === row.item_id,
      line === stop,
    ];
  };
  const drawn = (line: Line) => {
    const { item_id } = line.row;
    const end = extras?.ending(line.row, doing.leftOff === item_id ? doing.goOn : null) ?? stopped(line.row);
    const copy = extras?.copyRow(line, doing.copied(item_id), line === stop, doing.copy) ?? nothing;
    return row(line, timeOf(line, origin), source.heard(item_id), over.get(item_id) ?? [], doing, end, copy);
  };
  const before =
    from > 0
      ? html`<button class="plain" @click=${doing.earlier}>${words.transcriptEarlier(Math.min(from, SHOWN), from)}</button>`
      : goesOn(source.traits.earlier_turns);
  return html`<div class="rows" role="list" @keydown=${extras?.walk}>
    ${before ? html`<div class="earlier" role="listitem">${before}</div>` : nothing}
    ${repeat(
      together(lines, from),
      ([place]) => place,
      // Rows that stay as they were are not even drawn: a talk may be long, and is drawn at each word.
      ([_, lines]) =>
        html`<div class="some">${guard([extras, origin, doing.events, ...lines.flatMap(known)], () => repeat(lines, ({ row }) => row.item_id, drawn))}</div>`,
    )}
    ${rowless.map(
      ({ text, images }) => html`<div class="row user pending" role="listitem" data-partial>
        <time></time><span class="role">${words.sides.user}</span><div class="text" dir="auto">${text}${doing.pictures?.shown(images) ?? nothing}</div><span class="gap">${words.transcriptSending}</span>
      </div>`,
    )}
    ${
      pending && last?.row.role === "user"
        ? html`<div class="row assistant pending" role="listitem"><time></time><span class="role">${words.sides.assistant}</span><span class="none">…</span></div>`
        : nothing
    }
  </div>`;
}

/** The lines from a place on, so many at a time, each with the place where it ends. */
function together(lines: readonly Line[], from: number): [number, readonly Line[]][] {
  const all: [number, readonly Line[]][] = [];
  for (let end = from; end < lines.length; ) {
    const at = end;
    end += TOGETHER - (end % TOGETHER);
    all.push([end, lines.slice(at, end)]);
  }
  return all;
}

/** Pure: a row that what was typed may have become. */
export function typedAs({ row, words }: Line, { text, images }: Typed): boolean {
  return row.source === "typed" && joined(words) === text && row.images === images.length;
}

/** Pure: that the talk goes on from so many turns; empty: from none. */
export function goesOn(turns: number): string {
  return turns > 0 ? words.transcriptGoesOn(turns) : "";
}

/** Why an answer stopped, by its name, as long as nobody has the words for it. */
function stopped({ stopped_by, interrupted }: Line["row"]): TemplateResult | typeof nothing {
  const by = stopped_by ?? interrupted;
  return by ? html` <span class="tag">${words.transcriptStopped(by)}</span>` : nothing;
}

function row(
  line: Line,
  time: string,
  heard: number | null,
  over: readonly string[],
  doing: Doing,
  end: TemplateResult | typeof nothing,
  copy: TemplateResult | typeof nothing,
): TemplateResult {
  const { item_id, role, source, response_gap_ms, images } = line.row;
  const side =
    response_gap_ms !== null && role === "assistant"
      ? html`<span class="gap" title=${words.transcriptGap}>${gap(response_gap_ms)}</span>`
      : source === "speech"
        ? nothing
        : html`<span class="gap">${source === "typed" ? words.transcriptTyped : words.transcriptFromPython}</span>`;
  const { events } = doing;
  return html`<div class="row ${role}" role="listitem" ?data-partial=${line.partial}>
    <time>${time}</time>
    <span class="role">${words.sides[role]}</span>
    <div class="text" dir="auto">${text(line, heard)}${end}${
      doing.pictures?.of(line) ?? (images > 0 ? html`<div class="none">${words.imageCount(images)}</div>` : nothing)
    }
      ${over.map((told) => html`<div class="note">${told}</div>`)}
    </div>
    <span class="aside">${side}${copy}${
      events
        ? html`<button
            class="bare"
            aria-label=${words.eventsOfRow}
            title=${words.eventsOfRow}
            @click=${() => events(item_id)}
          >${icon("events")}</button>`
        : nothing
    }</span>
    ${doing.results(line)}
  </div>`;
}

function text(line: Line, heard: number | null): TemplateResult | typeof nothing {
  const { row } = line;
  const { said, now, ahead, unheard } = parts(line, heard);
  const [edited, back] = [isEdited(row), row.status === "rewound"];
  const fate =
    edited || back
      ? html` <span class="tag">${back ? words.transcriptRewound : words.transcriptEdited}</span>`
      : nothing;
  if (!(said || now || ahead || unheard || edited))
    return line.row.images > 0 ? fate : html`<span class="none">${silence(line)}</span>${fate}`;
  const before = edited && row.text_before ? html`${struck(row.text_before, words.transcriptBefore)} ` : nothing;
  return html`${before}<span class="said">${said}</span>${now ? html`<span class="now">${now}</span>` : nothing}${
    ahead ? html`<span class="ahead">${ahead}</span>` : nothing
  }${unheard ? struck(unheard, back ? words.transcriptRewound : words.transcriptUnheard) : nothing}${fate}`;
}

function struck(text: string, why: string): TemplateResult {
  return html`<s class="unheard" title=${why}>${text}</s>`;
}

function silence({ row }: Line): string {
  if (row.status === "in_progress") return "…";
  if (row.status === "failed") return words.transcriptFailed;
  return row.role === "user" ? words.transcriptNoWords : words.transcriptNothingSaid;
}
