import type { Scope } from "../scope.ts";
import type { PanelSource } from "./source.ts";

type Means = "pointer" | "key" | "click";

/** Hold to talk: by mouse, finger or Space as long as it is down; by a click that is none of these, until the next. */
export class Hold {
  readonly #source: PanelSource;
  #by: Means | null = null;

  /** `host`: when the focus leaves it, keys that go up are not seen any more. */
  constructor(source: PanelSource, host: HTMLElement, scope: Scope) {
    this.#source = source;
    scope.on(host, "focusout", ({ relatedTarget }: FocusEvent) => {
      if (!(relatedTarget instanceof Node && host.contains(relatedTarget))) this.#end("key");
    });
    scope.on(window, "blur", () => this.#end());
    scope.on(document, "visibilitychange", () => {
      if (document.hidden) this.#end();
    });
    scope.defer(() => this.#end());
  }

  readonly down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const button = event.currentTarget as Element;
    // A finger that slides off the button has not let go.
    button.setPointerCapture(event.pointerId);
    this.#start("pointer");
  };

  readonly up = (): void => this.#end("pointer");

  readonly click = ({ detail }: MouseEvent): void => {
    // A pointer's own click counts from 1; assistive technology and Enter give none.
    if (detail !== 0) return;
    if (this.#source.local.pushed) this.#end();
    else this.#start("click");
  };

  /** Space in the panel, down or up. */
  key(event: KeyboardEvent): void {
    // Neither a click of the button nor a scrolled page.
    event.preventDefault();
    if (event.type === "keyup") this.#end("key");
    else if (!event.repeat) this.#start("key");
  }

  #start(by: Means): void {
    if (this.#by && this.#source.local.pushed) return;
    this.#by = by;
    this.#source.push(true);
  }

  #end(by = this.#by): void {
    if (by === null || by !== this.#by) return;
    this.#by = null;
    this.#source.push(false);
  }
}
