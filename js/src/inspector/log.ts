import type { EventsMessage } from "../model.gen.ts";

/** A page does not get heavier than this; the kernel's table has every event. */
export const MOST = 20_000;

export type Direction = "received" | "sent" | "page" | "local";

/** One event, as a list shows it; `text` is its JSON, read only when somebody looks at it. */
export interface Logged {
  readonly number: number;
  /** Seconds since the epoch. */
  readonly at: number;
  readonly direction: Direction;
  readonly type: string;
  readonly call_id: string | null;
  /** Rows of the transcript that it is about. */
  readonly items: readonly string[];
  readonly summary: string;
  readonly failed: boolean;
  readonly text: string;
}

type Head = [number, Direction, string, string | null, string[], string, boolean];

/** The events that the kernel has told of, oldest first. */
export class EventLog {
  edition = 0;
  /** The number of the event that comes next, and of how many the kernel knows. */
  next = 0;
  total = 0;
  #events: Logged[] = [];
  /** When each call began, in seconds since the epoch. */
  readonly #kinds = new Set<string>();
  readonly #began = new Map<string | null, number>();

  /** What the types begin with. */
  get kinds(): readonly string[] {
    return [...this.#kinds].sort();
  }

  get events(): readonly Logged[] {
    return this.#events;
  }

  /** How many older ones there were. */
  get leftOut(): number {
    return this.#events[0]?.number ?? this.next;
  }

  /** The kernel has more to tell. */
  get behind(): boolean {
    return this.next < this.total;
  }

  /** False: nothing of it is new, or it answers another question and nothing was taken. */
  take(answer: EventsMessage): boolean {
    const anew = answer.edition !== this.edition;
    if (anew) {
      this.#events = [];
      this.#began.clear();
      this.#kinds.clear();
      this.next = 0;
    }
    if (answer.first < this.next) return false;
    this.edition = answer.edition;
    const lines = answer.lines ? answer.lines.split("\n") : [];
    for (let i = 0; i + 1 < lines.length; i += 2) this.#add(answer.first + i / 2, lines[i] ?? "", lines[i + 1] ?? "");
    if (this.#events.length > MOST) this.#events = this.#events.slice(-MOST);
    this.next = answer.next;
    this.total = answer.total;
    return anew || lines.length > 0;
  }

  /** Seconds from the beginning of its call on, or of what is known of that. */
  since(event: Logged): number {
    return event.at - (this.#began.get(event.call_id) ?? event.at);
  }

  #add(number: number, head: string, text: string): void {
    const [at, direction, type, call_id, items, summary, failed] = JSON.parse(head) as Head;
    this.#events.push({ number, at, direction, type, call_id, items, summary, failed, text });
    this.#kinds.add(type.split(".")[0] ?? type);
    if (!this.#began.has(call_id)) this.#began.set(call_id, at);
  }
}
