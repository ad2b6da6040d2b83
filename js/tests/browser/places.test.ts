import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { recorded } from "../../dev/recorded.ts";
import { STATES, type State } from "../../dev/states.ts";
import type { Colors, Traits, View } from "../../src/model.gen.ts";
import { mountPanel } from "../../src/view/panel.ts";
import type { PanelSource } from "../../src/view/source.ts";
import { ofLabel, onScreen } from "./support/looks.ts";
import { button, drawn, lab, nameOf, shown } from "./support/shown.ts";

let life: AbortController;

beforeEach(() => {
  life = new AbortController();
});
afterEach(() => {
  life.abort();
  document.body.replaceChildren();
});

/** A panel whose state changes. */
const show = (state: string, view: View, colors?: Colors) => shown(state, life.signal, view, colors);

function pressEscape(target: Element): void {
  target.dispatchEvent(
    new KeyboardEvent("keydown", { key: "Escape", bubbles: true, composed: true, cancelable: true }),
  );
}

const seen = (one: Element | null) => (one as HTMLElement | null)?.checkVisibility() ?? false;

test.each([
  [320, "speaking", "Mute"],
  [720, "speaking", "Mute"],
  [320, "typing", "Use the microphone"],
  [720, "typing", "Use the microphone"],
])(
  "compact at %i px is one bar: who may talk, hang up, interrupt and set, and nothing else: %s",
  (width, state, microphone) => {
    const { root, host } = show(state, "compact");
    host.style.width = `${width}px`;
    const panel = root.querySelector(".panel") as HTMLElement;
    expect(panel.getBoundingClientRect().height).toBeLessThan(60);
    expect([".scroll", "form"].map((one) => seen(root.querySelector(one)))).toEqual([false, false]);
    for (const name of ["Hang up", microphone, "Interrupt", "Settings"]) {
      const box = button(root, name).getBoundingClientRect();
      expect(seen(button(root, name)), name).toBe(true);
      expect(box.left, name).toBeGreaterThanOrEqual(panel.getBoundingClientRect().left);
      expect(box.right, name).toBeLessThanOrEqual(panel.getBoundingClientRect().right);
      expect(box.width, name).toBeGreaterThanOrEqual(28);
    }
    expect(seen(root.querySelector(".state"))).toBe(true);
  },
);

test("a bar without room for its Events has them in its settings, and names no lane that it does not draw", async () => {
  const { root, host } = show("events-activity", "compact");
  host.style.width = "320px";
  const reach = (name: string) =>
    [...root.querySelectorAll("button")].filter((one) => nameOf(one) === name && seen(one));
  expect(reach("Events")).toEqual([]);
  const toggle = button(root, "Settings");
  toggle.focus();
  toggle.click();
  expect(reach("Events (E)")).toHaveLength(1);
  reach("Events (E)")[0]?.click();
  await vi.waitFor(() => expect(root.querySelector(".legend")).not.toBeNull());
  expect([root.querySelector(".popover"), root.activeElement]).toEqual([null, root.querySelector(".drawer")]);
  expect(seen(root.querySelector(".legend"))).toBe(false);
  pressEscape(root.querySelector(".drawer") as Element);
  expect(root.activeElement).toBe(toggle);
  // Where there is room it is there, once.
  host.style.width = "720px";
  toggle.click();
  expect([reach("Events").length, reach("Events (E)").length]).toEqual([1, 0]);
  reach("Events")[0]?.click();
  await vi.waitFor(() => expect(seen(root.querySelector(".legend"))).toBe(true));
});

test("compact says what went wrong, under the bar", () => {
  const { root, host } = show("error-denied", "compact");
  const strip = root.querySelector(".strip") as HTMLElement;
  expect(seen(strip)).toBe(true);
  host.style.width = "320px";
  expect(strip.scrollHeight).toBeLessThanOrEqual(strip.clientHeight);
});

test.each(["compact", "overlay"].flatMap((view) => [320, 414, 720].map((width) => [view, width] as [View, number])))(
  "%s at %i px: a strip that says what to press has its word beside it, once",
  async (view, width) => {
    const { root, host, turn } = show("error-given-up", view);
    host.style.width = `${width}px`;
    const strip = root.querySelector(".strip") as HTMLElement;
    expect(strip.textContent).toContain("Press Retry");
    const panel = root.querySelector(".panel") as HTMLElement;
    const words = [...root.querySelectorAll<HTMLElement>(".main span, .strip .plain")].filter(seen);
    expect(words.map((one) => one.textContent?.trim())).toEqual(["Retry"]);
    for (const name of ["Retry", "Settings"]) {
      const box = button(root, name).getBoundingClientRect();
      expect(box.right, name).toBeLessThanOrEqual(panel.getBoundingClientRect().right);
      expect(button(root, name).scrollWidth, name).toBeLessThanOrEqual(box.width);
    }
    expect(root.querySelector(".state")?.getBoundingClientRect().width).toBeGreaterThan(40);
    await turn("idle");
    expect(seen(root.querySelector(".main span"))).toBe(width >= 480);
  },
);

test("in a frame of its own, where nothing can float over the notebook, it is the panel", () => {
  const { cell, root, host } = show("listening", "floating");
  expect(host.parentElement).toBe(cell);
  expect(seen(root.querySelector(".panel"))).toBe(true);
});

test("in a frame of its own nothing lies over the page: the overlay is the panel, too", async () => {
  const { root, turn } = show("listening", "panel");
  await turn("speaking", { view: "overlay" });
  expect([root.querySelector("dialog"), seen(root.querySelector(".scroll"))]).toEqual([null, true]);
});

test("floating leaves the cell, opens and shuts by its button and by Escape, and comes back when Python says so", async () => {
  lab();
  const { cell, root, host, turn } = show("listening", "floating");
  expect(host.parentElement).toBe(document.body);
  expect(cell.textContent).toContain("corner of the page");
  expect(getComputedStyle(host).position).toBe("fixed");
  const toggle = button(root, "Voice call: Listening");
  expect([toggle.ariaExpanded, seen(root.querySelector(".panel"))]).toEqual(["false", false]);
  toggle.focus();
  toggle.click();
  expect([toggle.ariaExpanded, seen(root.querySelector(".panel"))]).toEqual(["true", true]);
  expect(root.activeElement).toBe(root.querySelector(".panel"));
  pressEscape(root.querySelector(".panel") as Element);
  expect([seen(root.querySelector(".panel")), root.activeElement]).toEqual([false, toggle]);
  await turn("listening", { view: "panel" });
  expect([host.parentElement, cell.textContent]).toEqual([cell, ""]);
  expect(seen(root.querySelector(".panel"))).toBe(true);
  expect(root.querySelector(".float")).toBeNull();
});

test.each([
  ["panel", "floating", ".main", ".float"],
  ["floating", "panel", ".main", ".main"],
  ["floating", "panel", ".float", ".panel"],
  ["floating", "overlay", ".toggle", ".toggle"],
  ["overlay", "floating", ".main", ".float"],
  ["overlay", "panel", ".main", ".main"],
  ["panel", "overlay", "form input", ".panel"],
  ["panel", "compact", ".toggle", ".toggle"],
] as const)("from %s to %s the focus goes on: from %s to %s", async (from, to, had, has) => {
  lab();
  const { root, host, turn } = show("ended", from);
  if (from === "floating") root.querySelector<HTMLElement>(".float")?.click();
  await turn("ended");
  const control = root.querySelector<HTMLElement>(had);
  control?.focus();
  expect(root.activeElement).toBe(control);
  await turn("ended", { view: to });
  expect(document.activeElement).toBe(host);
  expect(root.activeElement).toBe(root.querySelector(has));
  // Nobody else's is taken.
  const outside = document.body.appendChild(document.createElement("button"));
  outside.focus();
  await turn("ended", { view: from });
  expect(document.activeElement).toBe(outside);
});

test.each(["panel", "floating", "compact"] as const)("an overlay that becomes %s leaves it its focus", async (to) => {
  const { root, host, turn } = show("idle", "overlay");
  await turn("listening");
  root.querySelector<HTMLElement>("dialog .main")?.focus();
  await turn("listening", { view: to });
  expect([document.activeElement, root.querySelector("dialog")]).toEqual([host, null]);
  expect(root.activeElement).toBe(root.querySelector(to === "floating" ? ".float" : ".panel"));
  await turn("listening", { view: "overlay" });
  expect(root.activeElement).toBe(root.querySelector("dialog"));
});

test.each([
  ["muted-talking", "You are muted."],
  ["microphone-gone", "The microphone was unplugged."],
  ["error-given-up", "The call was lost"],
])("shut, it says what is wrong above its button, once: %s", async (state, words) => {
  lab();
  const { root, turn } = show(state, "floating");
  const strips = () => [...root.querySelectorAll<HTMLElement>(".strip")];
  expect(strips().map((one) => [seen(one), one.textContent?.includes(words)])).toEqual([[true, true]]);
  const float = root.querySelector(".float") as HTMLElement;
  expect(strips()[0]?.getBoundingClientRect().bottom).toBeLessThan(float.getBoundingClientRect().top);
  float.click();
  await turn(state);
  expect(strips().map((one) => [seen(one), one.closest(".panel") !== null])).toEqual([[true, true]]);
  float.click();
  await turn("listening");
  expect(strips()).toEqual([]);
  expect(root.querySelector("[role=status]")?.textContent).toContain("Listening");
  expect(root.querySelector("[role=status]")?.closest("[hidden]")).toBeNull();
});

test("shut, what is asked of a person opens it, and no focus is lost to what is hidden", async () => {
  lab();
  const { root, turn } = show("microphone-silenced", "floating");
  button(root, "Open the settings").click();
  await turn("microphone-silenced");
  expect([".panel", ".popover"].map((one) => seen(root.querySelector(one)))).toEqual([true, true]);

  const asked = show("idle", "floating");
  expect(seen(asked.root.querySelector(".panel"))).toBe(false);
  await asked.turn("consent");
  await vi.waitFor(() => expect(seen(asked.root.querySelector(".consent"))).toBe(true));

  const failed = show("error-given-up", "floating");
  const told = failed.root.querySelector<HTMLElement>(".panel ~ .strip .plain");
  expect(told?.textContent?.trim()).toBe("Retry");
  told?.focus();
  await failed.turn("asking");
  expect(failed.root.activeElement).toBe(failed.root.querySelector(".float"));
  // Open, it has one of them, too.
  await failed.turn("error-given-up");
  failed.root.querySelector<HTMLElement>(".float")?.click();
  const retries = [...failed.root.querySelectorAll("button")].filter((one) => nameOf(one) === "Retry");
  expect(retries.map(({ className }) => className.trim())).toEqual(["plain main"]);
});

test.each([
  ["connecting-first", "Nobody hears you yet."],
  ["device-missing", "is not there: the default one is used."],
  ["muted-talking", "You are muted."],
])("the overlay says what the panel would: %s", async (state, words) => {
  const { root, turn } = show("idle", "overlay");
  await turn(state);
  await turn(state);
  // While a peer connects a picture may wait.
  await vi.waitFor(() => expect(root.querySelector("dialog .told")?.textContent ?? "").toContain(words));
  expect(root.querySelector("dialog [role=status].unseen")?.textContent).not.toBe("");
});

test("what floats stands beside what floats already, and in its place once that has gone", async () => {
  lab();
  const hosts = [0, 1, 2].map(() => show("listening", "floating"));
  const lefts = hosts.map(({ host, root }) => {
    const box = button(root, /^Voice call/).getBoundingClientRect();
    const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    expect(at).toBe(host);
    return box.left;
  });
  expect(lefts.map((left) => Math.round((lefts[0] ?? 0) - left))).toEqual([0, 60, 120]);
  const { turn } = hosts[1] as (typeof hosts)[number];
  await turn("listening", { view: "panel" });
  const { root } = show("listening", "floating");
  expect(button(root, /^Voice call/).getBoundingClientRect().left).toBe(lefts[1]);
});

test.each([
  [320, 568],
  [414, 896],
  [1280, 720],
])(
  "many that float on a page of %i by %i: each button is on the page, and none lies on another",
  async (width, height) => {
    lab();
    await page.viewport(width, height);
    const shown = Array.from({ length: 11 }, () => show("listening", "floating"));
    for (const [i, { root }] of shown.entries()) {
      const { left, top, right } = button(root, /^Voice call/).getBoundingClientRect();
      expect([left >= 0, right <= width, top >= 0], `button ${i}`).toEqual([true, true, true]);
    }
    const toggles = shown.map(({ root }) => button(root, /^Voice call/));
    const places = toggles.map((one) => one.getBoundingClientRect());
    expect(new Set(places.map(({ left, top }) => `${left} ${top}`)).size).toBe(11);
    // Whichever is open, all of them can be hit.
    for (const [i, toggle] of toggles.entries()) {
      toggle.click();
      const panel = shown[i]?.root.querySelector(".panel")?.getBoundingClientRect() as DOMRect;
      expect([panel.top >= 0, panel.left >= 0, panel.right <= width], `panel ${i}`).toEqual([true, true, true]);
      const hit = places.map(({ left, top }) => document.elementFromPoint(left + 26, top + 26));
      expect(hit, `panel ${i}`).toEqual(shown.map(({ host }) => host));
      toggle.click();
    }
    // Where they have gone it stands over its own.
    toggles[0]?.click();
    for (const { turn } of shown.slice(1)) await turn("listening", { view: "panel" });
    const panel = shown[0]?.root.querySelector(".panel")?.getBoundingClientRect();
    expect(panel?.bottom).toBe((places[0]?.top ?? 0) - 12);
    await page.viewport(414, 896);
  },
);

test("of two that are open the one with the keys lies above, whichever was opened first", () => {
  lab();
  const [first, second] = [show("listening", "floating"), show("listening", "floating")];
  const shown = [first, second].map(({ root }) => {
    const toggle = button(root, /^Voice call/);
    toggle.click();
    return { toggle, panel: root.querySelector<HTMLElement>(".panel") as HTMLElement };
  });
  /** Whose panel one sees, and who has the keys. */
  const above = () => {
    const box = shown[0]?.panel.getBoundingClientRect() as DOMRect;
    const seen = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return [seen, document.activeElement].map((one) =>
      one === first.host ? "first" : one === second.host ? "second" : one,
    );
  };
  expect(above()).toEqual(["second", "second"]);
  first.root.querySelector<HTMLElement>(".scroll")?.focus();
  expect(above()).toEqual(["first", "first"]);
  // Who goes back to the notebook sees what was seen last.
  (document.activeElement as HTMLElement).blur();
  expect(above()[0]).toBe("first");
  for (const { toggle } of shown) toggle.click();
  shown[1]?.toggle.click();
  shown[0]?.toggle.click();
  expect(above()).toEqual(["first", "first"]);
});

test.each([900, 700, 560])("floating on a page of %i px the talk keeps room beside the events", async (height) => {
  lab();
  await page.viewport(640, height);
  const { root, turn } = show("idle", "floating");
  button(root, /^Voice call/).click();
  button(root, "Events").click();
  await turn("idle");
  const [talk, call] = [".talk", ".main"].map((one) => root.querySelector(one)?.getBoundingClientRect());
  expect(talk?.height).toBeGreaterThan(40);
  expect(talk?.bottom).toBeLessThanOrEqual(call?.top ?? 0);
  expect(root.querySelector(".drawer")?.getBoundingClientRect().bottom).toBeLessThanOrEqual(height);
  const at = root.elementFromPoint((call?.left ?? 0) + (call?.width ?? 0) / 2, (call?.top ?? 0) + 4);
  expect(at?.closest("button")).toBe(root.querySelector(".main"));
  await page.viewport(414, 896);
});

/** Whether a person sees one, and it is not under another. */
function inSight(root: ShadowRoot, selector: string): boolean {
  const one = root.querySelector(selector) as HTMLElement;
  const { left, top, right, bottom, width, height } = one.getBoundingClientRect();
  const points = [top + 3, bottom - 3].map((y) => root.elementFromPoint(left + width / 2, y));
  const hit = points.every((at) => at !== null && (one.contains(at) || at.contains(one)) && !at.matches(".panel"));
  return hit && width >= 24 && height >= 20 && left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
}

test.each(
  [
    [640, 320],
    [640, 340],
    [640, 439],
    [320, 320],
    [320, 480],
    [320, 559],
    [414, 600],
  ].flatMap(([width, height]) =>
    ["speaking", "muted-talking", "sound-stopped", "reconnecting", "error-insecure"].map((state) => [
      width as number,
      height as number,
      state,
    ]),
  ) as [number, number, string][],
)("floating on a page of %i by %i what one presses is in sight, whatever is told: %s", async (width, height, state) => {
  lab();
  await page.viewport(width, height);
  const { root, turn } = show(state, "floating");
  button(root, /^Voice call/).click();
  await turn(state);
  const panel = root.querySelector(".panel") as HTMLElement;
  const scroll = root.querySelector(".scroll") as HTMLElement;
  const strip = root.querySelector<HTMLElement>(".strip");
  const all = [".main", ".mute", ".interrupt", "form input", "form .bare", ".toggle"];
  if (strip) all.push(...[".plain", ".bare"].filter((one) => strip.querySelector(one)).map((one) => `.strip ${one}`));
  expect(all.filter((one) => !inSight(root, one))).toEqual([]);
  expect(panel.scrollHeight).toBeLessThanOrEqual(panel.clientHeight);
  if (height >= 480) expect(scroll.clientHeight).toBeGreaterThanOrEqual(40);
  if (strip) {
    expect(strip.clientHeight).toBeGreaterThanOrEqual(24);
    // To its end.
    strip.scrollTop = strip.scrollHeight;
    const end = strip.querySelector(".message")?.getBoundingClientRect().bottom ?? 0;
    expect(end).toBeLessThanOrEqual(strip.getBoundingClientRect().bottom + 1);
  }
  await page.viewport(414, 896);
});

test("what floats goes with its cell", () => {
  lab();
  const { host } = show("listening", "floating");
  life.abort();
  expect(host.isConnected).toBe(false);
  expect(document.body.textContent).toBe("");
});

test("the overlay comes and goes with the call; Escape interrupts first, then gives the notebook back", async () => {
  const { root, acts, turn } = show("idle", "overlay");
  const dialog = () => root.querySelector("dialog");
  expect(dialog()).toBeNull();
  await turn("speaking");
  expect(dialog()?.matches(":modal")).toBe(true);
  expect(dialog()?.textContent).toContain("The Gentoo is the heaviest species.");
  expect([...(dialog()?.querySelectorAll(".chip.on") ?? [])].map((one) => one.textContent?.trim())).toEqual([
    "Assistant",
  ]);
  pressEscape(dialog() as Element);
  expect([acts.interrupt.mock.calls.length, dialog()?.open]).toEqual([1, true]);
  await turn("listening");
  pressEscape(dialog() as Element);
  expect([acts.interrupt.mock.calls.length, dialog()]).toEqual([1, null]);
  expect(acts.hangUp).not.toHaveBeenCalled();
  button(root, "Show over the page").click();
  expect(dialog()?.open).toBe(true);
  await turn("ended");
  expect(dialog()).toBeNull();
});

test.each([
  ["whose cell is scrolled away", "9000px", 800],
  ["of a narrow page", "0", 390],
])("the overlay %s follows the voice, the words and the clock", async (_, marginTop, width) => {
  lab();
  await page.viewport(width, 844);
  const { traits, ...speaking } = STATES["speaking"] as State;
  const given = recorded({ ...speaking, traits: { ...traits, view: "overlay" } });
  let heard = 2200;
  let stir = () => {};
  const attach: PanelSource["attach"] = (view) => {
    stir = view.stir;
  };
  const cell = document.body.appendChild(document.createElement("div"));
  mountPanel(cell, { ...given, attach, heard: () => heard }, life.signal);
  cell.style.marginTop = marginTop;
  const host = cell.querySelector<HTMLElement>("[data-voice-widget]") as HTMLElement;
  const root = host.shadowRoot as ShadowRoot;
  // Until observers have said what is seen.
  for (let i = 0; i < 4; i++) await drawn();
  expect(root.querySelector("canvas")?.checkVisibility()).toBe(width > 480);
  for (const [at, level, word] of [
    [1000, 0.1, " the"],
    [2200, 0.2, " average"],
  ] as const) {
    heard = at;
    given.lanes.assistant.levels.fill(level);
    stir();
    await vi.waitFor(() => {
      expect(Number(host.style.getPropertyValue("--level"))).toBeCloseTo(4 * level);
      expect(root.querySelector("dialog .now")?.textContent).toBe(word);
    }, 500);
  }
  const time = () => root.querySelector("dialog time")?.textContent;
  const before = time();
  await vi.waitFor(() => expect(time()).not.toBe(before), 2500);
});

test("a call that begins where the cell is scrolled away lies over the page at once", async () => {
  const { cell, root, turn } = show("idle", "overlay");
  cell.style.marginTop = "9000px";
  for (let i = 0; i < 4; i++) await drawn();
  await turn("listening");
  expect(root.querySelector("dialog")?.open).toBe(true);
  // What is put away there is not seen.
  pressEscape(root.querySelector("dialog") as Element);
  await turn("speaking");
  expect(root.querySelector(".state")?.textContent).toBe("Listening");
});

test("of a talk with several views one lies over the page: one Escape gives the notebook back", async () => {
  const views = [show("idle", "overlay"), show("idle", "overlay")];
  const dialogs = () => views.flatMap(({ root }) => [...root.querySelectorAll("dialog")]);
  const turn = async (state: string) => {
    for (const view of views) await view.turn(state);
  };
  await turn("listening");
  expect(dialogs()).toHaveLength(1);
  pressEscape(dialogs()[0] as Element);
  await turn("speaking");
  expect(dialogs()).toHaveLength(0);
  // Each can be put there.
  button(views[1]?.root as ShadowRoot, "Show over the page").click();
  expect(dialogs()).toHaveLength(1);
  await turn("ended");
  await turn("listening");
  expect(dialogs()).toHaveLength(1);
});

test("a view that is not seen lies over nothing", async () => {
  const { cell, root, turn } = show("idle", "overlay");
  cell.style.display = "none";
  await turn("listening");
  expect(root.querySelector("dialog")).toBeNull();
});

test("from the overlay one comes to the settings, and to nothing that it lies over", async () => {
  const { root, turn } = show("idle", "overlay");
  await turn("microphone-silenced");
  const key = new KeyboardEvent("keydown", { key: "e", bubbles: true, composed: true, cancelable: true });
  root.querySelector("dialog")?.dispatchEvent(key);
  expect([root.querySelector("dialog")?.open, root.querySelector(".drawer")]).toEqual([true, null]);
  root.querySelector<HTMLElement>("dialog .told button")?.click();
  expect(root.querySelector("dialog")).toBeNull();
  expect(root.activeElement).toBe(root.querySelector(".popover"));
});

test("another view begins shut: what floated open is no overlay without a call", async () => {
  lab();
  const { root, turn } = show("ended", "floating");
  button(root, /^Voice call/).click();
  await turn("ended", { view: "overlay" });
  expect(root.querySelector("dialog")).toBeNull();
  await turn("listening", { view: "overlay" });
  expect(root.querySelector("dialog")?.open).toBe(true);
});

test("the overlay's close button hangs up, and so does End", async () => {
  const { root, acts, turn } = show("idle", "overlay");
  await turn("speaking");
  button(root, "Close and hang up").click();
  button(root, "End").click();
  expect(acts.hangUp).toHaveBeenCalledTimes(2);
  button(root, "Back to the notebook").click();
  expect(root.querySelector("dialog")).toBeNull();
});

test("colours are those that Python gave; what the browser does not know stays as it was", async () => {
  const { root, turn } = show("listening", "panel", { user: "#00aa77", assistant: "nocolour" });
  const of = (role: string) => getComputedStyle(root.querySelector(`.names .${role}`) as Element).color;
  const usual = of("assistant");
  expect(of("user")).toBe("rgb(0, 170, 119)");
  await turn("listening", { colors: { assistant: "rebeccapurple" } });
  expect(of("assistant")).toBe("rgb(102, 51, 153)");
  expect(of("assistant")).not.toBe(usual);
  expect(of("user")).not.toBe("rgb(0, 170, 119)");
});

test.each([false, true])(
  "the accent is that of Call, the floating button, sliders, boxes and marks of the focus; dark: %s",
  async (dark) => {
    lab();
    if (dark) document.body.style.background = "#111";
    const teal = "rgb(0, 128, 128)";
    const { root, host, turn } = show("idle", "panel", { accent: "teal" });
    expect(host.hasAttribute("data-dark")).toBe(dark);
    const of = (selector: string) => getComputedStyle(root.querySelector(selector) as Element);
    expect(onScreen(of(".main").backgroundColor)).toEqual(onScreen(teal));
    (root.querySelector(".panel") as HTMLElement).focus();
    await userEvent.tab();
    expect(getComputedStyle(root.activeElement as Element).outlineColor).toBe(teal);
    root.querySelector<HTMLElement>("form input")?.focus();
    expect([of("form").outlineColor, of("form").outlineStyle]).toEqual([teal, "solid"]);
    button(root, "Settings").click();
    expect([of("[type=range]").accentColor, of("[type=checkbox]").accentColor]).toEqual([teal, teal]);
    button(root, "Settings").click();
    // What ends a call stays as red as it was.
    await turn("listening");
    const end = of(".main").backgroundColor;
    expect(onScreen(end)).not.toEqual(onScreen(teal));
    await turn("idle", { view: "floating" });
    expect(onScreen(of(".float").backgroundColor)).toEqual(onScreen(teal));
    await turn("idle", { colors: { accent: "nocolour" } });
    expect(onScreen(of(".main").backgroundColor)).not.toEqual(onScreen(teal));
    await turn("listening", { colors: {} });
    expect(of(".main").backgroundColor).toBe(end);
  },
);

test.each([
  ["recording", "Voice call: Listening, Recording", "REC"],
  ["recording-paused", "Voice call: Listening, Recording paused", "PAUSED"],
  ["recording-following", "Voice call: Following a call, Recording text", "REC"],
  ["recording-failed", "Voice call: Listening, Not recorded", undefined],
  ["recording-idle", "Voice call: Ready, Will be recorded", undefined],
  ["listening", "Voice call: Listening", undefined],
])("%s: a shut floating button says whether one is recorded, by its name and a badge", async (state, name, badge) => {
  lab();
  const { root, turn } = show("idle", "floating");
  await turn(state);
  expect(button(root, name).title).toBe(name);
  const mark = root.querySelector<HTMLElement>(".float .badge");
  expect([mark?.dataset["says"], seen(mark)]).toEqual([badge, badge !== undefined]);
  // What begins while nobody looks at the button is read aloud.
  const [, , more = ""] = name.split(/(, )/);
  const status = root.querySelector("[role=status].unseen")?.textContent;
  expect(status?.endsWith(more)).toBe(true);
  if (mark) {
    const [box, float] = [mark, root.querySelector(".float") as Element].map((one) => one.getBoundingClientRect());
    expect(box?.left).toBeGreaterThanOrEqual(float?.left ?? 0);
    expect(box?.right).toBeLessThanOrEqual((float?.right ?? 0) + 0.5);
    expect(box?.bottom).toBeLessThanOrEqual(innerHeight);
    // It is drawn, and read.
    expect(box?.width).toBeGreaterThan(20);
    expect(ofLabel(mark)).toBeGreaterThanOrEqual(4.5);
  }
});

test("the overlay shows that one is recorded, and has Pause and Resume", async () => {
  const { root, acts, turn } = show("listening", "overlay");
  const over = (selector: string) => root.querySelector<HTMLElement>(`dialog ${selector}`);
  expect([over(".mark .lamp"), over(".pause")]).toEqual([null, null]);
  await turn("recording");
  expect([over(".mark")?.textContent?.trim(), seen(over(".mark .lamp.on"))]).toEqual(["Recording", true]);
  over(".pause")?.click();
  await turn("recording-paused");
  expect([over(".mark")?.textContent?.trim(), seen(over(".mark .lamp:not(.on)"))]).toEqual(["Recording paused", true]);
  expect(nameOf(over(".pause") as Element)).toBe("Resume recording");
  over(".pause")?.click();
  expect(acts.pauseRecording.mock.calls).toEqual([[true], [false]]);
});

test("the overlay shows how much has loaded, as the panel does", async () => {
  const { root, turn } = show("loading", "overlay");
  const bar = () => root.querySelector<HTMLProgressElement>("dialog .told progress");
  expect([bar()?.value, bar()?.ariaLabel, seen(bar())]).toEqual([0.4, "Loading kokoro.", true]);
  const state = STATES["loading"];
  const notice = { ...state?.traits?.notice, progress: null } as NonNullable<Traits["notice"]>;
  const until = () => vi.waitFor(() => expect(bar()?.position).toBe(-1));
  await turn({ ...state, traits: { ...state?.traits, notice } }, {}, until);
  await turn("session-ending");
  expect([root.querySelector("dialog .told strong")?.textContent?.startsWith("This session ends"), bar()]).toEqual([
    true,
    null,
  ]);
});
