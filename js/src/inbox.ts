import type { KernelMessage } from "./model.gen.ts";

/** A message with what came beside it. */
export interface Letter {
  readonly message: KernelMessage;
  readonly buffers: readonly DataView[];
}

export interface Taken {
  /** What may be acted on now, in order. */
  readonly deliver: readonly Letter[];
  /** What to ask the kernel for. */
  readonly ask: { readonly first: number; readonly last: number } | null;
}

/** The kernel sends a beat every 2 s, so an unanswered question is put again without a timer of our own. */
const ASK_AGAIN_MS = 1000;

/** Puts the kernel's numbered messages in order: duplicates are dropped, gaps are asked for. Pure: time is an argument. */
export class Inbox {
  #next: number | null = null;
  #asked = Number.NEGATIVE_INFINITY;
  readonly #held = new Map<number, Letter>();
  readonly #page: string;

  constructor(page: string) {
    this.#page = page;
  }

  take(letter: Letter, now: number): Taken {
    const { message } = letter;
    const next = this.#next ?? message.seq;
    if (message.type === "snapshot" && message.page === this.#page && message.seq > next) {
      // The kernel no longer has what we miss: this stands for all of it.
      const older = [...this.#held.values()].filter((held) => held.message.seq < message.seq).sort(bySeq);
      for (const held of older) this.#held.delete(held.message.seq);
      this.#next = message.seq + 1;
      return { deliver: [...older, letter, ...this.#run()], ask: null };
    }
    if (message.seq < next) return { deliver: [], ask: null };
    this.#next = next;
    this.#held.set(message.seq, letter);
    const deliver = this.#run();
    if (this.#held.size === 0) {
      this.#asked = Number.NEGATIVE_INFINITY;
      return { deliver, ask: null };
    }
    if (deliver.length === 0 && now - this.#asked < ASK_AGAIN_MS) return { deliver, ask: null };
    this.#asked = now;
    return { deliver, ask: { first: this.#next, last: Math.min(...this.#held.keys()) - 1 } };
  }

  #run(): Letter[] {
    const run: Letter[] = [];
    if (this.#next === null) return run;
    for (let letter = this.#held.get(this.#next); letter; letter = this.#held.get(this.#next)) {
      run.push(letter);
      this.#held.delete(this.#next);
      this.#next += 1;
    }
    return run;
  }
}

function bySeq(a: Letter, b: Letter): number {
  return a.message.seq - b.message.seq;
}
