import { html, nothing, type TemplateResult } from "lit-html";
import type { Extras } from "../extras.ts";
import type { Scope } from "../scope.ts";
import type { Line } from "../store.ts";
import * as words from "../words.ts";
import { extra } from "./extra.ts";
import { icon } from "./icons.ts";
import type { PanelSource } from "./source.ts";

/** What the agent has shown and the tools that were called, under a line. The second bundle draws it; until then it has a name. */
export class Results {
  readonly #source: PanelSource;
  readonly #make: (extras: Extras) => ReturnType<Extras["makeResults"]>;
  readonly #makeTools: (extras: Extras) => ReturnType<Extras["makeTools"]>;
  #view: ReturnType<Extras["makeResults"]> | null = null;
  #tools: ReturnType<Extras["makeTools"]> | null = null;

  constructor(source: PanelSource, root: ShadowRoot, changed: () => void, scope: Scope) {
    this.#source = source;
    this.#makeTools = ({ makeTools }) => makeTools(source, root, changed, scope);
    this.#make = ({ makeResults }) => makeResults(source, root, changed, scope);
  }

  readonly of = ({ results, tools }: Line): TemplateResult | typeof nothing => {
    const called = tools.length > 0 ? this.#called((view) => view.lines(tools)) : nothing;
    return html`${called}${this.#shown(results)}`;
  };

  /** A card for each call that waits to be allowed, and the desk of a person who answers. */
  cards(): TemplateResult | typeof nothing {
    const { traits, waiting } = this.#source;
    const called = waiting.length > 0 ? this.#called((view) => view.cards(waiting)) : nothing;
    const { wizard } = traits;
    if (!wizard) return called;
    return html`${called}${this.#called((view) => view.desk(wizard))}`;
  }

  #called(view: (tools: ReturnType<Extras["makeTools"]>) => TemplateResult): TemplateResult | typeof nothing {
    return extra(this.#source, (extras) => {
      this.#tools ??= this.#makeTools(extras);
      return view(this.#tools);
    });
  }

  #shown(results: Line["results"]): TemplateResult | typeof nothing {
    if (results.length === 0) return nothing;
    const { extras, ...waiting } = this.#source.loaded;
    if (!extras && !("error" in waiting && waiting.error)) {
      return html`<div class="results">${results.map(({ label }) => html`<div class="note">${icon("note")}${label || words.resultName}</div>`)}</div>`;
    }
    return extra(this.#source, (extras) => {
      this.#view ??= this.#make(extras);
      return this.#view(results);
    });
  }
}
