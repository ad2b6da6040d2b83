import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { STATES } from "../../dev/states.ts";
import type { View } from "../../src/model.gen.ts";
import { Seen } from "./support/chains.ts";
import { contrast, dress, emulate, ofControl, ofFace, ofLabel, PAGES, seenPixels } from "./support/looks.ts";
import { button, drawn, lab, nameOf, type Shown, shown } from "./support/shown.ts";

let life: AbortController;

beforeEach(async () => {
  life = new AbortController();
  await page.viewport(800, 700);
  lab();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  life.abort();
  document.body.replaceChildren();
  document.body.removeAttribute("style");
  await emulate();
  await page.viewport(414, 896);
});

const LOOKS = Object.keys(PAGES) as (keyof typeof PAGES)[];
/** Of what says where a control is, and of what is read. */
const [SEEN, READ] = [3, 4.5];

/** What a person can do there now, but what the browser draws. */
const OURS = "button:enabled, select:enabled, input:enabled:not([type=range], [type=checkbox])";

/** The controls that one sees too little of, a line each; how many there are. */
function faint(root: ShadowRoot | Element): { found: string[]; of: number } {
  const all = [...root.querySelectorAll<HTMLElement>(OURS)].filter((one) =>
    one.checkVisibility({ opacityProperty: true }),
  );
  const found = all.flatMap((one) => {
    const [edge, label] = [ofControl(one), ofLabel(one)];
    const words = one.localName !== "button" || one.textContent?.trim();
    const well = edge >= SEEN && label >= (words ? READ : SEEN);
    return well ? [] : `${one.className} ${nameOf(one)}: ${edge.toFixed(2)}, ${label.toFixed(2)}`;
  });
  return { found, of: all.length };
}

test("contrast is what WCAG says it is", () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
  expect(contrast([118, 118, 118], [255, 255, 255])).toBeCloseTo(4.54, 2);
  document.body.style.background = "#fff";
  const faded = document.body.appendChild(document.createElement("button"));
  faded.style.cssText = "color: #000; background: #fff; border: 1px solid #949494";
  expect(ofControl(faded)).toBeCloseTo(3.03, 2);
  faded.style.opacity = "0.5";
  expect(ofLabel(faded)).toBeCloseTo(3.98, 1);
  expect(ofControl(faded)).toBeLessThan(2);
});

test.each(LOOKS)("%s: in every state one sees where each control is, and reads what is on it", (look) => {
  dress(look);
  const seen = new Seen();
  for (const state of Object.keys(STATES)) {
    const { root, cell } = shown(state, life.signal);
    if (seen.isNews(root, OURS)) expect(faint(root).found, state).toEqual([]);
    cell.remove();
  }
});

test.each(LOOKS)("%s: so it is in each view, in the settings, the events and the keys", async (look) => {
  dress(look);
  const check = async ({ root, cell, host }: Shown, where = "", least = 2) => {
    const { found, of } = faint(root.querySelector("dialog[open]") ?? root);
    expect(found, where).toEqual([]);
    expect(of, where).toBeGreaterThanOrEqual(least);
    cell.remove();
    host.remove();
  };
  for (const view of ["compact", "floating", "overlay"] as const satisfies View[]) {
    for (const state of ["speaking", "push", "push-held", "muted-talking", "sound-stopped"]) {
      const panel = shown(state, life.signal, view);
      await check(panel, `${view} ${state}`, view === "floating" ? 1 : 2);
    }
  }
  for (const state of ["listening", "push"]) {
    for (const what of ["Settings", "Events"]) {
      const panel = shown(state, life.signal);
      button(panel.root, what).click();
      await check(panel, `${what} ${state}`, 8);
    }
  }
  const panel = shown("listening", life.signal);
  button(panel.root, "Settings").click();
  button(panel.root, "Keys (?)").click();
  await check(panel, "keys", 1);
});

/** So many pixels of their edges and handles are seen well at least. */
const NATIVE = { checkbox: 120, range: 500 } as const;

test.each(LOOKS)("%s: sliders and boxes are seen, set or not", async (look) => {
  dress(look);
  const { root } = shown("listening", life.signal);
  button(root, "Settings").click();
  await drawn();
  for (const [type, least] of Object.entries(NATIVE)) {
    const all = [...root.querySelectorAll<HTMLInputElement>(`input[type=${type}]`)];
    expect(all.length, type).toBeGreaterThanOrEqual(4);
    for (const one of all) {
      for (const on of [false, true]) {
        if (type === "range") one.value = on ? one.max : one.min;
        else one.checked = on;
        one.scrollIntoView({ block: "nearest" });
        await drawn();
        expect(await seenPixels(one), `${nameOf(one)} ${on}`).toBeGreaterThanOrEqual(least);
      }
    }
  }
});

test.each(LOOKS)("%s: what is off is read, too, and looks off", (look) => {
  dress(look);
  for (const state of ["replay", "waiting", "elsewhere", "idle", "kernel-gone"]) {
    const { root, cell } = shown(state, life.signal);
    const off = [...root.querySelectorAll<HTMLElement>("button:disabled")].filter((one) => one.textContent?.trim());
    const labels = off.map((one) => `${nameOf(one)}: ${ofLabel(one) >= READ || ofLabel(one).toFixed(2)}`);
    expect(labels, state).toEqual(off.map((one) => `${nameOf(one)}: true`));
    const main = root.querySelector(".main") as HTMLElement;
    expect(ofFace(main) >= SEEN, `${state} ${nameOf(main)}`).toBe(main.matches(":enabled"));
    cell.remove();
  }
});

test.each(LOOKS)(
  "%s: who wants more contrast gets it: edges and what is dim are as clear as any text",
  async (look) => {
    await emulate({ "prefers-contrast": "more" });
    dress(look);
    for (const [view, state, selectors] of [
      ["panel", "reconnecting", [".detail", ".service", "form", ".mute", ".bare"]],
      ["panel", "replay", [".detail", "time", ".gap", ".strip .plain"]],
      ["overlay", "speaking", ["dialog time", "dialog .mute", "dialog .bare"]],
    ] as const) {
      const { root, cell } = shown(state, life.signal, view);
      for (const selector of selectors) {
        const one = root.querySelector(selector) as Element;
        const clear = one.matches("form, .plain") ? ofControl(one) : ofLabel(one);
        expect(clear, `${view} ${state} ${selector}`).toBeGreaterThanOrEqual(7);
      }
      expect(faint(root).found).toEqual([]);
      cell.remove();
    }
  },
);

/** Of a pale colour, a dark one, one that neither ink is far from, one that shows what is below, and those between two. */
const ANY = [
  "gold",
  "#fff176",
  "navy",
  "#767676",
  "rgb(255 215 0 / 30%)",
  "#777",
  "#757575",
  "#f00",
  "color(display-p3 0 1 0)",
];

test.each(["light", "dark"] as const)(
  "%s: on whatever colour one gives, the words on it are read, also while it is pointed at",
  async (look) => {
    dress(look);
    for (const colour of ANY) {
      for (const [state, view, selector] of [
        ["idle", "panel", ".main"],
        ["idle", "floating", ".float"],
        ["push-held", "panel", ".hold.on"],
        ["consent", "panel", ".consent .main"],
      ] as const) {
        const { root, host, cell } = shown(state, life.signal, view, { accent: colour, user: colour });
        const one = root.querySelector(selector) as HTMLElement;
        const where = `${colour} ${selector}`;
        expect(ofLabel(one), where).toBeGreaterThanOrEqual(READ);
        if (one.matches(".main")) {
          await userEvent.hover(one);
          expect(one.matches(":hover"), where).toBe(true);
          expect(ofLabel(one), `${where}, pointed at`).toBeGreaterThanOrEqual(READ);
        }
        cell.remove();
        host.remove();
      }
    }
  },
);

/** What a colour of the system is now. */
function system(colour: string): string {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.cssText = `forced-color-adjust: none; color: ${colour}`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

test("in forced colours one sees what is on, what is off and what was not heard, with a kernel or without", async () => {
  await emulate({ "forced-colors": "active" });
  expect(matchMedia("(forced-colors: active)").matches).toBe(true);
  const of = ({ root }: Shown, selector: string) => getComputedStyle(root.querySelector(selector) as Element);
  const gone = shown("kernel-gone", life.signal);
  expect(of(gone, "header .lamp.on").backgroundColor).toBe(system("Highlight"));
  expect([of(gone, ".main").opacity, of(gone, ".main").color]).toEqual(["1", system("GrayText")]);
  const saved = shown("replay", life.signal);
  expect(of(saved, ".unheard").color).toBe(system("GrayText"));
  expect(of(saved, ".unheard").color).not.toBe(of(saved, ".said").color);
  const held = shown("push-held", life.signal);
  expect(of(held, ".hold.on").backgroundColor).toBe(system("Highlight"));
  const speaking = shown("speaking", life.signal);
  expect(of(speaking, ".now").textDecorationLine).toBe("underline");
  expect(of(speaking, ".ahead").color).toBe(system("GrayText"));
});

test("in forced colours each state has its own sign, on the shut floating button and in the overlay", async () => {
  await emulate({ "forced-colors": "active" });
  const states = [
    "listening",
    "hearing",
    "thinking",
    "speaking",
    "muted",
    "sound-stopped",
    "reconnecting",
    "push-held",
  ];
  const signs = { floating: [] as string[], overlay: [] as string[] };
  for (const view of ["floating", "overlay"] as const) {
    for (const state of [...states, ...(view === "floating" ? ["idle", "error-denied"] : [])]) {
      const { root, host, cell } = shown(state, life.signal, view);
      const one = root.querySelector(view === "overlay" ? ".orb" : ".float .lamp") as HTMLElement;
      const [icon] = [...(one.closest("button") ?? one).querySelectorAll("path")].map((path) => path.getAttribute("d"));
      signs[view].push(`${getComputedStyle(one, "::before").content} ${icon}`);
      // Its sign is within it.
      expect(one.scrollWidth, `${view} ${state}`).toBeLessThanOrEqual(one.clientWidth + 1);
      cell.remove();
      host.remove();
    }
    // Who holds the button is heard as anyone else.
    const [hearing, held] = [signs[view][1], signs[view].splice(7, 1)[0]];
    expect(held).toBe(hearing);
    expect(new Set(signs[view]).size, `${view} ${signs[view].join("; ")}`).toBe(signs[view].length);
  }
});

/** All that moves by itself, or would once it changes. */
function moving(root: ShadowRoot): string[] {
  const all = [...root.querySelectorAll("*")].filter((one) => {
    const { animationName, transitionDuration, scrollBehavior } = getComputedStyle(one);
    return animationName !== "none" || transitionDuration !== "0s" || scrollBehavior === "smooth";
  });
  return [...all.map((one) => String(one.getAttribute("class"))), ...root.getAnimations().map(String)];
}

test("who wants less motion sees none; others see what waits breathe and who speaks grow", async () => {
  const counts: number[] = [];
  for (const wish of ["no-preference", "reduce"]) {
    await emulate({ "prefers-reduced-motion": wish });
    for (const [state, view] of [
      ["connecting", "panel"],
      ["thinking", "panel"],
      ["speaking", "overlay"],
    ] as const) {
      const { root, host, cell } = shown(state, life.signal, view);
      host.style.setProperty("--level", "1");
      await drawn();
      counts.push(moving(root).length);
      const orb = root.querySelector(".orb");
      if (orb) expect(getComputedStyle(orb).transform === "none").toBe(wish === "reduce");
      cell.remove();
    }
  }
  expect(counts.slice(0, 3).map((count) => count > 0)).toEqual([true, true, true]);
  expect(counts.slice(3)).toEqual([0, 0, 0]);
});

test("who wants less motion gets a new picture of the lanes twice a second; they do not flow", async () => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "requestAnimationFrame", "cancelAnimationFrame", "performance"],
  });
  const painted = vi.spyOn(CanvasRenderingContext2D.prototype, "clearRect");
  await emulate({ "prefers-reduced-motion": "reduce" });
  shown("speaking", life.signal);
  await vi.waitFor(() => expect(painted).toHaveBeenCalled());
  /** In so many milliseconds. */
  const pictures = (ms: number) => {
    painted.mockClear();
    vi.advanceTimersByTime(ms);
    return painted.mock.calls.length;
  };
  expect(pictures(600)).toBeGreaterThan(0);
  expect(pictures(5000)).toBe(10);
  await emulate();
  pictures(600);
  expect(pictures(1000)).toBeGreaterThan(25);
});
