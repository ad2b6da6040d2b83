import { html, nothing, type TemplateResult } from "lit-html";
import { joined } from "../store.ts";
import * as words from "../words.ts";
import { coded } from "./coded.ts";
import { microphoneButton } from "./controls.ts";
import type { Hold } from "./hold.ts";
import { icon } from "./icons.ts";
import css from "./overlay.css";
import { canInterrupt, type Situation } from "./situation.ts";
import type { PanelSource } from "./source.ts";
import { strip } from "./strip.ts";

/** A call over all of the page: who speaks, the last words, and how to stop. Escape is the panel's own. */
export function overlay(source: PanelSource, now: Situation, hold: Hold, collapse: () => void): TemplateResult {
  const { traits, local, lines } = source;
  const line = lines.at(-1);
  const told = strip(source, now);
  const onCancel = (event: Event) => {
    event.preventDefault();
    collapse();
  };
  return html`<dialog class="overlay" aria-label=${words.headerPanel} tabindex="-1" @cancel=${onCancel}>
    <style>${css}</style>
    <div class="top">
      <span class="state">${now.words}</span><span class="detail">${now.detail}</span>
      <button class="bare" aria-label=${words.overlayCollapse} title=${words.overlayCollapse} @click=${collapse}>${icon("collapse")}</button>
      <button class="bare" aria-label=${words.overlayClose} title=${words.overlayClose} @click=${() => source.hangUp()}>${icon("close")}</button>
    </div>
    <div class="orb ${traits.assistant_speaking ? "on" : now.lamp}" aria-hidden="true"></div>
    <div class="chips" aria-hidden="true">
      <span class="chip user ${traits.user_speaking ? "on" : ""}">${icon(local.muted ? "muted" : "microphone")}${words.sides.user}</span>
      <span class="chip assistant ${traits.assistant_speaking ? "on" : ""}">${icon("speaker")}${words.sides.assistant}</span>
    </div>
    <p class="last" dir="auto">${line ? html`<b class=${line.row.role}>${words.sides[line.row.role]}</b> ${joined(line.words)}` : nothing}</p>
    <p class="told">${told && told.tone !== "info" ? html`<strong>${coded(told.title)}</strong> ${coded(told.text)}` : nothing}</p>
    <div class="answers">
      ${microphoneButton(source, hold)}
      <button class="plain interrupt" ?disabled=${!now.ours || !canInterrupt(source)} @click=${() => source.interrupt()}>
        ${icon("interrupt")}${words.interrupt}</button>
      <button class="plain main end" @click=${() => source.hangUp()}>${icon("hangUp")}${words.overlayEnd}</button>
    </div>
  </dialog>`;
}
