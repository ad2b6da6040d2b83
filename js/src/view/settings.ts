import { html, nothing, type TemplateResult } from "lit-html";
import type { Traits } from "../model.gen.ts";

const WAITS: readonly (readonly [number, string])[] = [
  [300, "quickly (300 ms)"],
  [500, "normally (500 ms)"],
  [900, "patiently (900 ms)"],
];

const KEYS: readonly (readonly [string, string])[] = [
  ["M", "mute, unmute"],
  ["Esc", "interrupt"],
  ["Enter", "send the message"],
  ["?", "this help"],
];

/** How turns are taken, and the keys. Shut until asked for. */
export function settings(traits: Traits, change: (turn_detection: Record<string, unknown>) => void): TemplateResult {
  const turns = traits.turn_detection;
  const wait = Number(turns?.["silence_duration_ms"] ?? 500);
  const known = WAITS.some(([ms]) => ms === wait);
  const waits = known ? WAITS : [...WAITS, [wait, `after ${wait} ms`] as const];
  const onWait = (event: Event) =>
    change({ ...turns, silence_duration_ms: Number((event.target as HTMLSelectElement).value) });
  const onOver = (event: Event) => change({ ...turns, interrupt_response: (event.target as HTMLInputElement).checked });
  return html`<div class="popover" role="dialog" aria-label="Settings">
    ${
      turns?.["type"] === "server_vad"
        ? html`<label><span>Answer</span>
            <select @change=${onWait}>
              ${waits.map(([ms, name]) => html`<option value=${ms} ?selected=${ms === wait}>${name}</option>`)}
            </select></label>
          <label><span>Stop when I talk over it</span>
            <input type="checkbox" .checked=${turns["interrupt_response"] !== false} @change=${onOver} /></label>`
        : nothing
    }
    <dl aria-label="Keys">${KEYS.map(([key, does]) => html`<dt><kbd>${key}</kbd></dt><dd>${does}</dd>`)}</dl>
  </div>`;
}
