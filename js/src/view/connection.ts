import { html, nothing, type TemplateResult } from "lit-html";
import type { DiagnosisMessage, DiagnosisRow } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import { coded } from "./coded.ts";
import css from "./connection.css";
import * as words from "./connection_words.ts";
import help from "./help.css";
import { icon } from "./icons.ts";
import type { Pace } from "./pace.ts";
import type { SoundSource } from "./source.ts";

/** From one answer to the next question. */
const REST_MS = 2000;

/** What Python makes of this page's connection, asked again and again as long as it is open. */
export class ConnectionView {
  readonly #sound: Pick<SoundSource, "diagnosis">;
  readonly #pace: Pick<Pace, "changed" | "watched">;
  readonly #scope: Scope;
  #open: Scope | null = null;
  #told: DiagnosisMessage | null = null;
  #busy = false;

  constructor(sound: Pick<SoundSource, "diagnosis">, pace: Pick<Pace, "changed" | "watched">, scope: Scope) {
    this.#sound = sound;
    this.#pace = pace;
    this.#scope = scope;
  }

  /** The settings, in which its button is, are not seen any more. */
  rest(): void {
    this.#open?.close();
    this.#open = null;
  }

  view(): TemplateResult {
    return html`<style>${css}</style>
      <button class="plain to-connection" aria-haspopup="dialog" @click=${this.#show}>${words.name}</button>
      ${this.#open ? this.#dialog() : nothing}`;
  }

  #dialog(): TemplateResult {
    const told = this.#told;
    return html`<dialog class="connection help" aria-label=${words.name} tabindex="-1" @cancel=${this.#onCancel} @click=${this.#onClick} @keydown=${this.#onKey}>
      <style>${help}</style>
      <div class="top">
        <h2>${words.name}</h2>
        <button class="bare" aria-label=${words.close} title=${words.close} @click=${this.#close}>${icon("close")}</button>
      </div>
      <p class="way-out" role="status">${told ? coded(told.way_out) : words.looking}</p>
      ${this.#busy ? html`<p class="none">${words.busy}</p>` : nothing}
      ${
        told
          ? html`<table>
            <thead class="unseen"><tr>${words.columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
            <tbody>${told.rows.map(row)}</tbody>
          </table>`
          : nothing
      }
    </dialog>`;
  }

  readonly #show = (): void => {
    if (this.#open) return;
    const scope = this.#scope.child();
    this.#open = scope;
    this.#busy = false;
    void this.#ask(scope);
    this.#pace.changed();
  };

  readonly #close = (event: Event): void => {
    // By itself it gives the focus back to its button; gone, it could not.
    (event.currentTarget as Element).closest("dialog")?.close();
    this.rest();
    this.#pace.changed();
  };

  readonly #onCancel = (event: Event): void => {
    event.preventDefault();
    this.#close(event);
  };

  /** What is around it belongs to it, too. */
  readonly #onClick = (event: Event): void => {
    if (event.target === event.currentTarget) this.#close(event);
  };

  /** The panel would close the settings. */
  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    this.#close(event);
  };

  async #ask(scope: Scope): Promise<void> {
    // Not while nobody looks.
    const told = this.#pace.watched ? await this.#sound.diagnosis() : this.#told;
    if (scope.closed) return;
    this.#busy = told === null;
    this.#told = told ?? this.#told;
    this.#pace.changed();
    scope.after(REST_MS, () => void this.#ask(scope));
  }
}

function row({ what, value, verdict, next_step }: DiagnosisRow): TemplateResult {
  const [sign, meaning] = words.verdicts[verdict];
  return html`<tr data-verdict=${verdict}>
    <th scope="row"><span class="sign" role="img" aria-label=${meaning}>${sign}</span><span class="what">${what}</span></th>
    <td>${coded(value)}${next_step ? html`<p>${coded(next_step)}</p>` : nothing}</td>
  </tr>`;
}
