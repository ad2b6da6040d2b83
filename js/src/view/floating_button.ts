import { html, type TemplateResult } from "lit-html";
import * as words from "../words.ts";
import type { Disclosure } from "./disclosure.ts";
import { icon } from "./icons.ts";
import type { Situation } from "./situation.ts";

/** What floats over the notebook, and opens the panel. `recorded`: what its name goes on with, and its badge. */
export function floatingButton(
  now: Situation,
  over: Disclosure,
  [recorded, badge]: readonly [string, unknown],
): TemplateResult {
  const name = `${words.floatName}: ${now.words}${recorded}`;
  return html`<button
      class="float"
      aria-label=${name}
      title=${name}
      aria-expanded=${over.open}
      @click=${over.toggle}
    >${icon(over.open ? "collapse" : now.name === "muted" ? "muted" : now.inCall ? "microphone" : "call")}<i class="lamp ${now.lamp}"></i>${badge}</button>`;
}
