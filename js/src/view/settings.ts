import { html, nothing, type TemplateResult } from "lit-html";
import type { Traits } from "../model.gen.ts";

/** Pauses worth having, in ms; the one in force is there, too. */
const PAUSES = [300, 500, 900];

/** How the end of a turn is found, in words. */
const KINDS: Readonly<Record<string, string>> = { server_vad: "After a pause", semantic_vad: "By meaning" };
const EAGERNESS = { auto: "Auto", low: "Low", medium: "Medium", high: "High" };

/** How turns are taken, and the keys. Shut until asked for. */
export function settings(
  turns: Traits["turn_detection"],
  transport: Traits["transport"],
  ways: Readonly<Record<string, Record<string, unknown>>>,
  refused: (turn_detection: Record<string, unknown> | null) => Promise<boolean>,
): TemplateResult {
  const wait = Number(turns?.["silence_duration_ms"] ?? 500);
  const kind = String(turns?.["type"] ?? "");
  const eagerness = String(turns?.["eagerness"] ?? "auto");
  const kinds = { ...KINDS, ...(kind && !(kind in KINDS) ? { [kind]: kind } : {}), "": "Push to talk" };
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
  return html`<div class="popover" role="dialog" aria-label="Settings" tabindex="-1">
    <label><span>Turn taking</span>
      <select @change=${onTurns}>
        ${Object.entries(kinds).map(
          ([type, words]) => html`<option value=${type} .selected=${type === kind}>${words}</option>`,
        )}
      </select></label>
    ${
      kind === "server_vad"
        ? html`<label><span>Pause</span>
            <select @change=${onWait}>
              ${pauses.map((ms) => html`<option value=${ms} .selected=${ms === wait}>${ms} ms</option>`)}
            </select></label>`
        : nothing
    }
    ${
      kind === "semantic_vad"
        ? html`<label><span>Eagerness to answer</span>
            <select @change=${onEager}>
              ${Object.entries(EAGERNESS).map(([value, word]) => html`<option value=${value} .selected=${value === eagerness}>${word}</option>`)}
            </select></label>`
        : nothing
    }
    ${
      kind in KINDS
        ? html`<label><span>Stop when I talk over it</span>
            <input type="checkbox" .checked=${turns?.["interrupt_response"] !== false} @change=${onOver} /></label>`
        : nothing
    }
    <dl aria-label="Keys">
      ${turns ? nothing : html`<dt><kbd>Space</kbd></dt><dd>hold to talk</dd>`}
      <dt><kbd>M</kbd></dt><dd>mute, unmute</dd>
      <dt><kbd>Esc</kbd></dt><dd>interrupt</dd>
      <dt><kbd>Enter</kbd></dt><dd>send the message</dd>
      <dt><kbd>?</kbd></dt><dd>this help</dd>
    </dl>
    ${transport === "comm" ? html`<p class="none">The sound goes through the kernel</p>` : nothing}
  </div>`;
}
