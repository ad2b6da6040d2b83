import type { Scope } from "../scope.ts";
import { type Data, packed, unpacked } from "./frames.ts";
import * as words from "./words.ts";

/** How the other end closes the way, as `voice_widget/engine/http/tab_pages.py` says it. */
const ENDS: Readonly<Record<number, End>> = { 4000: "taken over", 4001: "over" };

/** From one try to get the way back to the next one, and how long that goes on. */
const AGAIN_MS = 1000;
const GIVE_UP_MS = 60_000;

/** So much waits while the way is lost; what is older is of no use. */
const MOST_WAITING = 500;

/** Why nothing comes any more. */
export type End = "over" | "taken over" | "lost";

type Listener = (...args: unknown[]) => void;

/** The widget's model, as a notebook's page has it, over a way to the kernel: `room` is the address of that. */
export class Remote {
  readonly #room: string;
  readonly #scope: Scope;
  readonly #ended: (why: End) => void;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #waiting: ReturnType<typeof packed>[] = [];
  /** Settled when the widget's state has come, once. */
  readonly there: Promise<void>;
  #state: Record<string, unknown> | null = null;
  #came: () => void = () => {};
  #socket: WebSocket | null = null;
  #lostAt: number | null = null;
  #over = false;

  constructor(room: string, scope: Scope, ended: (why: End) => void) {
    this.#room = room;
    this.#scope = scope;
    this.#ended = ended;
    this.there = new Promise((resolve) => {
      this.#came = resolve;
    });
    this.#open();
  }

  // --- what a widget's page knows a model by --------------------------------------------------------

  get(name: string): unknown {
    return this.#state?.[name];
  }

  on(name: string, listener: Listener): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
  }

  off(name: string, listener: Listener): void {
    this.#listeners.get(name)?.delete(listener);
  }

  send(content: unknown, _callbacks?: unknown, buffers: ArrayBuffer[] = []): void {
    if (this.#over) throw new Error(words.closed);
    const frame = packed({ method: "custom", content }, buffers);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(frame);
    else if (this.#waiting.push(frame) > MOST_WAITING) this.#waiting.shift();
  }

  // --- inside ---------------------------------------------------------------------------------------

  #open(): void {
    if (this.#scope.closed || this.#over) return;
    const scope = this.#scope.child();
    const socket = new WebSocket(new URL("socket", this.#room).href.replace(/^http/, "ws"));
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    scope.defer(() => socket.close());
    scope.on(socket, "open", () => {
      this.#lostAt = null;
      // What it missed meanwhile it asks for, by the messages' numbers.
      socket.send(packed({ method: "request_state" }));
      for (const frame of this.#waiting.splice(0)) socket.send(frame);
    });
    scope.on(socket, "message", ({ data }: MessageEvent<string | ArrayBuffer>) => this.#take(...unpacked(data)));
    scope.on(socket, "close", ({ code }: CloseEvent) => {
      scope.close();
      const why = ENDS[code];
      if (why) this.#end(why);
      else void this.#again();
    });
  }

  async #again(): Promise<void> {
    this.#lostAt ??= performance.now();
    // A handshake that is refused says to no page why.
    const asked = await fetch(new URL("open", this.#room)).catch(() => null);
    if (this.#scope.closed) return;
    if (asked && !asked.ok) this.#end("over");
    else if (performance.now() - this.#lostAt > GIVE_UP_MS) this.#end("lost");
    else this.#scope.after(AGAIN_MS, () => this.#open());
  }

  #end(why: End): void {
    this.#over = true;
    this.#emit("comm_live_update");
    this.#ended(why);
  }

  #take({ method, content, state }: Data, buffers: readonly DataView[]): void {
    if (method === "custom") this.#emit("msg:custom", content, buffers);
    else if (method === "update") this.#update(state as Record<string, unknown>);
  }

  #update(change: Record<string, unknown>): void {
    const before = this.#state ?? {};
    // However the notebook shows it: here it has the whole page.
    this.#state = { ...before, ...change, view: "panel" };
    for (const [name, value] of Object.entries(change)) if (before[name] !== value) this.#emit(`change:${name}`);
    this.#came();
  }

  #emit(name: string, ...args: unknown[]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(...args);
  }
}
