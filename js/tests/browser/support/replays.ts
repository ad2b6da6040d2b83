import { vi } from "vitest";
import type { Coding, Hole, Label, Model, Shown, Traits, Turn } from "../../../src/replay/given.ts";
import { Replayed } from "../../../src/replay/replayed.ts";
import { mountReplay } from "../../../src/replay/view.ts";

const RATE = 8000;

/** A sound of both sides, as WAV: hardly to be heard, and of that length. */
export function wav(ms: number): DataView {
  const samples = Math.round((RATE * ms) / 1000);
  const view = new DataView(new ArrayBuffer(44 + 4 * samples));
  const word = (at: number, text: string) => {
    for (const [i, letter] of [...text].entries()) view.setUint8(at + i, letter.charCodeAt(0));
  };
  word(0, "RIFF");
  view.setUint32(4, 36 + 4 * samples, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 2, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, 4 * RATE, true);
  view.setUint16(32, 4, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, 4 * samples, true);
  for (let at = 0; at < 2 * samples; at += 1) view.setInt16(44 + 2 * at, 40 * Math.sin(at / 5), true);
  return view;
}

export function turn(seq: number, start_ms: number | null, end_ms: number | null, more: Partial<Turn> = {}): Turn {
  const step = start_ms === null || end_ms === null ? null : (end_ms - start_ms) / 2;
  return {
    seq,
    role: seq % 2 ? "user" : "assistant",
    pieces: [
      ["first", start_ms, step && (start_ms ?? 0) + step],
      [" ", null, null],
      ["second.", step && (start_ms ?? 0) + step, end_ms],
    ],
    unheard: "",
    start_ms,
    end_ms,
    gap_ms: seq % 2 ? null : 400,
    gap_end_ms: seq % 2 ? null : start_ms,
    interrupted: false,
    status: "completed",
    source: start_ms === null ? "typed" : "speech",
    ...more,
  };
}

/** Four turns of one second each, a tool, a label, an interruption, and one that was typed. */
export const TALK: Shown = {
  duration_ms: 8000,
  names: { user: "P07" },
  turns: [
    turn(1, 500, 1500),
    turn(2, 2000, 3000, { interrupted: true, unheard: "and more" }),
    turn(3, 2900, 4000),
    turn(4, 5000, 6000),
    turn(5, null, null, { pieces: [["typed words", null, null]] }),
  ],
  tools: [{ seq: 3, name: "count_rows", status: "completed", start_ms: 4100, end_ms: 4700 }],
  holes: [],
  sound: { state: "embedded", mime: "audio/wav", pieces: 1, where: null, error: null },
  levels: 1,
  step_ms: 10,
  recent_ms: null,
};

export const LABEL: Label = {
  number: 1,
  seq: 3,
  side: "user",
  code: "repair",
  start_ms: 2900,
  end_ms: 4000,
  coder: "a",
  note: "",
};
/** Somebody paused before the second answer; of both sides something was lost at that time. */
export const HOLES: readonly Hole[] = [
  { side: "user", kind: "paused", start_ms: 4200, end_ms: 7000 },
  { side: "assistant", kind: "lost", start_ms: 4000, end_ms: 4900 },
];
/** Labels are only shown. */
export const CODING: Coding = {
  coder: null,
  codes: [
    { name: "repair", colour: "#d55e00", key: "r", meaning: "what was said is put right" },
    { name: "overlap", colour: "#0072b2", key: "v", meaning: "" },
  ],
  saved: true,
  problem: null,
};

/** A talk of many turns, which has more rows than room. */
export function long(turns: number): Shown {
  const all = Array.from({ length: turns }, (_, at) => turn(at + 1, at * 200, at * 200 + 190));
  return { ...TALK, duration_ms: turns * 200, turns: all, tools: [] };
}

/** What was asked for before is drawn then. */
export const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

export class Shows {
  readonly sent: { type: string; [name: string]: unknown }[] = [];
  readonly life = new AbortController();
  readonly replayed: Replayed;
  readonly cells: HTMLElement[] = [];
  readonly #listeners = new Map<string, Set<(...args: unknown[]) => void>>();
  readonly #traits: Traits;

  constructor(
    talk: Partial<Shown> = {},
    width = 720,
    views = 1,
    { labels = [LABEL], ...coding }: Partial<Coding> & { labels?: readonly Label[] } = {},
  ) {
    const shown = { ...TALK, ...talk };
    const bytes = new Uint8Array((shown.duration_ms / 10) * 4).map((_, at) => (at % 2 ? 60 : 196));
    this.#traits = {
      _shown: shown,
      _envelope: new DataView(bytes.buffer),
      _recent: new DataView(new ArrayBuffer(0)),
      _sound: shown.sound.state === "embedded" ? wav(shown.duration_ms) : new DataView(new ArrayBuffer(0)),
      _coding: { ...CODING, ...coding },
      _labels: labels,
      selection: null,
    };
    const model = {
      get: (name: keyof Traits) => this.#traits[name],
      send: (message: { type: string }) => this.sent.push(message),
      on: (name: string, call: () => void) =>
        this.#listeners.set(name, (this.#listeners.get(name) ?? new Set()).add(call)),
      off: (name: string, call: () => void) => this.#listeners.get(name)?.delete(call),
    };
    this.replayed = new Replayed(model as unknown as Model, this.life.signal);
    for (let at = 0; at < views; at += 1) {
      const cell = document.body.appendChild(document.createElement("div"));
      cell.style.width = `${width}px`;
      this.cells.push(cell);
      mountReplay(cell, this.replayed, this.life.signal);
    }
  }

  get host(): HTMLElement {
    return this.cells[0]?.firstElementChild as HTMLElement;
  }

  get root(): ShadowRoot {
    return this.host.shadowRoot as ShadowRoot;
  }

  /** The picture's own root. */
  get picture(): ShadowRoot {
    return this.root.querySelector(".wave > div")?.shadowRoot as ShadowRoot;
  }

  find(selector: string): HTMLElement {
    const found = this.root.querySelector<HTMLElement>(selector);
    if (!found) throw new Error(`no ${selector}`);
    return found;
  }

  button(name: string): HTMLButtonElement {
    const all = [...this.root.querySelectorAll("button")];
    const found = all.find((one) => (one.getAttribute("aria-label") ?? one.textContent?.trim()) === name);
    if (!found) throw new Error(`no ${name} in ${all.map((one) => one.textContent)}`);
    return found;
  }

  get current(): (string | undefined)[] {
    return [...this.root.querySelectorAll<HTMLElement>("[aria-current]")].map((row) => row.dataset["seq"]);
  }

  get says(): string {
    return this.find(".says").textContent?.trim() ?? "";
  }

  kernel(message: object, ...buffers: DataView[]): void {
    for (const call of this.#listeners.get("msg:custom") ?? []) call(message, buffers);
  }

  emit(name: string): void {
    for (const call of this.#listeners.get(name) ?? []) call();
  }

  selects(selection: Traits["selection"]): void {
    this.#traits.selection = selection;
    this.emit("change:selection");
  }

  /** The talk as it has become. */
  grows(talk: Partial<Shown>, recent: DataView = this.#traits._recent): void {
    const shown = { ...this.#traits._shown, ...talk };
    const bytes = new Uint8Array((shown.duration_ms / 10) * 4).map((_, at) => (at % 2 ? 60 : 196));
    Object.assign(this.#traits, { _shown: shown, _envelope: new DataView(bytes.buffer), _recent: recent });
    this.emit("change:_shown");
  }

  envelope(bytes: DataView): void {
    this.#traits._envelope = bytes;
  }

  labels(labels: readonly Label[]): void {
    this.#traits._labels = labels;
    this.emit("change:_labels");
  }

  /** How many the model's listeners are. */
  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, all) => sum + all.size, 0);
  }

  async drawn(): Promise<void> {
    await vi.waitFor(() => {
      if (!this.picture.querySelector("canvas")) throw new Error("no picture");
    });
    await frames();
  }
}
