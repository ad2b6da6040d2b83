import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { recorded } from "../../dev/recorded.ts";
import { STATES } from "../../dev/states.ts";
import { mountPanel } from "../../src/view/panel.ts";
import type { PanelSource, View } from "../../src/view/source.ts";
import { button, lab } from "./support/shown.ts";

let life = new AbortController();
let view: View;

/** How many frames were asked for since the last look, and which timers run. */
let frames = 0;
const timers = new Set<unknown>();

const [frame, after, every, noMore] = [requestAnimationFrame, setTimeout, setInterval, clearTimeout];

beforeEach(() => {
  life = new AbortController();
  vi.stubGlobal("requestAnimationFrame", (run: FrameRequestCallback) => {
    frames += 1;
    return frame(run);
  });
  vi.stubGlobal("setTimeout", (run: () => void, ms?: number) => {
    const timer = after(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
    return timer;
  });
  vi.stubGlobal("setInterval", (run: () => void, ms?: number) => {
    const timer = every(run, ms);
    timers.add(timer);
    return timer;
  });
  const clear = (timer: number) => {
    timers.delete(timer);
    noMore(timer);
  };
  vi.stubGlobal("clearTimeout", clear);
  vi.stubGlobal("clearInterval", clear);
});

afterEach(() => {
  life.abort();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

function show(state: string, more: Partial<PanelSource> = {}): HTMLElement {
  const attach = (given: View) => {
    view = given;
  };
  const source = { ...recorded(STATES[state] ?? {}), attach, ...more };
  const el = document.body.appendChild(document.createElement("div"));
  mountPanel(el, source, life.signal);
  return el;
}

/** Until what observers have to say was said, and what it led to was done. */
const settled = async () => {
  await vi.waitFor(async () => {
    frames = 0;
    for (let i = 0; i < 4; i++) await new Promise(frame);
    expect([frames, timers.size]).toEqual([0, 0]);
  }, 4000);
};

async function scrolledAway(state: string, more: Partial<PanelSource> = {}): Promise<HTMLElement> {
  const el = show(state, more);
  el.style.marginTop = "9000px";
  await settled();
  return el;
}

test.each(["idle", "ended", "error-denied", "replay"])("%s: nothing runs, seen or not", async (state) => {
  // Without a call the meters have no clock.
  const el = show(state, { clock: null });
  await settled();
  el.style.marginTop = "9000px";
  await settled();
});

test("out of sight, or in a hidden tab, the lanes do not ask for frames, and go on once they are seen", async () => {
  const el = await scrolledAway("speaking", { lively: true });
  view.stir();
  expect(frames).toBe(0);
  el.style.marginTop = "0";
  await vi.waitFor(() => expect(frames).toBeGreaterThan(5));
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  document.dispatchEvent(new Event("visibilitychange"));
  await settled();
  view.stir();
  expect(frames).toBe(0);
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event("visibilitychange"));
  await vi.waitFor(() => expect(frames).toBeGreaterThan(5));
});

test("shut, what floats draws its button and nothing of the panel, and no timer runs, until it is opened", async () => {
  lab();
  const of = STATES["speaking"];
  const { traits, lanes } = recorded({ ...of, traits: { ...of?.traits, view: "floating" } });
  const heard = vi.fn(() => 2200);
  const events = vi.fn(async () => null);
  show("speaking", { traits, lanes, heard, events });
  const host = document.querySelector<HTMLElement>("[data-voice-widget]") as HTMLElement;
  const root = host.shadowRoot as ShadowRoot;
  await settled();
  heard.mockClear();
  Object.assign(traits, { assistant_speaking: false, activity: "idle" });
  view.changed();
  view.stir();
  await vi.waitFor(() => expect(root.querySelector(".float")?.ariaLabel).toBe("Voice call: Listening"), 500);
  await settled();
  expect(heard).not.toHaveBeenCalled();
  expect(root.querySelector("header .state")?.textContent).toBe("Speaking");
  const toggle = root.querySelector<HTMLElement>(".float");
  toggle?.click();
  expect(heard).toHaveBeenCalled();
  expect(root.querySelector("header .state")?.textContent).toBe("Listening");
  // Its clock goes on, and its events are asked for, until it is shut again.
  const time = () => root.querySelector("header time")?.textContent;
  const before = time();
  await vi.waitFor(() => expect(time()).not.toBe(before), 2500);
  button(root, "Events").click();
  await vi.waitFor(() => expect(events).toHaveBeenCalled());
  toggle?.click();
  await settled();
  toggle?.click();
  events.mockClear();
  await vi.waitFor(() => expect(events).toHaveBeenCalled());
});

test("the length of a call counts up only where it is seen, and is right as soon as it is", async () => {
  const began = Date.now();
  const now = vi.spyOn(Date, "now").mockReturnValue(began);
  const listening = STATES["listening"];
  const { traits } = recorded({ ...listening, traits: { ...listening?.traits, call_started_at: began / 1000 } });
  const el = await scrolledAway("listening", { traits });
  const root = el.querySelector("[data-voice-widget]")?.shadowRoot as ShadowRoot;
  const time = () => root.querySelector("header time")?.textContent;
  now.mockReturnValue(began + 5000);
  expect(time()).toBe("0:00");
  el.style.marginTop = "0";
  await vi.waitFor(() => expect(time()).toBe("0:05"), 500);
  now.mockReturnValue(began + 6000);
  await vi.waitFor(() => expect(time()).toBe("0:06"), 2000);
});

test("what waits for an answer says so in time, also where only a screen reader has it", async () => {
  const connecting = recorded(STATES["connecting"] ?? {});
  const local = { ...connecting.local, since: performance.now() - 2000 };
  const el = show("connecting", { local });
  el.style.marginTop = "9000px";
  const root = el.querySelector("[data-voice-widget]")?.shadowRoot as ShadowRoot;
  await vi.waitFor(
    () => expect(root.querySelector("[role=status]")?.textContent).toContain("waiting for the service's answer"),
    5000,
  );
});

test.each(["Settings", "Events"])(
  "with %s open nothing runs out of sight or in a hidden tab, and goes on once seen",
  async (name) => {
    const events = vi.fn(async () => null);
    const el = show("idle", { clock: null, events });
    const root = el.querySelector("[data-voice-widget]")?.shadowRoot as ShadowRoot;
    button(root, new RegExp(`^${name}`)).click();
    const runs = async (least = 1) => {
      events.mockClear();
      frames = 0;
      const counts = () => (name === "Events" ? events.mock.calls.length : frames);
      await vi.waitFor(() => expect(counts()).toBeGreaterThanOrEqual(least), 4000);
    };
    await runs(2);
    el.style.marginTop = "9000px";
    await settled();
    events.mockClear();
    view.changed();
    await settled();
    expect(events).not.toHaveBeenCalled();
    el.style.marginTop = "0";
    await runs();
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    await settled();
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event("visibilitychange"));
    await runs();
  },
);
