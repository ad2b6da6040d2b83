import type { Traits, View } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import * as words from "../words.ts";

/** In a frame of its own, as in Colab, nothing can float or lie over the notebook. JupyterLab's own page may be in a frame. */
const framed = () => window !== window.parent && !document.getElementById("jupyter-config-data");

/** What floats on the page, of any widget. */
const floating = () => [...document.querySelectorAll<HTMLElement>("[data-view=floating]")];

/** So many buttons stand beside each other on the narrowest page, the others above them, at this distance. */
const ABREAST = 4;
const APART_PX = 60;
const up = (nth: number) => `${Math.floor(nth / ABREAST) * APART_PX}px`;
const places = () => floating().map(({ dataset }) => Number(dataset["nth"]));

/** What is open stands above all buttons. */
function raise(): void {
  for (const { style } of floating()) style.setProperty("--top", up(Math.max(...places())));
}

/** The first place of those that float which none of them has. */
function free(): number {
  const taken = places();
  let nth = 0;
  while (taken.includes(nth)) nth += 1;
  return nth;
}

/** Where on the page the panel is and with which colours, as Python says it, as far as this page has room for it. */
export class Place {
  readonly #el: HTMLElement;
  readonly #host: HTMLElement;
  /** Stands in the cell, where the panel is elsewhere. */
  readonly #note = document.createElement("div");
  #view: View = "panel";

  constructor(el: HTMLElement, host: HTMLElement, scope: Scope) {
    this.#el = el;
    this.#host = host;
    this.#note.textContent = words.placeFloats;
    this.#note.style.cssText = "padding: 8px 0; color: var(--jp-ui-font-color2, GrayText)";
    el.append(host);
    // Several may be open: the one that has the keys lies above, and stays there.
    scope.on(host, "focusin", () => {
      for (const one of floating()) one.style.zIndex = one === host ? "1001" : "";
    });
    scope.defer(() => {
      host.remove();
      raise();
      this.#note.remove();
    });
  }

  get view(): View {
    return this.#view;
  }

  /** To be called before the panel is drawn. */
  follow({ view, colors }: Pick<Traits, "view" | "colors">): void {
    const { style, dataset } = this.#host;
    for (const name of ["user", "assistant", "accent"] as const) {
      const colour = colors[name];
      if (colour && CSS.supports("color", colour)) style.setProperty(`--${name}`, colour);
      else style.removeProperty(`--${name}`);
    }
    const wanted = (view === "floating" || view === "overlay") && framed() ? "panel" : view;
    if (wanted === this.#view) return;
    // Not in the cell: what is around it moves, cuts and, once it is scrolled away, takes it out of the page.
    const floats = wanted === "floating";
    if (floats) {
      this.#el.append(this.#note);
      const nth = free();
      dataset["nth"] = String(nth);
      style.setProperty("--aside", `${(nth % ABREAST) * APART_PX}px`);
      style.setProperty("--up", up(nth));
    } else this.#note.remove();
    if (floats !== (this.#view === "floating")) (floats ? document.body : this.#el).append(this.#host);
    this.#view = wanted;
    dataset["view"] = wanted;
    raise();
    // The overlay is a bar, too, as long as it is put away.
    this.#host.toggleAttribute("data-bar", wanted === "compact" || wanted === "overlay");
  }
}
