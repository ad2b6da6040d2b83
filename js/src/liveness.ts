export type KernelState = "unknown" | "alive" | "silent" | "lost";

/** Between two looks: the page was frozen, or the computer slept. Timers of a hidden page are late by a second. */
const ASLEEP_MS = 5000;

/** What is known of the kernel, from when it was heard: the only place that says whether it lives. */
export class Liveness {
  #heardAt: number | null = null;
  #awaited = true;
  #lost = false;
  #askedAt = 0;
  #awokeAt = 0;

  /** `silent`: nothing was ever heard from it (a saved notebook); `lost`: it is gone. */
  get state(): KernelState {
    if (this.#lost) return "lost";
    if (this.#heardAt !== null) return "alive";
    return this.#awaited ? "unknown" : "silent";
  }

  heard(): void {
    this.#heardAt = performance.now();
    this.#lost = false;
  }

  /** It has had its time to say something. */
  giveUp(): void {
    this.#awaited = false;
  }

  lose(): void {
    this.#lost = true;
  }

  /**
   * Milliseconds without a word from it, counted from `since` at the earliest. To be asked again and again: what it said
   * while the page slept comes after the page has woken.
   */
  silence(since: number): number {
    const now = performance.now();
    if (now - this.#askedAt > ASLEEP_MS) this.#awokeAt = now;
    this.#askedAt = now;
    return now - Math.max(this.#heardAt ?? 0, since, this.#awokeAt);
  }
}
