import { html, nothing, type TemplateResult } from "lit-html";
import { frontEnd } from "../front_end.ts";
import type { ErrorInfo } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import { coded } from "./coded.ts";
import { icon } from "./icons.ts";
import css from "./own_tab.css";
import * as words from "./own_tab_words.ts";
import type { PanelSource } from "./source.ts";

/** What such a page says that it is. */
const OWN_TAB = "own tab";

/** Where the notebook's page may not have the microphone, another page may. */
const FORBIDDEN = /^microphone_(denied|blocked_by_policy)$/;

/** A link to a tab, or why there is none; null: the kernel does not answer. */
export type MadeLink = { readonly url: string; readonly port: number; readonly seconds: number } | ErrorInfo | null;

/** Opens the talk in a browser tab of its own. */
export class OwnTab {
  readonly #source: PanelSource;
  readonly #changed: () => void;
  readonly #scope: Scope;
  readonly #is = frontEnd().app === OWN_TAB;
  #asks: Scope | null = null;
  #told: MadeLink | "making" | "none" = "none";

  constructor(source: PanelSource, changed: () => void, scope: Scope) {
    this.#source = source;
    this.#changed = changed;
    this.#scope = scope;
  }

  /** For the settings: nothing in such a tab. */
  button(): TemplateResult | typeof nothing {
    if (this.#is) return nothing;
    return html`<button class="plain to-own-tab" title=${words.title} @click=${this.#open}>${words.name}</button>`;
  }

  /** What stands under the strip: the offer where this page has no microphone, and the link. */
  view(): TemplateResult | typeof nothing {
    const { error, holder } = this.#source.traits;
    const told = this.#told;
    // The call is there by now.
    if (holder !== "" && holder !== this.#source.id) return nothing;
    const offers = told === "none" && error !== null && FORBIDDEN.test(error.code);
    if (this.#is || (told === "none" && !offers)) return nothing;
    // What it is for, the strip above it has said.
    return html`<style>${css}</style><div class="own-tab">${
      offers
        ? this.button()
        : html`<div class="message" role="status">${saying(told)}</div>
      <button class="bare" aria-label=${words.close} @click=${this.#close}>${icon("close")}</button>`
    }</div>`;
  }

  readonly #close = (): void => {
    this.#asks?.close();
    this.#asks = null;
    this.#told = "none";
    this.#changed();
  };

  readonly #open = async (): Promise<void> => {
    this.#asks?.close();
    const scope = this.#scope.child();
    this.#asks = scope;
    // In the click's own task: later no browser would let it. Where it does not, as in VS Code, there is the link.
    const tab = window.open("", "_blank");
    this.#told = "making";
    this.#changed();
    const told = (await this.#source.sound?.ownTab()) ?? null;
    if (scope.closed || told === null || !("url" in told)) tab?.close();
    else if (tab) {
      tab.opener = null;
      tab.location.replace(told.url);
    }
    if (scope.closed) return;
    this.#told = told;
    this.#changed();
    if (told && "url" in told) scope.after(1000 * told.seconds, this.#close);
  };
}

function saying(told: MadeLink | "making" | "none"): unknown {
  if (told === "making") return words.making;
  if (told === null || typeof told === "string") return words.silent;
  if (!("url" in told)) return html`<strong>${coded(told.message)}</strong> ${coded(told.next_step)}`;
  return html`${words.made} <a href=${told.url} target="_blank" rel="noopener">${words.open}</a>. ${words.once}
    ${coded(words.tunnel(told.port))}`;
}
