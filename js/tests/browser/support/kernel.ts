import type { AnyModel } from "@anywidget/types";
import type { KernelMessage, PageMessage, Traits } from "../../../src/model.gen.ts";

export const traits: Traits = {
  connection_state: "disconnected",
  activity: "idle",
  user_speaking: false,
  assistant_speaking: false,
  voice: "en-us",
  voices: ["en-us", "en-gb"],
  muted: false,
  turn_detection: { type: "server_vad", silence_duration_ms: 500, interrupt_response: true },
  transport: "webrtc",
  reconnect_attempts: 0,
  retry_at: 0,
  error: null,
  notice: null,
  transcript: [],
  turns: 0,
  service_name: "embedded engine",
  model: "",
  examples: ["How many penguins are there?"],
  holder: "",
  call_started_at: 0,
  summary: null,
  can_call: true,
  flow: "unified",
  has_ice_servers: false,
  image_bytes: 0,
  recording: "",
  consent: null,
  earlier_turns: 0,
  variable: "w",
  wizard: null,
  view: "panel",
  colors: {},
};

type Listener = (...args: unknown[]) => void;
type Sent = PageMessage;

/** Stands for the host's model and the kernel behind it; a test plays the kernel. */
export class FakeKernel {
  readonly state: Traits & Record<string, unknown>;
  readonly sent: Sent[] = [];
  /** What came beside each of them. */
  readonly buffers: ArrayBuffer[][] = [];
  /** Called with each message of the page. */
  onMessage: (message: Sent) => void = () => {};
  /** What `model.send` throws. */
  refuses: Error | null = null;

  readonly #listeners = new Map<string, Set<Listener>>();
  #seq = 0;

  constructor(state: Partial<Traits> = {}) {
    this.state = { ...traits, ...state };
  }

  get model(): AnyModel {
    return {
      get: (name: string) => this.state[name],
      set: () => {
        throw new Error("the page must not set traits");
      },
      save_changes: () => {
        throw new Error("the page must not save");
      },
      on: (name: string, callback: Listener) => {
        const set = this.#listeners.get(name) ?? new Set();
        this.#listeners.set(name, set.add(callback));
      },
      off: (name: string, callback: Listener) => {
        this.#listeners.get(name)?.delete(callback);
      },
      send: (message: Sent, afterwards: unknown, buffers: ArrayBuffer[] = []) => {
        if (this.refuses) throw this.refuses;
        if (afterwards !== undefined) throw new TypeError("marimo calls what is here");
        this.sent.push(structuredClone(message));
        this.buffers.push(buffers);
        this.onMessage(message);
      },
    } as unknown as AnyModel;
  }

  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  of<T extends Sent["type"]>(type: T): Extract<Sent, { type: T }>[] {
    return this.sent.filter((message): message is Extract<Sent, { type: T }> => message.type === type);
  }

  /** The sound of the messages so far: PCM16. */
  get sound(): Int16Array {
    return this.soundBefore(this.sent.length);
  }

  /** Of the first `count` messages. */
  soundBefore(count: number): Int16Array {
    const first = this.sent.slice(0, count);
    const pieces = first.flatMap((message, i) => (message.type === "audio" ? (this.buffers[i] ?? []) : []));
    return Int16Array.from(pieces.flatMap((piece) => [...new Int16Array(piece)]));
  }

  say(
    message: KernelMessage extends infer M ? (M extends KernelMessage ? Omit<M, "seq"> : never) : never,
    buffers: DataView[] = [],
  ): void {
    this.#seq += 1;
    this.emit("msg:custom", { ...message, seq: this.#seq }, buffers);
  }

  set(state: Partial<Traits>): void {
    Object.assign(this.state, state);
    for (const name of Object.keys(state)) this.emit(`change:${name}`);
  }

  emit(name: string, ...args: unknown[]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(...args);
  }
}
