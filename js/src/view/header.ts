import { html, nothing, type TemplateResult } from "lit-html";
import * as words from "../words.ts";
import type { Disclosure } from "./disclosure.ts";
import { clock } from "./format.ts";
import { icon } from "./icons.ts";
import type { Situation } from "./situation.ts";
import type { PanelSource } from "./source.ts";

/** What goes on, who answers and with which voice, for how long, and the way to the settings. */
export function header(
  source: PanelSource,
  now: Situation,
  opens: { readonly settings: Disclosure; readonly events: Disclosure; readonly overlay: Disclosure | null },
  setVoice: (voice: string) => Promise<boolean>,
): TemplateResult {
  const { settings, events, overlay } = opens;
  const { call_started_at, service_name, model, voice, voices } = source.traits;
  const names = voice === null || voices.includes(voice) ? voices : [voice, ...voices];
  const running = now.inCall && call_started_at > 0;
  const onVoice = async ({ target }: Event) => {
    const select = target as HTMLSelectElement;
    // A choice that was refused is taken back in the picture, too.
    if (await setVoice(select.value)) select.value = source.traits.voice ?? "";
  };
  return html`<header>
    <i class="lamp ${now.lamp ? "on" : ""} ${now.lamp}"></i>
    <span class="state" aria-hidden="true">${now.words}</span>
    <span class="detail" aria-hidden="true">${now.detail}</span>
    ${source.loaded.extras?.recordingMark(source, now) ?? nothing}
    <span class="about"><span class="service" title=${model}>${service_name}${names.length > 0 ? " · " : ""}</span>${
      names.length > 0
        ? html`<select class="voice" aria-label=${words.headerVoice} ?disabled=${!now.ours} @change=${onVoice}>
            ${names.map((name) => html`<option value=${name} .selected=${name === voice}>${name}</option>`)}
          </select>`
        : nothing
    }</span>
    <time role="timer" aria-label=${words.headerLength}>${running ? clock(Date.now() / 1000 - call_started_at) : ""}</time>
    ${
      overlay
        ? html`<button class="bare expand" aria-label=${words.overlayExpand} title=${words.overlayExpand} @click=${overlay.toggle}>
            ${icon("expand")}
          </button>`
        : nothing
    }
    <button
      class="bare"
      aria-label=${words.eventsName}
      title=${words.headerEventsTitle}
      aria-expanded=${events.open}
      @click=${events.toggle}
    >
      ${icon("events")}
    </button>
    <button
      class="bare toggle"
      aria-label=${words.headerSettings}
      title=${words.headerSettings}
      aria-expanded=${settings.open}
      @click=${settings.toggle}
    >
      ${icon("settings")}
    </button>
  </header>`;
}
