import { html, type nothing, type TemplateResult } from "lit-html";
import type { Extras } from "../extras.ts";
import * as words from "../words.ts";
import { coded } from "./coded.ts";
import type { PanelSource } from "./source.ts";

type Shown = TemplateResult | typeof nothing;

/** Why something will not come from the kernel; null: it is there, or on its way. */
export function missing({ loaded, kernel }: PanelSource): readonly [string, string] | null {
  if (loaded.extras) return null;
  if (kernel === "lost" || kernel === "silent") return words.extrasNoKernel;
  return loaded.error && [loaded.error.message, loaded.error.next_step];
}

/** What stands in the place of something that has yet to come from the kernel, and then that. */
export function extra(source: PanelSource, view: (extras: Extras) => Shown): Shown {
  const { loaded } = source;
  if (loaded.extras) return view(loaded.extras);
  const [title, text] = missing(source) ?? [words.extrasLoading, loaded.long ? words.extrasBusy : ""];
  return html`<p class="none" role="status">${coded(title)} ${coded(text)}</p>`;
}
