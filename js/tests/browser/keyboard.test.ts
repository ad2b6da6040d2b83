import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cdp, page, userEvent } from "vitest/browser";
import { STATES } from "../../dev/states.ts";
import type { View } from "../../src/model.gen.ts";
import { keys } from "../../src/words.ts";
import { Seen } from "./support/chains.ts";
import { button, drawn, frame, lab, nameOf, type Shown, shown } from "./support/shown.ts";

let life: AbortController;

beforeEach(() => {
  life = new AbortController();
  lab();
});
afterEach(async () => {
  life.abort();
  document.body.replaceChildren();
  await page.viewport(414, 896);
});

/** What a person sees of where the keys go: an outline, for shadows are gone in forced colours. */
function mark(one: Element): string {
  const look = getComputedStyle(one.matches("form input") ? (one.closest("form") as Element) : one);
  return look.outlineStyle === "none" || Number.parseFloat(look.outlineWidth) < 2 ? "none" : look.outlineColor;
}

/** Walk by Tab through all that can be reached; what was met, in order. */
async function walk({ root }: Shown): Promise<Element[]> {
  const met: Element[] = [];
  root.querySelector<HTMLElement>(root.querySelector("dialog[open]") ? "dialog" : ".panel")?.focus();
  for (;;) {
    await userEvent.tab();
    const at = root.activeElement;
    if (at === null || met.includes(at)) return met;
    met.push(at);
    expect(at.checkVisibility(), at.outerHTML).toBe(true);
    // A page within the page has marks of its own.
    if (at.localName !== "iframe") expect(mark(at), at.outerHTML).not.toBe("none");
    const { left, top, width, height } = at.getBoundingClientRect();
    const [x, y] = [left + width / 2, top + height / 2];
    expect([x >= 0, x <= innerWidth, y >= 0, y <= innerHeight], at.outerHTML).toEqual([true, true, true, true]);
  }
}

const within = (root: ShadowRoot) => root.querySelector("dialog[open]") ?? root;

/** All that is on and seen. */
function controls(root: ShadowRoot): string[] {
  return [...within(root).querySelectorAll<HTMLElement>("button, select, input")]
    .filter((one) => one.checkVisibility() && !one.matches(":disabled") && !one.closest("[inert]"))
    .map(nameOf);
}

const STOPS = "button, select, input, textarea, summary, iframe, a, [tabindex]";
/** States that differ in nothing that the keys come to are walked through once. */
const walked = new Seen();

test.each(Object.keys(STATES))("%s: Tab comes to all that is on, and one sees where it is", async (state) => {
  await page.viewport(800, 700);
  const panel = shown(state, life.signal);
  await drawn();
  expect(controls(panel.root).length).toBeGreaterThan(0);
  if (!walked.isNews(panel.root, STOPS)) return;
  const names = (await walk(panel)).map(nameOf);
  for (const name of controls(panel.root)) expect(names).toContain(name);
});

test.each<[View, string, string]>([
  ["panel", "events", "Settings"],
  ["panel", "push", "Settings"],
  ["panel", "events", "Events"],
  ["compact", "speaking", ""],
  ["compact", "error-denied", ""],
  ["floating", "speaking", "Voice call: Speaking"],
  ["overlay", "speaking", ""],
  ["overlay", "sound-stopped", ""],
])("%s, %s, %s: Tab comes to all that is on", async (view, state, open) => {
  await page.viewport(800, 900);
  const panel = shown(state, life.signal, view);
  if (open) button(panel.root, open).click();
  const names = (await walk(panel)).map(nameOf);
  for (const name of controls(panel.root)) expect(names).toContain(name);
});

/** A call as it may go; at each step what had the focus may go or be switched off. */
const LIFE = [
  ["idle", "asking"],
  ["asking", "connecting"],
  ["connecting", "listening-first"],
  ["listening-first", "speaking"],
  ["speaking", "interrupted"],
  ["speaking", "muted"],
  ["muted", "push"],
  ["push", "push-held"],
  ["push", "listening"],
  ["speaking", "reconnecting"],
  ["reconnecting", "error-given-up"],
  ["error-given-up", "idle"],
  ["idle", "error-denied"],
  ["idle", "consent"],
  ["consent", "declined"],
  ["consent", "connecting"],
  ["recording", "recording-failed"],
  ["sound-blocked", "listening"],
  ["microphone-gone", "listening"],
  ["speaking", "elsewhere"],
  ["elsewhere", "listening"],
  ["listening", "kernel-gone"],
  ["listening", "ended"],
  ["notice", "listening-first"],
] as const;

test.each(LIFE)("from %s to %s no focus is lost", async (before, after) => {
  for (const width of [720, 320]) {
    const panel = shown(before, life.signal);
    panel.host.style.width = `${width}px`;
    await drawn();
    const all = "button:enabled, select:enabled, input:enabled, [tabindex='0']";
    const count = panel.root.querySelectorAll(all).length;
    for (let i = 0; i < count; i++) {
      const one = panel.root.querySelectorAll<HTMLElement>(all)[i];
      if (!one?.checkVisibility() || one.closest("[inert]")) continue;
      one.focus();
      expect(panel.root.activeElement, nameOf(one)).toBe(one);
      await panel.turn(after, {}, frame);
      const now = panel.root.activeElement;
      expect(now, `${width} px ${nameOf(one)}`).not.toBeNull();
      expect(now?.matches(":disabled"), `${width} px ${nameOf(one)}`).toBe(false);
      expect(now?.checkVisibility(), `${width} px ${nameOf(one)}`).toBe(true);
      await panel.turn(before, {}, frame);
    }
    panel.cell.remove();
    panel.host.remove();
  }
});

test("when the overlay goes with its call, the keys are the bar's", async () => {
  const panel = shown("speaking", life.signal, "overlay");
  button(panel.root, "Interrupt").focus();
  await panel.turn("ended");
  expect(panel.root.querySelector("dialog")).toBeNull();
  expect(panel.root.activeElement).toBe(panel.root.querySelector(".panel"));
});

test("? tells all keys there are, over any view, and gives the focus back", async () => {
  for (const view of ["panel", "compact", "overlay"] as const) {
    const panel = shown("push", life.signal, view);
    const { root } = panel;
    const from = (root.querySelector("dialog .interrupt, dialog .hold") ?? button(root, "Hold to talk")) as HTMLElement;
    from.focus();
    await userEvent.keyboard("?");
    const help = root.querySelector<HTMLDialogElement>(".help");
    expect(help?.matches(":modal")).toBe(true);
    expect([...(help?.querySelectorAll("kbd") ?? [])].map((one) => one.textContent)).toEqual(
      Object.values(keys).map(([key]) => key),
    );
    expect(root.activeElement).toBe(help);
    await userEvent.keyboard("{Escape}");
    expect(root.querySelector(".help")).toBeNull();
    expect(root.activeElement).toBe(from);
    panel.cell.remove();
  }
  const { root } = shown("listening", life.signal);
  (root.querySelector(".panel") as HTMLElement).focus();
  await userEvent.keyboard("?");
  expect(root.querySelector(".help")?.textContent).not.toContain("Space");
  button(root, "Close the keys").click();
  expect(root.querySelector(".help")).toBeNull();
});

test("every key that the help tells of does what it says", async () => {
  const panel = shown("push", life.signal);
  const { root, acts } = panel;
  const at = root.querySelector(".panel") as HTMLElement;
  at.focus();
  await userEvent.keyboard("{ >}");
  await vi.waitFor(() => expect(acts.push).toHaveBeenLastCalledWith(true));
  await userEvent.keyboard("{/ }");
  await userEvent.keyboard("m");
  expect(acts.mute).toHaveBeenCalledWith(true);
  await userEvent.keyboard("e");
  expect(root.querySelector(".drawer")).not.toBeNull();
  await userEvent.keyboard("{Escape}");
  expect(root.querySelector(".drawer")).toBeNull();
  await userEvent.keyboard("?");
  expect(root.querySelector(".help")).not.toBeNull();
  await userEvent.keyboard("{Escape}");
  await panel.turn("speaking");
  await userEvent.keyboard("{Escape}");
  expect(acts.interrupt).toHaveBeenCalledOnce();
  root.querySelector<HTMLElement>("form input")?.focus();
  await userEvent.keyboard("hello?{Enter}");
  expect(acts.sendText).toHaveBeenCalledWith("hello?");
});

test("E opens no events that nobody would see: under the question before a call, or in what is shut", async () => {
  lab();
  const asked = shown("consent", life.signal);
  const floats = shown("listening", life.signal, "floating");
  for (const [{ root }, selector] of [
    [asked, ".panel"],
    [asked, ".consent"],
    [floats, ".float"],
  ] as const) {
    root.querySelector<HTMLElement>(selector)?.focus();
    await userEvent.keyboard("e");
    await drawn();
    expect(root.querySelector(".drawer"), selector).toBeNull();
  }
  // Nor are they there later.
  await asked.turn("idle");
  button(floats.root, /^Voice call/).click();
  await drawn();
  expect([asked, floats].map(({ root }) => root.querySelector(".drawer"))).toEqual([null, null]);
  floats.root.querySelector<HTMLElement>(".panel")?.focus();
  await userEvent.keyboard("e");
  expect(floats.root.activeElement).toBe(floats.root.querySelector(".drawer"));
});

test("E in the settings goes to the events, as their button does, whether those are open or not", async () => {
  const { root } = shown("listening", life.signal);
  const toggle = button(root, "Settings");
  for (const before of [false, true]) {
    if (before) button(root, "Events").click();
    toggle.focus();
    toggle.click();
    await userEvent.keyboard("e");
    expect([root.querySelector(".popover"), root.activeElement]).toEqual([null, root.querySelector(".drawer")]);
    await userEvent.keyboard("{Escape}");
    expect([root.querySelector(".drawer"), root.activeElement]).toEqual([null, toggle]);
  }
  toggle.click();
  root.querySelector<HTMLElement>(".popover select")?.focus();
  await userEvent.keyboard("e");
  expect([".popover", ".drawer"].map((one) => root.querySelector(one) !== null)).toEqual([true, false]);
});

interface Tools {
  send(method: string, params: object): Promise<unknown>;
}

test("a finger holds to talk as long as it is down, wherever it slides, and gets no menu", async () => {
  await page.viewport(414, 700);
  const tools = cdp() as unknown as Tools;
  await tools.send("Emulation.setTouchEmulationEnabled", { enabled: true, maxTouchPoints: 1 });
  const { root, acts } = shown("push", life.signal);
  document.body.style.height = "3000px";
  const gestures: string[] = [];
  for (const type of ["pointercancel", "pointerup"] as const) {
    document.addEventListener(type, () => gestures.push(type), { signal: life.signal, capture: true });
  }
  const frame = window.frameElement?.getBoundingClientRect();
  const box = button(root, "Hold to talk").getBoundingClientRect();
  const x = (frame?.left ?? 0) + box.left + box.width / 2;
  const y = (frame?.top ?? 0) + box.top + box.height / 2;
  const touch = (type: string, dy?: number) =>
    tools.send("Input.dispatchTouchEvent", { type, touchPoints: dy === undefined ? [] : [{ x, y: y + dy }] });
  try {
    await touch("touchStart", 0);
    await vi.waitFor(() => expect(acts.push.mock.calls).toEqual([[true]]));
    // Where a system asks after a while what to do with it.
    const menu = new MouseEvent("contextmenu", { bubbles: true, composed: true, cancelable: true });
    expect(button(root, "Hold to talk").dispatchEvent(menu)).toBe(false);
    for (const dy of [-20, -60, -120]) await touch("touchMove", dy);
    expect([acts.push.mock.calls, gestures, scrollY]).toEqual([[[true]], [], 0]);
    // Longer than a tap.
    const later = performance.now() + 300;
    const clock = vi.spyOn(performance, "now").mockReturnValue(later);
    await touch("touchEnd");
    await vi.waitFor(() => expect(acts.push.mock.calls).toEqual([[true], [false]]));
    clock.mockRestore();
    expect(gestures).toEqual(["pointerup"]);
    // What the system takes away is let go, too.
    await touch("touchStart", 0);
    await vi.waitFor(() => expect(acts.push).toHaveBeenCalledTimes(3));
    await touch("touchCancel");
    await vi.waitFor(() => expect(acts.push.mock.calls.slice(2)).toEqual([[true], [false]]));
  } finally {
    document.body.style.height = "";
    await tools.send("Emulation.setTouchEmulationEnabled", { enabled: false });
  }
});

test("Escape in the message's field interrupts, then shuts what floats, and nothing typed is lost", async () => {
  const { root, acts, turn } = shown("speaking", life.signal, "floating");
  button(root, /^Voice call/).focus();
  button(root, /^Voice call/).click();
  const panel = root.querySelector(".panel") as HTMLElement;
  const field = root.querySelector<HTMLInputElement>("form input") as HTMLInputElement;
  field.focus();
  await userEvent.keyboard("how heavy");
  // What is being composed is the input method's.
  const composing = { key: "Escape", isComposing: true, bubbles: true, composed: true, cancelable: true };
  field.dispatchEvent(new KeyboardEvent("keydown", composing));
  expect(acts.interrupt).not.toHaveBeenCalled();
  await userEvent.keyboard("{Escape}");
  expect([acts.interrupt.mock.calls.length, field.value, panel.hidden]).toEqual([1, "how heavy", false]);
  // One that is held says no more than once what it means.
  field.dispatchEvent(new KeyboardEvent("keydown", { ...composing, isComposing: false, repeat: true }));
  await turn("listening");
  field.dispatchEvent(new KeyboardEvent("keydown", { ...composing, isComposing: false, repeat: true }));
  expect([acts.interrupt.mock.calls.length, panel.hidden]).toEqual([1, false]);
  await userEvent.keyboard("{Escape}");
  expect([acts.interrupt.mock.calls.length, field.value, panel.hidden]).toEqual([1, "how heavy", true]);
  expect(root.activeElement).toBe(button(root, /^Voice call/));
});

test.each([false, true])("a held Escape does one thing: the overlay stays, with help over it: %s", async (help) => {
  const { root, acts, turn } = shown("listening", life.signal, "overlay");
  await turn("speaking");
  if (help) await userEvent.keyboard("?");
  expect(root.querySelectorAll("dialog")).toHaveLength(help ? 2 : 1);
  await userEvent.keyboard("{Escape>3/}");
  await drawn();
  expect(acts.interrupt).toHaveBeenCalledTimes(help ? 0 : 1);
  expect(root.querySelector(".help")).toBeNull();
  expect(root.querySelector<HTMLDialogElement>("dialog.overlay")?.open).toBe(true);
  // The next is another one.
  await turn("listening");
  await userEvent.keyboard("{Escape}");
  expect(root.querySelector("dialog")).toBeNull();
});

test("a list keeps its Escape", () => {
  const { root, acts } = shown("speaking", life.signal);
  const voice = root.querySelector("select") as HTMLSelectElement;
  const press = { key: "Escape", bubbles: true, composed: true, cancelable: true };
  expect(voice.dispatchEvent(new KeyboardEvent("keydown", press))).toBe(true);
  expect(acts.interrupt).not.toHaveBeenCalled();
});

test.each<View>(["panel", "overlay"])("%s: a double click on Interrupt interrupts once", async (view) => {
  const { root, acts, turn } = shown("speaking", life.signal, view);
  await turn("speaking");
  const one = button(within(root) as ShadowRoot, "Interrupt");
  for (const detail of [1, 2]) one.dispatchEvent(new MouseEvent("click", { bubbles: true, composed: true, detail }));
  expect(acts.interrupt).toHaveBeenCalledOnce();
});
