import { html, nothing, type TemplateResult } from "lit-html";
import type { ErrorInfo, WizardDesk } from "../model.gen.ts";
import * as words from "../words.ts";
import { coded } from "./coded.ts";
import { named } from "./format.ts";
import type { PanelSource } from "./source.ts";

/** The desk of a person who answers in the assistant's place: what waits, what may be picked, and a field for anything else. */
export function makeDesk(source: PanelSource, changed: () => void) {
  let refusal: ErrorInfo | null = null;

  const answer = async (text: string, number: number | null) => {
    refusal = await source.answer(text, number);
    changed();
    return refusal === null;
  };
  const typed = async (event: KeyboardEvent) => {
    const field = event.currentTarget as HTMLInputElement;
    const text = field.value;
    // Keys of the panel are none here, and Escape stays an interruption.
    if (event.key !== "Enter" || event.isComposing || !text.trim()) return;
    if ((await answer(text, null)) && field.value === text) field.value = "";
  };

  return ({
    question,
    choices,
  }: WizardDesk): TemplateResult => html`<div class="asks"><div class="ask" role="group" aria-label=${words.deskName}>
      <div role="status"><b>${question === null ? words.deskIdle : words.deskWaits(question)}</b></div>
      ${
        choices.length === 0
          ? nothing
          : html`<div class="choices">${choices.map(
              (choice, at) => html`<button
          class="plain pick"
          ?disabled=${question === null}
          @click=${() => answer("", at + 1)}
        >${choice}</button>`,
            )}</div>`
      }
      <div class="choices"><input
        type="text"
        aria-label=${words.deskField}
        placeholder=${words.deskField}
        @keydown=${typed}
      /></div>
      ${refusal ? html`<p role="alert">${coded(refusal.message)} ${coded(named(refusal.next_step, source.traits))}</p>` : nothing}
    </div></div>`;
}
