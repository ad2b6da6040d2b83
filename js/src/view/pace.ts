import type { Scope, Undo } from "../scope.ts";

/** There are no frames while nobody can see the page. */
const HIDDEN_MS = 250;
/** What is out of sight is for those only who have it read to them. */
const UNSEEN_MS = 1000;
const SECOND_MS = 1000;
/** A picture takes time that a peer needs to connect: meanwhile there are fewer. */
export const OFFERING_MS = 150;

/** When the panel is drawn: once for many changes, seldom where nobody sees it, and never for nothing. */
export class Pace {
  readonly #draw: () => void;
  readonly #scope: Scope;
  #seen = true;
  readonly #over: { open(): boolean; shut(): boolean };
  /** A picture is due, unless it is taken back. */
  #queued: Undo | null = null;
  /** It is due in the next frame. */
  #hurried = false;
  #counts = false;

  /** `open`: it lies over the page, and is seen wherever `host` is; `shut`: there is but the button that opens it. */
  constructor(host: Element, over: { open(): boolean; shut(): boolean }, draw: () => void, scope: Scope) {
    this.#over = over;
    this.#draw = draw;
    this.#scope = scope;
    const sight = new IntersectionObserver((entries) => {
      const before = this.#seen;
      this.#seen = entries.at(-1)?.isIntersecting ?? true;
      if (!before) this.#looked();
    });
    sight.observe(host);
    scope.defer(() => sight.disconnect());
    scope.on(document, "visibilitychange", () => this.#looked());
  }

  /** Something has to be drawn again, and can wait so long. */
  readonly changed = (patience_ms = 0): void => {
    // What was about to be drawn can wait as well.
    if (patience_ms && this.#hurried) this.#take();
    if (this.#queued || this.#scope.closed) return;
    const draw = () => {
      this.#take();
      this.#draw();
    };
    if (document.hidden) this.#queued = this.#scope.after(HIDDEN_MS, draw);
    else if (!this.#seen && !this.#over.open()) this.#queued = this.#scope.after(UNSEEN_MS, draw);
    else if (patience_ms) this.#queued = this.#scope.after(patience_ms, draw);
    else {
      this.#queued = this.#scope.frame(draw);
      this.#hurried = true;
    }
  };

  /** It is waited for: at once, where somebody looks. */
  now(): void {
    if (this.watched && !this.#scope.closed) {
      this.#take();
      this.#draw();
    } else this.changed();
  }

  /** To be called with each picture in which something counts up or down: where that is seen there is another in a second. */
  counts(unseen: boolean): void {
    if (this.#counts || (!unseen && !this.watched)) return;
    this.#counts = true;
    this.#scope.after(SECOND_MS, () => {
      this.#counts = false;
      this.changed();
    });
  }

  /** Somebody can look: what runs only to be seen rests otherwise, and is drawn again as soon as it is seen. */
  get watched(): boolean {
    return (this.#seen || this.#over.open()) && !this.#over.shut() && !document.hidden;
  }

  /** What was put off is due, and what has counted on since. */
  #looked(): void {
    if (!this.watched) return;
    this.#take();
    this.changed();
  }

  /** Nothing is due. */
  #take(): void {
    this.#queued?.();
    this.#queued = null;
    this.#hurried = false;
  }
}
