import { html, nothing, type TemplateResult } from "lit-html";
import type { Traits } from "../model.gen.ts";

/** Pauses worth having, in ms; the one in force is there, too. */
const PAUSES = [300, 500, 900];

/** How turns are taken, and the keys. Shut until asked for. */
export function settings(
  traits: Traits,
  refused: (turn_detection: Record<string, unknown>) => Promise<boolean>,
): TemplateResult {
  const turns = traits.turn_detection;
  const wait = Number(turns?.["silence_duration_ms"] ?? 500);
  const pauses = [...new Set([...PAUSES, wait])].sort((a, b) => a - b);
  const onWait = async ({ target }: Event) => {
    const select = target as HTMLSelectElement;
    if (await refused({ ...turns, silence_duration_ms: Number(select.value) })) select.value = `${wait}`;
  };
  const onOver = async ({ target }: Event) => {
    const box = target as HTMLInputElement;
    if (await refused({ ...turns, interrupt_response: box.checked })) box.checked = !box.checked;
  };
  return html`<div class="popover" role="dialog" aria-label="Settings" tabindex="-1">
    ${
      turns?.["type"] === "server_vad"
        ? html`<label><span>Answer after a pause of</span>
            <select @change=${onWait}>
              ${pauses.map((ms) => html`<option value=${ms} .selected=${ms === wait}>${ms} ms</option>`)}
            </select></label>
          <label><span>Stop when I talk over it</span>
            <input type="checkbox" .checked=${turns["interrupt_response"] !== false} @change=${onOver} /></label>`
        : nothing
    }
    <dl aria-label="Keys">
      <dt><kbd>M</kbd></dt><dd>mute, unmute</dd>
      <dt><kbd>Esc</kbd></dt><dd>interrupt</dd>
      <dt><kbd>Enter</kbd></dt><dd>send the message</dd>
      <dt><kbd>?</kbd></dt><dd>this help</dd>
    </dl>
  </div>`;
}
