export type KernelState = "unknown" | "alive" | "silent" | "lost";

/** What is known of the kernel, from when it was heard: the only place that says whether it lives. */
export class Liveness {
  #heardAt: number | null = null;
  #awaited = true;
  #lost = false;

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

  /** Milliseconds without a word from it, counted from `since` at the earliest. */
  silence(since: number): number {
    return performance.now() - Math.max(this.#heardAt ?? 0, since);
  }
}
