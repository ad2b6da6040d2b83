import type { Scope } from "../scope.ts";

/** Something that is shut until a person asks for it: it takes the focus, and gives it back where it had it from. */
export class Disclosure {
  /** Opens what is shut, shuts what is open: for its button. */
  readonly toggle = (): void => this.show(!this.#open);

  readonly #root: ShadowRoot;
  readonly #selector: string;
  readonly #draw: () => void;
  #open = false;
  #focused: HTMLElement | null = null;

  /** `selector`: what gets the focus once `draw` has drawn it. */
  constructor(root: ShadowRoot, selector: string, draw: () => void) {
    this.#root = root;
    this.#selector = selector;
    this.#draw = draw;
  }

  get open(): boolean {
    return this.#open;
  }

  /** While it is being drawn: the focus stays where it is. */
  set(open: boolean): void {
    this.#open = open;
  }

  /** `back`: the focus goes back to where it was. */
  show(open: boolean, back = true): void {
    if (open) this.#focused = this.#root.activeElement as HTMLElement | null;
    this.#open = open;
    this.#draw();
    if (open) this.#root.querySelector<HTMLElement>(this.#selector)?.focus({ preventScroll: true });
    else if (back) this.#focused?.focus({ preventScroll: true });
  }

  /** A click anywhere but in `inside` shuts it, and the focus goes where the click goes. */
  shutByClicks(inside: string, scope: Scope): void {
    scope.on(document, "pointerdown", (event: Event) => {
      const within = event.composedPath().some((at) => (at as Element).matches?.(inside));
      if (this.#open && !within) this.show(false, false);
    });
  }
}
