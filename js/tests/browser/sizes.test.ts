import { afterEach, beforeEach, expect, test } from "vitest";
import { cdp, page } from "vitest/browser";
import { STATES } from "../../dev/states.ts";
import { button, drawn, lab, nameOf, type Shown, shown } from "./support/shown.ts";

let life: AbortController;

beforeEach(() => {
  life = new AbortController();
  lab();
});
afterEach(async () => {
  life.abort();
  document.body.replaceChildren();
  document.documentElement.style.cssText = "";
  await touch(false);
  await page.viewport(414, 896);
});

interface Tools {
  send(method: string, params: object): Promise<unknown>;
}

/** A screen for fingers, or not. */
async function touch(enabled: boolean): Promise<void> {
  await (cdp() as unknown as Tools).send("Emulation.setTouchEmulationEnabled", { enabled, maxTouchPoints: 1 });
}

/** What WCAG 2.2 asks for, and what a finger wants. */
const [LEAST, FINGER] = [24, 44];

const whole = (root: ShadowRoot) => root.querySelector("dialog") ?? root.querySelector(".panel");

/** All that a person cannot reach, hit or read there, a line each. */
function faults(root: ShadowRoot, least = LEAST, within: Element | null = whole(root)): string[] {
  const found: string[] = [];
  if (!within) throw new Error("nothing is open");
  const frame = within.getBoundingClientRect();
  for (const one of within.querySelectorAll<HTMLElement>(
    "button, select, input, textarea, summary, .state, .message",
  )) {
    if (!one.checkVisibility() || one.closest("[inert]")) continue;
    one.scrollIntoView({ block: "nearest" });
    const box = one.getBoundingClientRect();
    const name = `${one.localName}.${one.className} ${nameOf(one).slice(0, 40)}`;
    if (box.left < frame.left - 0.5 || box.right > frame.right + 0.5) found.push(`outside: ${name}`);
    if (box.bottom > frame.bottom + 0.5 && within instanceof HTMLDialogElement) found.push(`below: ${name}`);
    if (
      one.localName !== "input" &&
      one.localName !== "select" &&
      one.scrollWidth > one.clientWidth + 1 &&
      one.clientWidth > 0
    ) {
      found.push(`cut: ${name}`);
    }
    if (!one.matches("button, select, input, textarea, summary")) continue;
    // Of a box or a slider the label is the target, too.
    const { width, height } = (one.closest("label") ?? one.closest("form") ?? one).getBoundingClientRect();
    const own = one.matches("select, button") ? one.getBoundingClientRect() : { width, height };
    if (Math.min(own.width, own.height) < least - 0.5) {
      found.push(`small: ${name} ${Math.round(own.width)} x ${Math.round(own.height)}`);
    }
    const at = root.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (!(at && (one.contains(at) || at.contains(one)))) found.push(`covered: ${name} by ${at?.className}`);
  }
  return found;
}

/** Of the panel itself: a cut word is said by the whole state elsewhere only. */
async function at(width: number, { host }: Shown): Promise<void> {
  host.style.width = `${width}px`;
  await drawn();
}

const WIDTHS = [150, 200, 240, 320, 439, 600, 720];

test.each(Object.keys(STATES))("%s: at any width, all can be reached, hit and read", async (state) => {
  await page.viewport(800, 1200);
  const panel = shown(state, life.signal);
  for (const width of WIDTHS) {
    await at(width, panel);
    expect(faults(panel.root), `${width} px`).toEqual([]);
    const detail = panel.root.querySelector(".detail");
    // Half a pixel is none.
    if (width >= 320) expect(detail?.scrollWidth, `${width} px`).toBeLessThanOrEqual((detail?.clientWidth ?? 0) + 1);
  }
});

test.each([
  ["Settings", ".popover"],
  ["Events", ".panel"],
])("%s: at any width, all can be reached, hit and read", async (what, where) => {
  await page.viewport(800, 1200);
  for (const state of ["events", "push"]) {
    const panel = shown(state, life.signal);
    button(panel.root, what).click();
    for (const width of WIDTHS) {
      await at(width, panel);
      expect(faults(panel.root, LEAST, panel.root.querySelector(where)), `${state} ${width} px`).toEqual([]);
    }
    panel.cell.remove();
  }
});

/** Each row's time, speaker and gap, as they are seen: what cannot be read, a line each. */
function unread(root: ShadowRoot): string[] {
  const scroll = root.querySelector(".scroll") as HTMLElement;
  const found = scroll.scrollWidth > scroll.clientWidth ? ["the rows overflow"] : [];
  for (const row of root.querySelectorAll<HTMLElement>(".row")) {
    const [time, role, text] = ["time", ".role", ".text"].map((one) => row.querySelector<HTMLElement>(one));
    if (!(time && role && text)) continue;
    const spans = [time, role, ...row.querySelectorAll<HTMLElement>(".gap")].map((one) => {
      const range = document.createRange();
      range.selectNodeContents(one);
      return { name: one.textContent, seen: one.checkVisibility(), ...range.getBoundingClientRect().toJSON() };
    });
    for (const [i, { name, seen, right, top, bottom }] of spans.entries()) {
      const next = spans[i + 1];
      if (!seen || right === 0) found.push(`not seen: ${name}`);
      // On one line, one after the other, and not in each other.
      if (next && (next.left < right + 4 || next.top > bottom || next.bottom < top))
        found.push(`${name} in ${next.name}`);
    }
    const [, who] = spans;
    const words = text.getBoundingClientRect();
    if (words.left < who.right && words.top < who.bottom - 4) found.push(`${who.name} in its words`);
  }
  return found;
}

/** Of a call that has gone on for more than an hour. */
function long(root: ShadowRoot): void {
  for (const time of root.querySelectorAll(".row time")) time.textContent = `1:02:${time.textContent?.slice(-2)}`;
}

test.each([320, 360, 439, 440, 599, 600, 720])("at %i px each row has its time and its gap", async (width) => {
  await page.viewport(800, 700);
  for (const state of ["speaking", "interrupted", "typing-talk"]) {
    const panel = shown(state, life.signal);
    await at(width, panel);
    expect(panel.root.querySelectorAll(".row time:not(:empty)").length, state).toBeGreaterThan(1);
    expect(unread(panel.root), state).toEqual([]);
    long(panel.root);
    expect(unread(panel.root), `${state}, after an hour`).toEqual([]);
    panel.cell.remove();
  }
});

test.each([320, 1280])("floating on a page of %i px each row has its time and its gap", async (width) => {
  await page.viewport(width, 700);
  const { root } = shown("speaking", life.signal, "floating");
  root.querySelector<HTMLElement>(".float")?.click();
  await drawn();
  expect(root.querySelectorAll(".row .gap").length).toBeGreaterThan(0);
  expect(unread(root)).toEqual([]);
});

const IN_CALL = ["speaking", "push-held", "muted-talking", "reconnecting", "sound-stopped", "recording-paused"];

test("compact: at any width, all can be reached, hit and read", async () => {
  await page.viewport(800, 1200);
  for (const state of [...IN_CALL, "idle", "error-denied", "consent", "replay"]) {
    const panel = shown(state, life.signal, "compact");
    for (const width of WIDTHS) {
      await at(width, panel);
      expect(faults(panel.root), `${state} ${width} px`).toEqual([]);
    }
    panel.cell.remove();
  }
});

test.each([
  [1280, 720],
  [640, 360],
  [390, 844],
  [320, 568],
  [320, 256],
  [160, 360],
])("overlay and floating on a page of %i by %i", async (width, height) => {
  await page.viewport(width, height);
  for (const view of ["overlay", "floating"] as const) {
    for (const state of IN_CALL) {
      const panel = shown(state, life.signal, view);
      panel.root.querySelector<HTMLElement>(".float")?.click();
      await drawn();
      expect(faults(panel.root), `${view} ${state}`).toEqual([]);
      const box = (panel.root.querySelector("dialog") ?? panel.root.querySelector(".panel"))?.getBoundingClientRect();
      expect(box?.top, `${view} ${state}`).toBeGreaterThanOrEqual(0);
      life.abort();
      life = new AbortController();
      panel.cell.remove();
    }
  }
});

test("text at twice its size: all can be reached, hit and read", async () => {
  await page.viewport(800, 1600);
  for (const view of ["panel", "compact"] as const) {
    for (const state of ["idle", "asking", "error-denied", "ended", "recording-paused", ...IN_CALL]) {
      const panel = shown(state, life.signal, view);
      panel.host.style.setProperty("zoom", "2");
      for (const width of [320, 640, 760]) {
        await at(width / 2, panel);
        expect(faults(panel.root, 2 * LEAST), `${view} ${state} ${width} px`).toEqual([]);
      }
      panel.cell.remove();
    }
  }
});

/** Of what stands in the rows: targets of which one lies over the other. */
function overlaid(root: ShadowRoot): string[] {
  const boxes = [...root.querySelectorAll(".scroll :is(button, summary, textarea, input)")]
    .filter((one) => one.checkVisibility())
    .map((one) => ({ name: nameOf(one), box: one.getBoundingClientRect() }));
  return boxes.flatMap(({ name, box }, i) =>
    boxes
      .slice(i + 1)
      .filter(
        (one) =>
          Math.min(box.right, one.box.right) - Math.max(box.left, one.box.left) > 0.5 &&
          Math.min(box.bottom, one.box.bottom) - Math.max(box.top, one.box.top) > 0.5,
      )
      .map((one) => `${name} and ${one.name}`),
  );
}

/** Go on, the calls of tools, those that ask to be allowed, and results. */
const ROWS = ["stopped", "tools", "tool-asks", "results"];

test("for fingers, every target is 44 px", async () => {
  await touch(true);
  expect(matchMedia("(pointer: coarse)").matches).toBe(true);
  for (const [view, width] of [
    ["panel", 320],
    ["panel", 720],
    ["compact", 320],
    ["floating", 320],
    ["overlay", 320],
  ] as const) {
    await page.viewport(width + 40, 844);
    for (const state of [...IN_CALL, ...ROWS, "consent", "idle", "error-denied", "ended"]) {
      const panel = shown(state, life.signal, view);
      panel.root.querySelector<HTMLElement>(".float")?.click();
      await at(width, panel);
      expect(faults(panel.root, FINGER), `${view} ${width} ${state}`).toEqual([]);
      expect(overlaid(panel.root), `${view} ${width} ${state}`).toEqual([]);
      if (view === "panel" && state === "stopped") {
        button(panel.root, "Go on");
        // What is in one line is read in one line.
        for (const row of panel.root.querySelectorAll(".row:has(.gap)")) {
          const [role, gap] = [".role", ".gap"].map((one) => row.querySelector(one)?.getBoundingClientRect().bottom);
          expect(Math.abs((role ?? 0) - (gap ?? 99)), `${width}`).toBeLessThan(4);
        }
      }
      if (view === "panel" && state === "speaking") {
        button(panel.root, "Settings").click();
        await drawn();
        expect(faults(panel.root, FINGER, panel.root.querySelector(".popover")), `settings ${width}`).toEqual([]);
        button(panel.root, "Settings").click();
        button(panel.root, "Events").click();
        await drawn();
        expect(faults(panel.root, FINGER), `events ${width}`).toEqual([]);
      }
      life.abort();
      life = new AbortController();
      panel.cell.remove();
    }
  }
});

test.each([720, 640, 600])("at %i px what goes on is not cut for the sake of who answers", async (width) => {
  await page.viewport(width + 16, 700);
  const { root, turn } = shown("typing", life.signal);
  const service_name = "embedded engine (faster-whisper:small.en, kokoro:af_heart)";
  const state = STATES["typing"];
  await turn({ ...state, traits: { ...state?.traits, service_name } });
  const [detail, service] = [".detail", ".service"].map((one) => root.querySelector<HTMLElement>(one) as HTMLElement);
  expect(detail?.textContent).toBe("no microphone");
  const lost = (one: HTMLElement) => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return range.getBoundingClientRect().width - one.getBoundingClientRect().width;
  };
  expect(lost(detail as HTMLElement)).toBeLessThan(1 / 64);
  expect(lost(service as HTMLElement)).toBeGreaterThan(1);
});

test.each(["muted", "push-held", "reconnecting", "listening", "sound-stopped"])(
  "%s: in the overlay all of the state is read",
  async (state) => {
    for (const width of [320, 360, 479]) {
      await page.viewport(width, 640);
      const panel = shown(state, life.signal, "overlay");
      await drawn();
      const parts = [...panel.root.querySelectorAll<HTMLElement>("dialog :is(.state, .detail)")];
      expect(
        parts.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth <= 0),
        `${width} px`,
      ).toEqual([true, true]);
      // The buttons stay beside it.
      const tops = [...panel.root.querySelectorAll(".top .bare")].map((one) => one.getBoundingClientRect().top);
      expect(new Set(tops).size, `${width} px`).toBe(1);
      expect(faults(panel.root), `${width} px`).toEqual([]);
      panel.cell.remove();
    }
  },
);

test.each(["hears-itself", "error-insecure", "kernel-gone"])(
  "%s: in a narrow column what is told leaves three lines of the talk, and can be read to its end",
  async (state) => {
    await page.viewport(800, 900);
    const panel = shown(state, life.signal);
    for (const width of [280, 320, 439]) {
      await at(width, panel);
      const scroll = panel.root.querySelector(".talk") as HTMLElement;
      expect(scroll.clientHeight, `${width} px`).toBeGreaterThanOrEqual(3 * 28);
      const strip = panel.root.querySelector(".strip") as HTMLElement;
      strip.scrollTop = strip.scrollHeight;
      const ends = [...strip.children].map((one) => one.getBoundingClientRect().bottom);
      expect(Math.max(...ends), `${width} px`).toBeLessThanOrEqual(strip.getBoundingClientRect().bottom);
      expect(strip.clientHeight, `${width} px`).toBeGreaterThanOrEqual(40);
      expect(faults(panel.root), `${width} px`).toEqual([]);
    }
  },
);

test("where more settings follow, their foot is in a shadow, which their end covers", async () => {
  const { root } = shown("listening", life.signal);
  button(root, "Settings").click();
  const popover = root.querySelector(".popover") as HTMLElement;
  expect(popover.scrollHeight).toBeGreaterThan(popover.clientHeight);
  const { backgroundAttachment, backgroundImage } = getComputedStyle(popover);
  expect(backgroundAttachment).toBe("local, scroll");
  expect(backgroundImage.match(/linear-gradient/g)).toHaveLength(2);
});
