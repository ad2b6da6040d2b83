/** Scrolled up by more than this, a person is reading and is left alone. */
const AT_END_PX = 24;

/** Keeps the end of what grows in sight, unless a person has scrolled up. */
export class Follow {
  readonly #changed: () => void;
  #atEnd = true;
  #top = 0;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get atEnd(): boolean {
    return this.#atEnd;
  }

  /** Called when what scrolls, or what is in it, has another size. */
  keep(scroll: Element): void {
    if (this.#atEnd) scroll.scrollTop = scroll.scrollHeight;
    this.#top = scroll.scrollTop;
  }

  readonly onScroll = (event: Event): void => {
    const { scrollTop, scrollHeight, clientHeight } = event.target as Element;
    // Only a move upwards is a person's: what grows or is resized leaves the place where it was.
    const left = scrollTop < this.#top || !this.#atEnd;
    this.#top = scrollTop;
    this.#set(!left || scrollHeight - scrollTop - clientHeight < AT_END_PX);
  };

  readonly toEnd = (): void => this.#set(true);

  #set(atEnd: boolean): void {
    if (atEnd === this.#atEnd) return;
    this.#atEnd = atEnd;
    this.#changed();
  }
}
