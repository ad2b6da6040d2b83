import { html, type TemplateResult } from "lit-html";
import * as words from "../words.ts";
import { icon } from "./icons.ts";
import type { PanelSource } from "./source.ts";

const lamp = (on: boolean) => html`<i class="lamp ${on ? "on" : ""}"></i>`;

/** Who speaks, and the picture of it. */
export function lanes({ traits, local }: PanelSource, canvas: HTMLCanvasElement): TemplateResult {
  const muted = local.muted && local.stage === "open";
  return html`<div class="lanes ${muted ? "quiet" : ""}">
        <div class="names" aria-hidden="true">
          <span class="user">${muted ? icon("muted") : lamp(traits.user_speaking)}${words.sides.user}</span>
          <span class="assistant">${lamp(traits.assistant_speaking)}${words.sides.assistant}</span>
        </div>
        <div class="picture">${canvas}</div>
      </div>`;
}
