import { html, nothing, type TemplateResult } from "lit-html";
import type { Traits } from "../model.gen.ts";
import * as words from "../words.ts";
import { coded } from "./coded.ts";
import { named } from "./format.ts";
import type { Situation } from "./situation.ts";
import type { PanelSource } from "./source.ts";
import { goesOn } from "./transcript.ts";

const EXAMPLES = 3;

/** What stands where the transcript will be. */
export function empty({ traits }: PanelSource, now: Situation, send: (text: string) => void): TemplateResult {
  const { examples, earlier_turns } = traits;
  const [title, text] = opening(now, traits);
  return html`<div class="empty">
    <h2>${title}</h2>
    <p>${coded(named(text, traits))}</p>
    ${earlier_turns > 0 ? html`<p class="earlier">${goesOn(earlier_turns)}</p>` : nothing}
    <div class="examples">
      ${examples
        .slice(0, now.ours && now.name !== "following" ? EXAMPLES : 0)
        .map((example) => html`<button class="example" @click=${() => send(example)}>${example}</button>`)}
    </div>
  </div>`;
}

function opening({ name, detail, inCall, ours }: Situation, { turn_detection }: Traits): readonly [string, string] {
  const openings = words.openings;
  if (name === "reconnecting" || name === "ending" || (name === "asking" && !detail)) return openings.connecting;
  if (name in openings) return openings[name as keyof typeof openings];
  if (name === "elsewhere") return openings.closed;
  if (inCall && ours) return turn_detection === null ? openings.push : openings.call;
  return ours ? openings.idle : openings.closed;
}
