import { html, nothing, type TemplateResult } from "lit-html";
import type { Extras } from "../extras.ts";
import type { Scope } from "../scope.ts";
import type { Line } from "../store.ts";
import * as words from "../words.ts";
import { extra } from "./extra.ts";
import { icon } from "./icons.ts";
import type { PanelSource } from "./source.ts";

/** What the agent has shown, under the line that it answers. The second bundle draws it; until then it has a name. */
export class Results {
  readonly #source: PanelSource;
  readonly #make: (extras: Extras) => ReturnType<Extras["makeResults"]>;
  #view: ReturnType<Extras["makeResults"]> | null = null;

  constructor(source: PanelSource, root: ShadowRoot, changed: () => void, scope: Scope) {
    this.#source = source;
    this.#make = ({ makeResults }) => makeResults(source, root, changed, scope);
  }

  readonly of = ({ results }: Line): TemplateResult | typeof nothing => {
    if (results.length === 0) return nothing;
    const { extras, ...waiting } = this.#source.loaded;
    if (!extras && !("error" in waiting && waiting.error)) {
      return html`<div class="results">${results.map(({ label }) => html`<div class="note">${icon("note")}${label || words.resultName}</div>`)}</div>`;
    }
    return extra(this.#source, (extras) => {
      this.#view ??= this.#make(extras);
      return this.#view(results);
    });
  };
}
