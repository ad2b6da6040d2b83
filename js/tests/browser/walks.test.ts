import { afterEach, describe, expect, test, vi } from "vitest";
import page from "../../../docs/walks.md?raw";
import widget from "../../src/widget.ts";
import { row } from "../unit/rows.ts";
import { FakeEngine } from "./support/engine.ts";
import { FakeKernel } from "./support/kernel.ts";
import { Media } from "./support/media.ts";
import { share } from "./support/stage.ts";
import { firstLine, nameOf, type Step, Trace } from "./support/trace.ts";

/** Steps that follow from one another, from what comes from the kernel (empty: a person, or the microphone) on. */
interface Stretch {
  readonly comes: string;
  readonly steps: Step[];
}

/** The page's part of the walks that `docs/walks.md` describes, by their headings. `tests/test_walks.py` has the rest. */
function walksOf(text: string): Map<string, Stretch[]> {
  const walks = new Map<string, Stretch[]>();
  let stretches: Stretch[] = [];
  for (const line of text.split("\n")) {
    const comes = /^\*\w+\*(?!, meanwhile)(?: ← `([\w.]+)`)?/.exec(line);
    const step = /^\d+\. `([\w/.]+)` · `([\w.#]+)`/.exec(line);
    if (line.startsWith("## ")) {
      stretches = [];
      walks.set(line.slice(3), stretches);
    } else if (comes?.[0].startsWith("*Page*")) stretches.push({ comes: comes[1] ?? "", steps: [] });
    else if (step?.[1]?.startsWith("js/")) stretches.at(-1)?.steps.push({ file: step[1], function: step[2] ?? "" });
  }
  return walks;
}

/** The first step that does not run when the page says so, in words; null: all do. What counts is when each runs first. */
function astray(steps: readonly Step[], calls: readonly Step[]): string | null {
  let at = -1;
  for (const step of steps) {
    const next = calls.findIndex((call) => nameOf(call) === nameOf(step));
    if (next < at || next < 0) return `${nameOf(step)} ${next < 0 ? "does not run" : "runs, but not in this place"}`;
    at = next;
  }
  return null;
}

/** The whole widget, between a kernel and an engine that the test plays. */
class Ground {
  readonly engine = new FakeEngine();
  readonly media = new Media();
  readonly kernel = new FakeKernel();
  readonly life = new AbortController();
  readonly el = document.body.appendChild(document.createElement("div"));
  #calls = 0;

  constructor() {
    share();
    const { initialize, render } = widget();
    const model = this.kernel.model;
    initialize({ model, signal: this.life.signal } as never);
    render({ model, el: this.el, signal: this.life.signal } as never);
  }

  get root(): ShadowRoot {
    const root = this.el.firstElementChild?.shadowRoot;
    if (!root) throw new Error("no panel");
    return root;
  }

  async sees(text: string): Promise<void> {
    await vi.waitFor(() => expect(this.root.textContent).toContain(text), { timeout: 8000 });
  }

  async sent(type: Parameters<FakeKernel["of"]>[0], count: number): Promise<void> {
    await vi.waitFor(() => expect(this.kernel.of(type).length).toBeGreaterThanOrEqual(count), { timeout: 8000 });
  }

  press(): Promise<void> {
    this.root.querySelector<HTMLElement>(".main")?.click();
    return this.sent("call.open", 1);
  }

  async answer(): Promise<void> {
    const offer = this.kernel.of("call.open").at(-1);
    if (!offer) throw new Error("no offer");
    const sdp = offer.sdp && (await this.engine.answer(offer.sdp));
    this.#calls += 1;
    this.kernel.say({ type: "answer", request_id: offer.request_id, call: this.#calls, sdp, connect_ms: 2500 });
    await this.sent("call.peer", this.#calls);
  }

  connected(): Promise<void> {
    this.kernel.set({ connection_state: "connected", activity: "listening", call_started_at: Date.now() / 1000 });
    return this.sees("Listening");
  }

  async call(): Promise<void> {
    await this.press();
    await this.answer();
    await this.connected();
  }

  async close(): Promise<void> {
    this.life.abort();
    this.el.remove();
    this.media.restore();
    await this.engine.close();
  }
}

/** What sets one stretch going, and waits for its end. */
type Leg = readonly [comes: string, happens: (ground: Ground) => Promise<void>];

/** How the page's part of a walk is walked: what comes before it, and its stretches. */
const WAYS: Readonly<Record<string, { before: (ground: Ground) => Promise<void>; legs: readonly Leg[] }>> = {
  "A server event": {
    before: async () => {},
    legs: [
      [
        "row",
        async (ground) => {
          ground.kernel.say({ type: "row", row: row({ text: "Good morning" }) });
          await ground.sees("Good morning");
        },
      ],
    ],
  },
  "A click on Call": {
    before: async () => {},
    legs: [
      ["", (ground) => ground.press()],
      ["answer", (ground) => ground.answer()],
      ["connection_state", (ground) => ground.connected()],
    ],
  },
  "`w.voice = …`": {
    before: async () => {},
    legs: [
      [
        "voice",
        async (ground) => {
          ground.kernel.set({ voice: "cedar" });
          await ground.sees("cedar");
        },
      ],
    ],
  },
  "A microphone frame by comm": {
    before: async (ground) => {
      ground.kernel.state.transport = "comm";
      await ground.call();
    },
    legs: [["", (ground) => ground.sent("audio", ground.kernel.of("audio").length + 3)]],
  },
  "A lost call": {
    before: (ground) => ground.call(),
    legs: [
      [
        "call.offer_wanted",
        async ({ kernel, media }) => {
          const { page, talk } = kernel.of("call.open")[0] ?? { page: "", talk: "" };
          kernel.say({ type: "call.close", talk, keep_microphone: true });
          kernel.say({ type: "call.offer_wanted", page, talk, reason: "reconnect", transport: "webrtc" });
          await vi.waitFor(() => expect(kernel.of("call.open")).toHaveLength(2), { timeout: 8000 });
          expect(media.asked).toBe(1);
        },
      ],
      ["answer", (ground) => ground.answer()],
    ],
  },
};

const WALKS = walksOf(page);
const withPage = [...WALKS].filter(([, stretches]) => stretches.length > 0);

let ground: Ground | null = null;
let trace: Trace | null = null;

afterEach(async () => {
  await trace?.stop();
  await ground?.close();
  ground = trace = null;
});

test("the page has these walks", () => {
  expect(withPage.map(([title]) => title).sort()).toEqual(Object.keys(WAYS).sort());
});

test.each(withPage)("a running page goes the way of %s", async (title, stretches) => {
  const way = WAYS[title];
  expect(stretches.map(({ comes }) => comes)).toEqual(way?.legs.map(([comes]) => comes));
  ground = new Ground();
  trace = new Trace(stretches.flatMap(({ steps }) => steps));
  await trace.start();
  await way?.before(ground);
  for (const [index, [comes, happens]] of (way?.legs ?? []).entries()) {
    trace.take();
    await happens(ground);
    const wrong = astray(stretches[index]?.steps ?? [], trace.take());
    expect(wrong, `docs/walks.md, ${title}, from ${comes || "the start"} on`).toBeNull();
  }
});

describe("a step that does not come is named", () => {
  const [a, b, c] = ["one", "Two.#two", "three"].map((name) => ({ file: "js/src/a.ts", function: name })) as [
    Step,
    Step,
    Step,
  ];

  test.each([
    ["all come", [a, b, c], [a, b, c, a], null],
    ["one is missing", [a, b], [a, c], "`js/src/a.ts` · `Two.#two` does not run"],
    ["two have changed places", [a, b], [b, a, b], "`js/src/a.ts` · `Two.#two` runs, but not in this place"],
  ])("%s", (_, steps, calls, says) => expect(astray(steps, calls)).toBe(says));

  test.each([
    ["js/src/page.ts", "Page.#receives", "`js/src/page.ts` · `Page.#receives`: there is no such function"],
    ["js/src/pages.ts", "Page.#receive", "`js/src/pages.ts` · `Page.#receive`: there is no such function"],
    ["js/dev/recorded.ts", "recorded", "`js/dev/recorded.ts` · `recorded`: the page does not run this file"],
  ])("one is not there: %s, %s", async (file, name, says) => {
    trace = new Trace([{ file, function: name }]);
    await expect(trace.start()).rejects.toThrow(says);
  });
});

test("a function's body is found by its name, in its class only", () => {
  const source = [
    "export class One {",
    "  constructor() {",
    "    this.two();",
    "  }",
    "  async two(a, b = {}) {",
    "    return a;",
    "  }",
    "}",
    "class Other {",
    "  get #three() {",
    "    return 3;",
    "  }",
    "}",
    "export function four() {",
    "  const five = () => {",
    "    return 5;",
    "  };",
    "}",
  ].join("\n");
  const line = (name: string) => firstLine(source, name);
  expect(["One.two", "Other.#three", "four", "four.five", "One.constructor"].map(line)).toEqual([5, 10, 14, 15, 2]);
  expect(["One", "two", "One.#three", "Other.two", "Two.two", "four.two"].map(line)).toEqual(Array(6).fill(null));
});
