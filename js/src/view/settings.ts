import { html, nothing, type TemplateResult } from "lit-html";
import type { Traits } from "../model.gen.ts";

/** Pauses worth having, in ms; the one in force is there, too. */
const PAUSES = [300, 500, 900];

/** How turns are taken, and the keys. Shut until asked for. */
export function settings(
  traits: Traits,
  automatic: Record<string, unknown>,
  refused: (turn_detection: Record<string, unknown> | null) => Promise<boolean>,
): TemplateResult {
  const turns = traits.turn_detection;
  const wait = Number(turns?.["silence_duration_ms"] ?? 500);
  const pauses = [...new Set([...PAUSES, wait])].sort((a, b) => a - b);
  const onTurns = async ({ target }: Event) => {
    const select = target as HTMLSelectElement;
    if (await refused(select.value ? automatic : null)) select.value = turns ? "auto" : "";
  };
  const onWait = async ({ target }: Event) => {
    const select = target as HTMLSelectElement;
    if (await refused({ ...turns, silence_duration_ms: Number(select.value) })) select.value = `${wait}`;
  };
  const onOver = async ({ target }: Event) => {
    const box = target as HTMLInputElement;
    if (await refused({ ...turns, interrupt_response: box.checked })) box.checked = !box.checked;
  };
  return html`<div class="popover" role="dialog" aria-label="Settings" tabindex="-1">
    <label><span>Turn taking</span>
      <select @change=${onTurns}>
        <option value="auto" .selected=${turns !== null}>
          ${automatic["type"] === "semantic_vad" ? "By meaning" : "After a pause"}
        </option>
        <option value="" .selected=${turns === null}>Push to talk</option>
      </select></label>
    ${
      turns?.["type"] === "server_vad"
        ? html`<label><span>Pause</span>
            <select @change=${onWait}>
              ${pauses.map((ms) => html`<option value=${ms} .selected=${ms === wait}>${ms} ms</option>`)}
            </select></label>
          <label><span>Stop when I talk over it</span>
            <input type="checkbox" .checked=${turns["interrupt_response"] !== false} @change=${onOver} /></label>`
        : nothing
    }
    <dl aria-label="Keys">
      ${turns ? nothing : html`<dt><kbd>Space</kbd></dt><dd>hold to talk</dd>`}
      <dt><kbd>M</kbd></dt><dd>mute, unmute</dd>
      <dt><kbd>Esc</kbd></dt><dd>interrupt</dd>
      <dt><kbd>Enter</kbd></dt><dd>send the message</dd>
      <dt><kbd>?</kbd></dt><dd>this help</dd>
    </dl>
    ${traits.transport === "comm" ? html`<p class="none">Sound by the notebook's connection</p>` : nothing}
  </div>`;
}
