import { html, nothing, type TemplateResult } from "lit-html";
import type { Traits } from "../model.gen.ts";
import * as words from "../words.ts";
import css from "./settings.css";
import type { Turns } from "./turns.ts";

/** What is not set is so; services agree. */
export const USUAL = { threshold: 0.5 } as const;

/** A number of hands-free talking: its name in the protocol, what it is without being set, and how far it goes. */
const NUMBERS = [
  ["threshold", words.settingsThreshold, USUAL.threshold, 0, 1, 0.05],
  ["silence_duration_ms", words.settingsPause, 500, 100, 2000, 50],
  ["prefix_padding_ms", words.settingsPadding, 300, 0, 1000, 50],
] as const;

/** How turns are taken, the sound, and the way to the keys. Shut until asked for. */
export function settings(
  turns: Traits["turn_detection"],
  transport: Traits["transport"],
  { ways, choose: refused, soon }: Pick<Turns, "ways" | "choose" | "soon">,
  sound: unknown,
  showKeys: () => void,
  showEvents: () => void,
): TemplateResult {
  const kind = String(turns?.["type"] ?? "");
  const eagerness = String(turns?.["eagerness"] ?? "auto");
  const kinds = {
    ...words.settingsKinds,
    ...(kind && !(kind in words.settingsKinds) ? { [kind]: kind } : {}),
    "": words.settingsPush,
  };
  const onTurns = async ({ target }: Event) => {
    const select = target as HTMLSelectElement;
    const type = select.value;
    if (await refused(type ? (ways[type] ?? { type }) : null)) select.value = kind;
  };
  const onEager = async ({ target }: Event) => {
    const select = target as HTMLSelectElement;
    if (await refused({ ...turns, eagerness: select.value })) select.value = eagerness;
  };
  const onOver = async ({ target }: Event) => {
    const box = target as HTMLInputElement;
    if (await refused({ ...turns, interrupt_response: box.checked })) box.checked = !box.checked;
  };
  return html`<style>${css}</style>
    <label><span>${words.settingsTurns}</span>
      <select @change=${onTurns}>
        ${Object.entries(kinds).map(
          ([type, words]) => html`<option value=${type} .selected=${type === kind}>${words}</option>`,
        )}
      </select></label>
    ${kind === "server_vad" ? NUMBERS.map((number) => slider(number, turns ?? {}, soon)) : nothing}
    ${
      kind === "semantic_vad"
        ? html`<label><span>${words.settingsEagerness}</span>
            <select @change=${onEager}>
              ${Object.entries(words.settingsEager).map(([value, word]) => html`<option value=${value} .selected=${value === eagerness}>${word}</option>`)}
            </select></label>`
        : nothing
    }
    ${
      kind in words.settingsKinds
        ? html`<label><span>${words.settingsInterrupts}</span>
            <input type="checkbox" .checked=${turns?.["interrupt_response"] !== false} @change=${onOver} /></label>`
        : nothing
    }
    ${sound}
    <button class="plain keys" @click=${showKeys}>${words.keyName} (?)</button>
    <button class="plain to-events" @click=${showEvents}>${words.headerEventsTitle}</button>
    ${transport === "comm" ? html`<p class="none">${words.settingsComm}</p>` : nothing}
`;
}

function slider(
  [name, label, usual, least, most, step]: (typeof NUMBERS)[number],
  turns: Record<string, unknown>,
  soon: Turns["soon"],
): TemplateResult {
  const value = Number(turns[name] ?? usual);
  const shown = name === "threshold" ? value.toFixed(2) : words.settingsMs(value);
  const onInput = ({ target }: Event) => soon({ ...turns, [name]: Number((target as HTMLInputElement).value) });
  // `.value` last: what is set before `max` is cut to 100.
  return html`<label><span>${label}</span>
    <input type="range" min=${least} max=${Math.max(most, value)} step=${step} aria-label=${label} aria-valuetext=${shown}
      .value=${String(value)} @input=${onInput} /><output>${shown}</output></label>`;
}
