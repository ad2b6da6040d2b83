import { html, type nothing, type TemplateResult } from "lit-html";
import type { Extras } from "../extras.ts";
import * as words from "../words.ts";
import { coded } from "./coded.ts";
import type { PanelSource } from "./source.ts";

type Shown = TemplateResult | typeof nothing;

/** What stands in the place of something that has yet to come from the kernel, and then that. */
export function extra(source: PanelSource, view: (extras: Extras) => Shown): Shown {
  const { loaded, kernel } = source;
  if (loaded.extras) return view(loaded.extras);
  const gone = kernel === "lost" || kernel === "silent";
  const [title, text] = gone
    ? words.extrasNoKernel
    : loaded.error
      ? [loaded.error.message, loaded.error.next_step]
      : [words.extrasLoading, loaded.long ? words.extrasBusy : ""];
  return html`<p class="none" role="status">${coded(title)} ${coded(text)}</p>`;
}
