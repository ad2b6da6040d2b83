import { html, nothing, type TemplateResult } from "lit-html";
import * as words from "../words.ts";
import { onFirst } from "./clicks.ts";
import { microphoneButton } from "./controls.ts";
import { type Copied, labelOf } from "./copying.ts";
import { clock } from "./format.ts";
import type { Hold } from "./hold.ts";
import { drawn, icon } from "./icons.ts";
import css from "./overlay.css";
import { parts } from "./parts.ts";
import { pauseButton, recordingMark } from "./recording.ts";
import { canInterrupt, type Situation } from "./situation.ts";
import type { PanelSource } from "./source.ts";
import { announced, type Deed, message, type Strip } from "./strip.ts";

const SPEAKER = "M2.5 6v4h2.4L8.5 13V3L4.9 6zM11 5.6a3.4 3.4 0 0 1 0 4.8M12.8 3.8a6 6 0 0 1 0 8.4";

const NOTHING = { said: "", now: "", ahead: "" };

/** A call over all of the page: who speaks, the last words, and how to stop. Escape is the panel's own. */
export function overlay(
  source: PanelSource,
  now: Situation,
  told: Strip | null,
  copied: Copied | null,
  cards: TemplateResult | typeof nothing,
  hold: Hold,
  act: (deed: Deed) => void,
  dismiss: (key: string) => void,
  collapse: () => void,
  aloud: unknown,
): TemplateResult {
  const { traits, local, lines } = source;
  const line = lines.at(-1);
  const { said, now: word, ahead } = line ? parts(line, source.heard(line.row.item_id)) : NOTHING;
  const onCancel = (event: Event) => {
    event.preventDefault();
    collapse();
  };
  const onTold = (deed: Deed) => {
    // They are in the panel below.
    if (deed.do === "settings") collapse();
    act(deed);
  };
  return html`<dialog class="overlay" aria-label=${words.headerPanel} tabindex="-1" @cancel=${onCancel}>
    <style>${css}</style>
    <div class="top">
      <i class="lamp ${now.lamp ? "on" : ""} ${now.lamp}"></i>
      <span class="state">${now.words}</span><span class="detail">${now.detail}</span>
      ${recordingMark(source, now)}
      <time>${traits.call_started_at > 0 ? clock(Date.now() / 1000 - traits.call_started_at) : ""}</time>
      <button class="bare" aria-label=${words.overlayCollapse} title=${words.overlayCollapse} @click=${collapse}>${icon("collapse")}</button>
      <button class="bare" aria-label=${words.overlayClose} title=${words.overlayClose} @click=${() => source.hangUp()}>${icon("close")}</button>
    </div>
    <div class="orb ${traits.assistant_speaking ? "assistant on" : now.lamp}" aria-hidden="true">${local.muted ? icon("muted") : nothing}</div>
    <div class="chips" aria-hidden="true">
      <span class="chip user ${traits.user_speaking ? "on" : ""}">${icon(local.muted ? "muted" : "microphone")}${words.sides.user}</span>
      <span class="chip assistant ${traits.assistant_speaking ? "on" : ""}">${drawn(SPEAKER)}${words.sides.assistant}</span>
    </div>
    <div class="last" tabindex="0" role="region" aria-label=${words.transcriptName}>
      ${
        line
          ? html`<b class=${line.row.role}>${words.sides[line.row.role]}</b>
            <p dir="auto">${said}<span class="now">${word}</span><span class="ahead">${ahead}</span></p>`
          : nothing
      }
    </div>
    <div class="told ${told?.tone ?? ""}" role=${told?.tone === "info" ? "status" : "alert"}>${
      told
        ? html`<div>${message(told)}</div>${
            told.button
              ? html`<button class="plain" @click=${() => onTold((told.button as { deed: Deed }).deed)}>${labelOf(copied, told.button.label)}</button>`
              : nothing
          }${
            told.key
              ? html`<button class="bare" aria-label=${words.stripDismiss} @click=${() => dismiss(told.key as string)}>${icon("close")}</button>`
              : nothing
          }`
        : nothing
    }</div>
    ${cards}
    <div class="answers">
      ${microphoneButton(source, hold)}
      <button class="plain interrupt" ?disabled=${!now.ours || !canInterrupt(source)} @click=${onFirst(() => source.interrupt())}>
        ${icon("interrupt")}<span class="word">${words.interrupt}</span></button>
      ${pauseButton(source, now)}
      <button class="plain main end" @click=${() => source.hangUp()}>${icon("hangUp")}<span class="word">${words.overlayEnd}</span></button>
    </div>
    <div class="unseen" role="status">${announced(now)}</div>${aloud}
  </dialog>`;
}
