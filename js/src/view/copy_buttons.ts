import { html, nothing, type TemplateResult } from "lit-html";
import { joined, type Line } from "../store.ts";
import * as words from "../words.ts";
import css from "./copy_buttons.css";
import { type Copied, labelOf } from "./copying.ts";
import { originOf, timeOf } from "./format.ts";
import { icon } from "./icons.ts";
import { whyStopped } from "./left_off.ts";
import { parts } from "./parts.ts";

/** Copies a row's text; `stop`: Tab comes to it. */
export function copyRow(
  line: Line,
  copied: Copied | null,
  stop: boolean,
  copy: (key: string, text: string) => void,
): TemplateResult | typeof nothing {
  if (!joined(line.words)) return nothing;
  const label = labelOf(copied, words.copyRow);
  return html`<button
    class="bare copy ${copied ? "on" : ""}"
    tabindex=${stop ? 0 : -1}
    aria-label=${label}
    title=${label}
    @click=${() => copy(line.row.item_id, textOf(line))}
  >${icon(copied?.done ? "done" : "copy")}</button>`;
}

/** Copies all of the talk, also what is not drawn. */
export function copyTalk(
  lines: readonly Line[],
  copied: Copied | null,
  copy: (key: string, text: string) => void,
): TemplateResult {
  const label = labelOf(copied, words.copyTalk);
  return html`<style>${css}</style><div class="corner"><button
    class="bare whole ${copied ? "on" : ""}"
    aria-label=${label}
    title=${label}
    @click=${() => copy("", talkText(lines))}
  >${icon(copied?.done ? "done" : "copy")}</button></div>`;
}

/** Up and down go from the button of one row to that of another: one stop of Tab for all of them. */
export function walk(event: KeyboardEvent): void {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const here = event.target as Element;
  if (!by || !here.matches(".copy")) return;
  const all = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>(".copy")];
  all[all.indexOf(here as HTMLElement) + by]?.focus();
  event.preventDefault();
}

/** Pure: what of a row is copied: of an answer that was cut, what was heard. */
export function textOf(line: Line): string {
  return parts(line, null).said.trim();
}

/** Pure: all of the talk as plain text, a line for each turn with words. */
export function talkText(lines: readonly Line[]): string {
  const origin = originOf(lines);
  return lines
    .filter((line) => textOf(line))
    .map((line) => {
      const why = whyStopped(line.row);
      return `${timeOf(line, origin)} ${words.sides[line.row.role]}: ${textOf(line)}${why && ` [${why}]`}`;
    })
    .join("\n");
}
