import type { RelayedMessage, RelayMessage, RelaySendMessage } from "../model.gen.ts";
import type { Scope } from "../scope.ts";

export const KEPT_EVENTS = 2000;
export const KEPT_BYTES = 4_000_000;
export const BATCH_MS = 30;
export const BATCH_EVENTS = 64;
export const BATCH_BYTES = 64_000;

interface Kept {
  readonly text: string;
  readonly size: number;
}

export type RelayedEvents = Omit<RelayedMessage, "type" | "page">;

export interface RelayHost {
  /** The first event is there. */
  heard(call: number): void;
  events(batch: RelayedEvents): void;
  /** The service would not take an event of this size: it was not sent. */
  tooLarge(detail: string): void;
}

/**
 * One call's data channel, for the kernel: it numbers what arrives from the channel's making on, keeps the last of it,
 * and hands it over when it is asked to. What a message means only the kernel knows.
 */
export class Relay {
  readonly #channel: RTCDataChannel;
  readonly #limit: () => number;
  readonly #host: RelayHost;
  readonly #scope: Scope;
  /** The numbers `#last - #kept.length + 1` … `#last`. */
  readonly #kept: Kept[] = [];
  #bytes = 0;
  #last = 0;
  /** The last number that the kernel has; null: it hears them elsewhere. */
  #told: number | null = null;
  #flushedAt = Number.NEGATIVE_INFINITY;
  #timer: (() => void) | null = null;
  #call: number | null = null;
  /** What came before the call had its number, or before the channel was open. */
  #early: (RelayMessage | RelaySendMessage)[] = [];

  /** `limit` is the largest message that the other end takes, in bytes. */
  constructor(channel: RTCDataChannel, limit: () => number, host: RelayHost, scope: Scope) {
    this.#channel = channel;
    this.#limit = limit;
    this.#host = host;
    this.#scope = scope;
    scope.on(channel, "message", ({ data }: MessageEvent) => {
      if (typeof data === "string") this.#arrived(data);
    });
    scope.on(channel, "open", () => this.#takeEarly());
    // Before the kernel is told that the call is over.
    scope.on(channel, "close", () => this.#flush());
  }

  /** The number by which the kernel speaks of this call. */
  set call(call: number) {
    this.#call = call;
    if (this.#last > 0) this.#heard();
    this.#takeEarly();
  }

  take(message: RelayMessage | RelaySendMessage): void {
    if (this.#call === null || (message.type === "relay.send" && this.#channel.readyState === "connecting")) {
      this.#early.push(message);
    } else if (message.call !== this.#call) return;
    else if (message.type === "relay.send") for (const event of message.events) this.#send(event);
    else {
      this.#told = message.on ? Math.max(0, message.after) : null;
      // So that the kernel knows at once that it is relayed.
      if (message.on && message.after >= this.#last) {
        this.#host.events({ call: this.#call, first: this.#last + 1, lost: 0, events: [] });
      }
      this.#flush();
    }
  }

  #heard(): void {
    if (this.#call !== null) this.#host.heard(this.#call);
  }

  #takeEarly(): void {
    for (const message of this.#early.splice(0)) this.take(message);
  }

  #send(event: Record<string, unknown>): void {
    const text = JSON.stringify(event);
    const size = byteLength(text);
    const limit = this.#limit();
    if (size <= limit && this.#channel.readyState === "open") {
      this.#channel.send(text);
      return;
    }
    console.warn("[voice_widget] event not sent", event["type"], size, this.#channel.readyState);
    if (size > limit) this.#host.tooLarge(`${event["type"]}: ${size} > ${limit}`);
  }

  #arrived(text: string): void {
    const size = byteLength(text);
    this.#kept.push({ text, size });
    this.#bytes += size;
    this.#last += 1;
    if (this.#last === 1) this.#heard();
    if (this.#told !== null && this.#last > this.#told) {
      // Alone at once, in a run together; timers of a hidden page are late.
      const due = performance.now() - this.#flushedAt >= BATCH_MS;
      const pending = this.#last - this.#told;
      if (due || pending >= BATCH_EVENTS || this.#bytesAfter(this.#told) >= BATCH_BYTES) this.#flush();
      else this.#timer ??= this.#scope.after(BATCH_MS, () => this.#flush());
    }
    // What is kept is for later; what was to be sent is sent.
    while (this.#kept.length > KEPT_EVENTS || this.#bytes > KEPT_BYTES) this.#bytes -= this.#kept.shift()?.size ?? 0;
  }

  #flush(): void {
    this.#timer?.();
    this.#timer = null;
    while (this.#told !== null && this.#call !== null && this.#told < this.#last) {
      const oldest = this.#last - this.#kept.length + 1;
      const first = Math.max(oldest, this.#told + 1);
      const events: string[] = [];
      let bytes = 0;
      for (const { text, size } of this.#kept.slice(first - oldest, first - oldest + BATCH_EVENTS)) {
        bytes += size;
        if (events.length > 0 && bytes > BATCH_BYTES) break;
        events.push(text);
      }
      const lost = first - this.#told - 1;
      // First: a comm that refuses ends the call in here.
      this.#told = first + events.length - 1;
      this.#flushedAt = performance.now();
      this.#host.events({ call: this.#call, first, lost, events });
    }
  }

  #bytesAfter(number: number): number {
    let bytes = 0;
    for (const { size } of this.#kept.slice(number - this.#last)) bytes += size;
    return bytes;
  }
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
