/** So many rows are drawn, and so many more each time that a person asks for them: the page stays light. */
export const SHOWN = 200;
/** They leave at the top this many at a time, and not while somebody reads there. */
const AT_ONCE = 100;

/** From which row on a talk is shown. */
export class Earlier {
  #from = 0;
  /** More were asked for, by somebody who may not have scrolled: a screen reader does not. */
  #asked = false;

  /** `kept`: nothing may leave now, for a person has scrolled up or has selected something. */
  from(count: number, kept: boolean): number {
    const shown = count - this.#from;
    if (kept) this.#asked = false;
    if (shown < 0 || (!kept && !this.#asked && shown > SHOWN + AT_ONCE)) this.#from = Math.max(0, count - SHOWN);
    return this.#from;
  }

  more(): void {
    this.#asked = true;
    this.#from = Math.max(0, this.#from - SHOWN);
  }
}
