import type { Scope } from "../scope.ts";
import type { PanelSource } from "./source.ts";

type Means = "pointer" | "key" | "click";

/** Who lets go sooner has tapped, and talks until the next tap. */
const TAP_MS = 200;

/** Hold to talk: by mouse, finger or Space as long as it is down; by a tap or a click without a pointer, until the next. */
export class Hold {
  readonly #source: PanelSource;
  #by: Means | null = null;
  #downAt = 0;

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
    this.#downAt = performance.now();
    if (this.#tapped) this.#release();
    else this.#start("pointer");
  };

  readonly up = ({ type }: PointerEvent): void => {
    const tapped = type === "pointerup" && performance.now() - this.#downAt < TAP_MS;
    if (tapped && this.#by === "pointer") this.#by = "click";
    else this.#end("pointer");
  };

  readonly click = ({ detail }: MouseEvent): void => {
    // A pointer's own click counts from 1; assistive technology and Enter give none.
    if (detail !== 0) return;
    if (this.#source.local.pushed) this.#release();
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
    if (by !== null && by === this.#by) this.#release();
  }

  #release(): void {
    this.#by = null;
    this.#source.push(false);
  }

  /** It goes on until the next tap, here or in another view. */
  get #tapped(): boolean {
    return this.#source.local.pushed && (this.#by === null || this.#by === "click");
  }
}
