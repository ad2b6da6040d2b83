import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EVENTS } from "../../dev/events.ts";
import extras from "../../src/extras.ts";
import { given } from "../../src/given.ts";
import type { EventsMessage } from "../../src/model.gen.ts";
import { mountPanel } from "../../src/view/panel.ts";
import { row } from "../unit/rows.ts";
import { useStage } from "./support/stage.ts";

const SHARED = Symbol.for("voice_widget.extras");
const MANY = 20_000;
const stage = useStage();

beforeEach(() => Reflect.set(globalThis, SHARED, { extras: extras(given) }));
afterEach(() => {
  Reflect.deleteProperty(globalThis, SHARED);
  document.body.replaceChildren();
});

/** A panel whose kernel has these events, and answers with so many at a time. */
function panel(of: Pick<EventsMessage, "lines" | "total" | "voice_activity"> = EVENTS, atOnce = 500): ShadowRoot {
  const { kernel, page, life } = stage.now;
  const lines = of.lines.split("\n");
  const { voice_activity } = of;
  kernel.onMessage = (message) => {
    if (message.type !== "events.wanted") return;
    const { after: first, request_id } = message;
    const next = Math.min(of.total, first + atOnce);
    const some = lines.slice(2 * first, 2 * next).join("\n");
    queueMicrotask(() =>
      kernel.say({
        type: "events",
        request_id,
        edition: 0,
        first,
        next,
        total: of.total,
        lines: some,
        voice_activity,
      }),
    );
  };
  const el = document.body.appendChild(document.createElement("div"));
  mountPanel(el, page, life.signal);
  return el.querySelector("[data-voice-widget]")?.shadowRoot as ShadowRoot;
}

function button(root: ShadowRoot, name: string): HTMLButtonElement {
  const named = (one: Element) => (one.getAttribute("aria-label") ?? one.textContent ?? "").trim() === name;
  const found = [...root.querySelectorAll("button")].find(named);
  if (!found) throw new Error(`no button "${name}"`);
  return found;
}

function press(root: ShadowRoot, key: string): void {
  const target = root.activeElement ?? root.querySelector(".panel");
  target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
}

function list(root: ShadowRoot): HTMLElement {
  return root.querySelector("[role=tree]") as HTMLElement;
}

function types(root: ShadowRoot): string[] {
  return [...root.querySelectorAll(".event .type")].map((one) => one.textContent ?? "");
}

function chosen(root: ShadowRoot): string | undefined {
  return root.querySelector("[aria-selected=true] .type")?.textContent ?? undefined;
}

async function opened(root: ShadowRoot): Promise<ShadowRoot> {
  root.querySelector<HTMLElement>(".main")?.focus();
  press(root, "e");
  await vi.waitFor(() => expect(types(root)).not.toEqual([]));
  list(root).focus();
  return root;
}

const sent = () => stage.now.kernel.of("events.wanted").length;

test("while the drawer is shut the kernel is asked for nothing, and afterwards no more", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const root = panel();
  expect(sent()).toBe(0);
  await opened(root);
  vi.advanceTimersByTime(2000);
  await vi.waitFor(() => expect(sent()).toBe(2));
  press(root, "Escape");
  expect([root.querySelector(".drawer"), root.activeElement?.classList.contains("main")]).toEqual([null, true]);
  vi.advanceTimersByTime(60_000);
  expect(sent()).toBe(2);
});

test("of the probability of speech the kernel is asked for what is new", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const piece = { at: Date.now() / 1000, audio_start_ms: 0, step_ms: 32, probabilities: [0.25, 0.75] };
  const root = await opened(panel({ ...EVENTS, voice_activity: { next: 7, pieces: [piece] } }));
  expect(root.querySelector(".likely")).not.toBeNull();
  vi.advanceTimersByTime(2000);
  await vi.waitFor(() => expect(sent()).toBe(2));
  const asked = stage.now.kernel.of("events.wanted").map(({ activity_after }) => activity_after);
  expect(asked).toEqual([0, 7]);
});

test("events have their time, their way, what they say, and errors their colour; deltas are folded", async () => {
  const root = await opened(panel());
  const rows = [...root.querySelectorAll(".event")].map((one) =>
    [...one.children].map((part) => part.textContent?.trim()).join("|"),
  );
  expect(rows).toContain("0:11.420|←|error||There is no active response to cancel.");
  expect(rows).toContain("0:11.400|→|response.cancel||");
  expect(rows.find((one) => one.includes("output_audio_transcript.delta"))).toMatch(
    /^0:06\.000\|←\|response\.output_audio_transcript\.delta\|… × 13\|Biscoe has one hundred/,
  );
  const failed = root.querySelector(".failed .type") as Element;
  expect(getComputedStyle(failed).color).not.toBe(getComputedStyle(list(root)).color);
  expect(root.querySelector(".remarks")?.textContent).toContain("40 events");
});

test("by keyboard: arrows move, Enter unfolds, and folds again", async () => {
  const root = await opened(panel());
  press(root, "End");
  await vi.waitFor(() => expect(chosen(root)).toBe("error"));
  for (const _ of "1234") press(root, "ArrowUp");
  await vi.waitFor(() => expect(chosen(root)).toBe("response.output_audio.delta"));
  expect(root.getElementById(list(root).getAttribute("aria-activedescendant") ?? "")).toBe(
    root.querySelector("[aria-selected=true]"),
  );
  press(root, "ArrowRight");
  await vi.waitFor(() => expect(root.querySelector("[aria-selected=true][aria-expanded=true]")).not.toBeNull());
  press(root, "ArrowRight");
  press(root, "ArrowDown");
  await vi.waitFor(() => expect(root.querySelector("[aria-selected=true].inside")).not.toBeNull());
  press(root, "Enter");
  await vi.waitFor(() => expect(root.querySelector("pre")?.textContent).toContain('"item_id": "item_2"'));
  press(root, "Enter");
  await vi.waitFor(() => expect(root.querySelector("pre")).toBeNull());
  press(root, "ArrowUp");
  await vi.waitFor(() => expect(root.querySelector("[aria-selected=true][aria-level='1']")).not.toBeNull());
  press(root, "Enter");
  await vi.waitFor(() => expect(root.querySelector(".inside")).toBeNull());
});

test("what was found can be copied, alone and all of it", async () => {
  const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
  const root = await opened(panel());
  const search = root.querySelector("[type=search]") as HTMLInputElement;
  search.value = "total_tokens";
  search.dispatchEvent(new Event("input"));
  await vi.waitFor(() => expect(types(root)).toEqual(["response.done"]));
  expect(root.querySelector(".remarks")?.textContent).toContain("1 of 40 events");
  root.querySelector<HTMLElement>(".event")?.click();
  await vi.waitFor(() => expect(root.querySelector("pre")).not.toBeNull());
  button(root, "Copy as JSON").click();
  expect(JSON.parse(write.mock.lastCall?.[0] ?? "")).toMatchObject({
    type: "response.done",
    response: { id: "resp_1" },
  });
  await vi.waitFor(() => button(root, "Copied"));
  button(root, "Copy").click();
  expect(JSON.parse(write.mock.lastCall?.[0] ?? "")).toHaveLength(1);
});

test("where the browser refuses to copy, that is said", async () => {
  vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("not allowed"));
  vi.spyOn(document, "execCommand").mockReturnValue(false);
  const root = await opened(panel());
  button(root, "Copy").click();
  await vi.waitFor(() => button(root, "The browser forbids copying"));
  root.querySelector<HTMLElement>(".event")?.click();
  await vi.waitFor(() => expect(root.querySelector("pre")).not.toBeNull());
  button(root, "Copy as JSON").click();
  await vi.waitFor(() => expect(root.querySelector(".json button")?.textContent).toBe("The browser forbids copying"));
});

test("a row of the transcript leads to its events, and to no others", async () => {
  const root = panel();
  expect(root.querySelector(".aside")).toBeNull();
  const { kernel, page } = stage.now;
  kernel.say({
    type: "snapshot",
    page: page.id,
    rows: [row({ item_id: "item_1", text: "how many", status: "completed" })],
  });
  await opened(root);
  button(root, "Events of this turn").click();
  await vi.waitFor(() => expect(root.querySelector(".remarks")?.textContent).toContain("4 of 40 events"));
  expect([types(root)[0], chosen(root)]).toEqual(Array(2).fill("input_audio_buffer.speech_started"));
  expect(root.activeElement).toBe(list(root));
  button(root, "One turn").click();
  await vi.waitFor(() => expect(root.querySelector(".remarks")?.textContent).toContain("40 events"));
});

test("paused, it asks for no more until it goes on", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const root = await opened(panel());
  button(root, "Pause").click();
  vi.advanceTimersByTime(60_000);
  await vi.waitFor(() => button(root, "Go on"));
  const before = sent();
  vi.advanceTimersByTime(60_000);
  expect(sent()).toBe(before);
  button(root, "Go on").click();
  expect(sent()).toBe(before + 1);
});

test("twenty thousand events are asked for piece by piece, and only those in sight are drawn", async () => {
  const one = (i: number) => [
    JSON.stringify([i / 10, "received", "rate_limits.updated", "rtc_1", [], `n ${i}`, false]),
    JSON.stringify({ type: "rate_limits.updated", i }),
  ];
  const lines = Array.from({ length: MANY }, (_, i) => one(i)).flat();
  const long: number[] = [];
  const observer = new PerformanceObserver((entries) => {
    long.push(...entries.getEntries().map((entry) => entry.duration));
  });
  observer.observe({ entryTypes: ["longtask"] });
  const root = panel({ lines: lines.join("\n"), total: MANY, voice_activity: null });
  await opened(root);
  await vi.waitFor(() => expect(root.querySelector(".remarks")?.textContent).toContain("20000 events"), {
    timeout: 15_000,
  });
  expect(sent()).toBeGreaterThanOrEqual(MANY / 500);
  expect(root.querySelectorAll(".event").length).toBeLessThan(60);
  expect(root.querySelector(".event:last-child .summary")?.textContent).toBe("n 19999");
  press(root, "Home");
  await vi.waitFor(() => expect(chosen(root)).toBe("rate_limits.updated"));
  await vi.waitFor(() => expect(root.querySelector(".event .summary")?.textContent).toBe("n 0"));
  observer.disconnect();
  expect(Math.max(0, ...long)).toBeLessThan(500);
});

test("a kernel that does not answer is named, and asked again", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const root = await opened(panel());
  stage.now.kernel.onMessage = () => {};
  vi.advanceTimersByTime(1500);
  await vi.waitFor(() => expect(sent()).toBe(2));
  vi.advanceTimersByTime(5000);
  await vi.waitFor(() => expect(root.querySelector(".remarks")?.textContent).toContain("The kernel is busy"));
  vi.advanceTimersByTime(1500);
  await vi.waitFor(() => expect(sent()).toBe(3));
});

test.each([320, 720])("at %s px nothing is cut off, and every control has a name", async (width) => {
  const root = panel();
  document.body.style.width = `${width}px`;
  await opened(root);
  root.querySelector<HTMLElement>(".event")?.click();
  await vi.waitFor(() => expect(root.querySelector("pre")).not.toBeNull());
  const drawer = root.querySelector(".drawer") as HTMLElement;
  expect(drawer.scrollWidth).toBeLessThanOrEqual(drawer.clientWidth);
  for (const control of drawer.querySelectorAll("button, select, input, [role=tree], [role=region]")) {
    expect((control.getAttribute("aria-label") ?? control.textContent ?? "").trim()).not.toBe("");
  }
  document.body.style.width = "";
});
