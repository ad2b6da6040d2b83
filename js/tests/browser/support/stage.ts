import { afterEach, beforeEach, expect, vi } from "vitest";
import extras from "../../../src/extras.ts";
import { given } from "../../../src/given.ts";
import type { Traits } from "../../../src/model.gen.ts";
import { Page } from "../../../src/page.ts";
import { Scope } from "../../../src/scope.ts";
import { FakeEngine } from "./engine.ts";
import { FakeKernel } from "./kernel.ts";
import { Media } from "./media.ts";

/** A page between a kernel that a test plays, an engine that answers, and media that are counted. */
export class Stage {
  readonly engine = new FakeEngine();
  readonly kernel: FakeKernel;
  readonly media = new Media();
  readonly life = new AbortController();
  readonly view = new Scope();
  readonly page: Page;
  /** The kernel answers offers as calls 1, 2 … */
  answers = true;
  /** So long the kernel lets a peer take to connect. */
  patience = 15_000;
  /** It takes the caller's sound by comm. */
  takes = true;
  #calls = 0;

  constructor(state: Partial<Traits> = {}) {
    this.kernel = new FakeKernel(state);
    this.kernel.onMessage = (message) => {
      if (message.type === "call.open" && this.answers) void this.answer(message);
      if (message.type === "audio" && this.takes) this.take(message.call);
    };
    this.page = new Page(this.kernel.model as never, this.life.signal);
    this.page.attach({ changed() {}, stir() {} }, this.view);
  }

  /** Say how much of the call's sound has come. */
  take(call: number): void {
    const all = this.kernel.sent.flatMap((message, i) =>
      message.type === "audio" && message.call === call ? (this.kernel.buffers[i] ?? []) : [],
    );
    const samples = all.reduce((sum, { byteLength }) => sum + byteLength / 2, 0);
    this.kernel.say({ type: "audio.taken", call, samples });
  }

  /** The page's name for what it has begun last. */
  get talk(): string {
    return (this.kernel.of("call.pending").at(-1) ?? this.kernel.of("call.open").at(-1))?.talk ?? "";
  }

  async answer({ sdp, request_id }: { sdp: string; request_id: string }): Promise<void> {
    // By comm there is nothing to negotiate.
    const answer = sdp && (await this.engine.answer(sdp));
    this.#calls += 1;
    this.kernel.say({ type: "answer", request_id, call: this.#calls, sdp: answer, connect_ms: this.patience });
  }

  async connected(count = 1): Promise<void> {
    const states = () => this.kernel.of("call.peer").filter((message) => message.state === "connected");
    await vi.waitFor(() => expect(states()).toHaveLength(count), { timeout: 8000 });
  }

  async call(microphone = true): Promise<void> {
    this.page.call(microphone);
    await this.connected();
  }

  /** The kernel gets the lost call back. */
  wanted(): void {
    const { page, talk } = this;
    this.kernel.say({ type: "call.offer_wanted", page: page.id, talk, reason: "reconnect", transport: "webrtc" });
  }

  async close(): Promise<void> {
    this.life.abort();
    this.view.close();
    this.media.restore();
    await this.engine.close();
  }
}

/** Loaded, as for all of a page that has needed it once. */
export function share(): void {
  Object.assign(globalThis, { [Symbol.for("voice_widget.extras")]: { extras: extras(given) } });
}

/** A stage for each test; what a test leaves behind is taken away. */
export function useStage(state: Partial<Traits> = {}): { readonly now: Stage } {
  const held: { now: Stage } = { now: null as unknown as Stage };
  beforeEach(() => {
    share();
    held.now = new Stage(state);
  });
  afterEach(async () => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    await held.now.close();
  });
  return held;
}
