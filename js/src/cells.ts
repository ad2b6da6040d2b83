import { marimo } from "./front_end.ts";
import type { Model } from "./link.ts";
import type { Scope } from "./scope.ts";

/** No trait: the kernel passes it over, and marimo gives it back to a page that was loaded again. */
const TOLD = "turns_told";

/**
 * Has marimo run the cells that depend on the widget: it does so for what a page writes, never for what the kernel wrote.
 * Once for each finished turn, also for one that was finished while the page was loaded again.
 */
export class Cells {
  readonly #model: Model;

  constructor(model: Model, scope: Scope) {
    this.#model = model;
    if (marimo() === null) return;
    scope.listen(model, "change:turns", () => this.#tell());
    this.#tell();
  }

  #tell(): void {
    const turns = this.#model.get("turns");
    if (turns === (this.#model.get(TOLD) ?? 0)) return;
    this.#model.set(TOLD, turns);
    this.#model.save_changes();
  }
}
