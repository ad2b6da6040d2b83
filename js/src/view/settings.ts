import { html, nothing, type TemplateResult } from "lit-html";
import type { Traits } from "../model.gen.ts";
import * as words from "../words.ts";
import css from "./settings.css";

/** Pauses worth having, in ms; the one in force is there, too. */
const PAUSES = [300, 500, 900];

/** How turns are taken, and the keys. Shut until asked for. */
export function settings(
  turns: Traits["turn_detection"],
  transport: Traits["transport"],
  ways: Readonly<Record<string, Record<string, unknown>>>,
  refused: (turn_detection: Record<string, unknown> | null) => Promise<boolean>,
  sound: TemplateResult | typeof nothing,
): TemplateResult {
  const wait = Number(turns?.["silence_duration_ms"] ?? 500);
  const kind = String(turns?.["type"] ?? "");
  const eagerness = String(turns?.["eagerness"] ?? "auto");
  const kinds = {
    ...words.settingsKinds,
    ...(kind && !(kind in words.settingsKinds) ? { [kind]: kind } : {}),
    "": words.settingsPush,
  };
  const pauses = [...new Set([...PAUSES, wait])].sort((a, b) => a - b);
  const onTurns = async ({ target }: Event) => {
    const select = target as HTMLSelectElement;
    const type = select.value;
    if (await refused(type ? (ways[type] ?? { type }) : null)) select.value = kind;
  };
  const onEager = async ({ target }: Event) => {
    const select = target as HTMLSelectElement;
    if (await refused({ ...turns, eagerness: select.value })) select.value = eagerness;
  };
  const onWait = async ({ target }: Event) => {
    const select = target as HTMLSelectElement;
    if (await refused({ ...turns, silence_duration_ms: Number(select.value) })) select.value = `${wait}`;
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
    ${
      kind === "server_vad"
        ? html`<label><span>${words.settingsPause}</span>
            <select @change=${onWait}>
              ${pauses.map((ms) => html`<option value=${ms} .selected=${ms === wait}>${ms} ms</option>`)}
            </select></label>`
        : nothing
    }
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
    <dl aria-label=${words.keyName}>
      ${keys(turns === null).map(([key, meaning]) => html`<dt><kbd>${key}</kbd></dt><dd>${meaning}</dd>`)}
    </dl>
    ${transport === "comm" ? html`<p class="none">${words.settingsComm}</p>` : nothing}
`;
}

function keys(push: boolean): (readonly [string, string])[] {
  return [...(push ? [words.keySpace] : []), words.keyMute, words.keyInterrupt, words.keySend, words.keyHelp];
}
