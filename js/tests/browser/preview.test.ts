import { afterEach, expect, test, vi } from "vitest";
import { mountPanel } from "../../src/view/panel.ts";
import * as words from "../../src/words.ts";
import { soundOf, useExtras } from "./support/extras.ts";
import { useStage } from "./support/stage.ts";

const SECOND = "Fake Audio Input 2";

useExtras();
const stage = useStage();
let life = new AbortController();
afterEach(() => {
  life.abort();
  life = new AbortController();
  document.body.replaceChildren();
});

/** What the browser says of the permission; a test turns it. */
class Permission extends EventTarget {
  constructor(public state: PermissionState) {
    super();
  }

  turn(state: PermissionState): void {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}

function permit(state: PermissionState): Permission {
  const permission = new Permission(state);
  vi.spyOn(navigator.permissions, "query").mockImplementation(async () => permission as never);
  return permission;
}

function mount(): { el: HTMLElement; root: ShadowRoot; toggle: () => void; level: () => number; live: () => string[] } {
  const el = document.body.appendChild(document.createElement("div"));
  mountPanel(el, stage.now.page, life.signal);
  const root = el.querySelector("[data-voice-widget]")?.shadowRoot as ShadowRoot;
  return {
    el,
    root,
    toggle: () => root.querySelector<HTMLElement>(".toggle")?.click(),
    level: () => root.querySelector("meter")?.value ?? 0,
    live: () => stage.now.media.tracks.filter(({ readyState }) => readyState === "live").map(({ label }) => label),
  };
}

test("where the microphone is allowed its level moves while the settings are open, and no longer", async () => {
  permit("granted");
  const { kernel, page } = stage.now;
  const { root, toggle, level, live } = mount();
  expect(stage.now.media.asked).toBe(0);
  toggle();
  await vi.waitFor(() => expect(level()).toBeGreaterThan(0.1));
  const meter = root.querySelector("meter");
  expect([meter?.getAttribute("aria-label"), stage.now.media.asked]).toEqual([words.soundLevel, 1]);
  // Another one is chosen: that one.
  soundOf(page).choose({ microphone: SECOND });
  await vi.waitFor(() => expect(live()).toEqual([SECOND, SECOND]));
  await vi.waitFor(() => expect(level()).toBeGreaterThan(0.1));
  soundOf(page).choose({ gain: 0 });
  await vi.waitFor(() => expect(level()).toBe(0));
  toggle();
  await vi.waitFor(() => expect(live()).toEqual([]));
  expect(kernel.sent.map(({ type }) => type).filter((type) => type !== "devices")).toEqual(["hello"]);
  // Opened again it looks again.
  toggle();
  await vi.waitFor(() => expect(live()).toHaveLength(2));
});

test.each(["prompt", "denied"] as const)("where that is %s nobody is asked", async (state) => {
  const permission = permit(state);
  const { root, toggle, live } = mount();
  toggle();
  await vi.waitFor(() => expect(root.querySelectorAll(".device option").length).toBeGreaterThan(4));
  const frame = () => new Promise(requestAnimationFrame);
  for (let i = 0; i < 5; i++) await frame();
  expect(stage.now.media.asked).toBe(0);
  // Allowed meanwhile, it is; and forbidden again, it is no more.
  permission.turn("granted");
  await vi.waitFor(() => expect(live()).toHaveLength(2));
  permission.turn("denied");
  await vi.waitFor(() => expect(live()).toEqual([]));
});

test("nobody is asked where consent is still to be given", async () => {
  permit("granted");
  stage.now.kernel.set({ consent: { text: "May we?", answer: "", at: null } as never });
  const { root, toggle, live } = mount();
  toggle();
  await vi.waitFor(() => expect(root.querySelectorAll(".device option").length).toBeGreaterThan(4));
  expect(stage.now.media.asked).toBe(0);
  stage.now.kernel.set({ consent: { text: "May we?", answer: "agreed", at: "now" } as never });
  await vi.waitFor(() => expect(live()).toHaveLength(2));
});

test("a call has the microphone for itself, and a page that is hidden has none", async () => {
  permit("granted");
  const { toggle, level, live } = mount();
  toggle();
  await vi.waitFor(() => expect(live()).toHaveLength(2));
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  document.dispatchEvent(new Event("visibilitychange"));
  expect(live()).toEqual([]);
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event("visibilitychange"));
  await vi.waitFor(() => expect(live()).toHaveLength(2));
  await stage.now.call();
  await vi.waitFor(() => expect(live()).toHaveLength(2));
  await vi.waitFor(() => expect(level()).toBeGreaterThan(0.1));
  stage.now.page.hangUp();
  await vi.waitFor(() => expect(live()).toHaveLength(2));
  life.abort();
  expect(live()).toEqual([]);
});

test("in a panel that is put away with its settings open there is none", async () => {
  permit("granted");
  const { root, toggle, live } = mount();
  toggle();
  await vi.waitFor(() => expect(live()).toHaveLength(2));
  (root.querySelector(".panel") as HTMLElement).hidden = true;
  await vi.waitFor(() => expect(live()).toEqual([]));
});

test("scrolled away with its settings open it has none, and has one again once it is seen", async () => {
  permit("granted");
  const { el, toggle, live } = mount();
  toggle();
  await vi.waitFor(() => expect(live()).toHaveLength(2));
  el.style.marginTop = "9000px";
  await vi.waitFor(() => expect(live()).toEqual([]), 2000);
  el.style.marginTop = "0";
  await vi.waitFor(() => expect(live()).toHaveLength(2));
});

test("two views with their settings open have one between them, until the last of them is shut", async () => {
  permit("granted");
  const [first, second] = [mount(), mount()];
  first.toggle();
  second.toggle();
  await vi.waitFor(() => expect(Math.min(first.level(), second.level())).toBeGreaterThan(0.1));
  expect([stage.now.media.asked, first.live().length]).toEqual([1, 2]);
  first.toggle();
  await vi.waitFor(() => expect(first.root.querySelector(".popover")).toBeNull());
  const frame = () => new Promise(requestAnimationFrame);
  for (let i = 0; i < 5; i++) await frame();
  expect([stage.now.media.asked, first.live().length]).toEqual([1, 2]);
  second.toggle();
  await vi.waitFor(() => expect(first.live()).toEqual([]));
});

test("one that cannot be had is named beside the level, and another one is tried", async () => {
  permit("granted");
  const { media, page } = stage.now;
  media.answer = async () => {
    throw new DOMException("in use", "NotReadableError");
  };
  const { root, toggle, live } = mount();
  toggle();
  const status = () => root.querySelector('.sound [role="status"]')?.textContent;
  await vi.waitFor(() => expect(status()).toBe(words.soundFailures["microphone_busy"]));
  expect(media.asked).toBe(1);
  media.answer = null;
  soundOf(page).choose({ microphone: SECOND });
  await vi.waitFor(() => expect(live()).toEqual([SECOND, SECOND]));
  await vi.waitFor(() => expect(status()).toBe(""));
});

test("what comes and goes while the settings are open is listed, and looked at, though the browser says nothing", async () => {
  permit("granted");
  const { mediaDevices } = navigator;
  const real = mediaDevices.enumerateDevices.bind(mediaDevices);
  const listed = (gone: string) =>
    vi.spyOn(mediaDevices, "enumerateDevices").mockImplementation(async () => {
      return (await real()).filter(({ label }) => label !== gone);
    });
  listed(SECOND);
  mediaDevices.dispatchEvent(new Event("devicechange"));
  const names = () => soundOf(stage.now.page).devices.devices.all.map(({ label }) => label);
  await vi.waitFor(() => expect(names()).not.toContain(SECOND));
  listed("");
  const { root, toggle, live } = mount();
  const options = () => [...root.querySelectorAll<HTMLOptionElement>(".device option")].map(({ value }) => value);
  toggle();
  await vi.waitFor(() => expect(options()).toContain(SECOND));
  soundOf(stage.now.page).choose({ microphone: SECOND });
  await vi.waitFor(() => expect(live()).toEqual([SECOND, SECOND]));
  listed(SECOND);
  await vi.waitFor(() => expect(live()).toEqual(["Fake Default Audio Input", "Fake Default Audio Input"]));
});
