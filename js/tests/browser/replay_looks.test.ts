import axe from "axe-core";
import { afterEach, expect, test, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import type { Shown } from "../../src/replay/given.ts";
import { contrast, dress, emulate, PAGES } from "./support/looks.ts";
import { HOLES, LABEL, long, Shows, TALK } from "./support/replays.ts";

let shows: Shows;

afterEach(async () => {
  shows.life.abort();
  document.body.replaceChildren();
  document.body.removeAttribute("style");
  await emulate();
});

const NONE = { state: "none", mime: "", pieces: 0, where: "/t", error: null } as const;
const STATES: Record<string, [Partial<Shown>, (() => Promise<unknown> | unknown)?]> = {
  all: [{}],
  "a turn sounds": [{}, () => shows.replayed.sound.seek(2950)],
  "something is selected": [{}, () => shows.selects([1000, 3000])],
  "the keys are shown": [{}, () => shows.button("Keys").click()],
  "scrolled away": [long(60), () => shows.find(".scroll").dispatchEvent(new WheelEvent("wheel"))],
  "no sound": [{ sound: NONE }],
  "no kernel": [{ sound: { ...NONE, state: "kernel" } }, () => shows.emit("comm_live_update")],
  "somebody labels": [{}, () => shows.kernel({ type: "alive" })],
  "a label is selected": [
    {},
    () => {
      shows.kernel({ type: "alive" });
      shows.replayed.sound.seek(2950);
      shows.find("[data-number]").click();
    },
  ],
  "a label is refused": [
    {},
    () => {
      shows.kernel({ type: "alive" });
      const error = { code: "recording_failed", message: "It cannot be written.", next_step: "Make room." };
      shows.kernel({ type: "label.failed", error });
    },
  ],
  "something is missing": [
    { holes: HOLES },
    () => {
      shows.envelope(new DataView(new ArrayBuffer(3200)));
      shows.emit("change:_shown");
    },
  ],
  closer: [{}, () => shows.button("Zoom in").click()],
  "no turns": [{ turns: [], tools: [], duration_ms: 0, sound: NONE }],
};

async function show(name: string, width = 720): Promise<void> {
  const [talk, then] = STATES[name] ?? [{}];
  const labels = [LABEL, { ...LABEL, number: 2, code: "overlap" }, { ...LABEL, number: 3, coder: "CD" }];
  const coding = name.includes("label") ? { coder: "a", saved: false, labels } : {};
  shows = new Shows(talk, width, 1, coding);
  if (name !== "no turns") await shows.drawn();
  await then?.();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}

test.each(Object.keys(STATES))("%s: axe finds nothing, in any look", async (name) => {
  await show(name);
  for (const look of Object.keys(PAGES) as (keyof typeof PAGES)[]) {
    dress(look);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const { violations } = await axe.run(shows.host, {
      resultTypes: ["violations"],
      rules: { region: { enabled: false } },
    });
    const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
    expect(found, look).toEqual([]);
  }
});

test.each(Object.keys(STATES))("%s: at 320 px nothing is cut off, and nothing is wider", async (name) => {
  await show(name, 320);
  const box = shows.host.getBoundingClientRect();
  expect(box.width).toBe(320);
  for (const one of shows.root.querySelectorAll<HTMLElement>(
    "button, time, .role, .said, .gap, .picked, .codes > *, .labels .tag, .says, dd",
  )) {
    const inner = one.getBoundingClientRect();
    expect(inner.right, one.outerHTML.slice(0, 80)).toBeLessThanOrEqual(box.right);
    expect(inner.left).toBeGreaterThanOrEqual(box.left);
  }
});

test("buttons can be hit", async () => {
  await show("a label is selected");
  for (const one of shows.root.querySelectorAll("button")) {
    const { width, height } = one.getBoundingClientRect();
    expect(Math.min(width, height), one.outerHTML).toBeGreaterThanOrEqual(24);
  }
});

test.each(Object.keys(PAGES) as (keyof typeof PAGES)[])(
  "%s: both lanes are seen, in colours that differ",
  async (look) => {
    dress(look);
    await show("all");
    const colours = [".canvases canvas", ".canvases > div:last-child canvas"].map((lane) => {
      const canvas = shows.picture.querySelector<HTMLCanvasElement>(lane);
      const [r = 0, g = 0, b = 0] =
        canvas?.getContext("2d")?.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data ?? [];
      return [r, g, b] as const;
    });
    const ground = getComputedStyle(shows.find(".replay")).backgroundColor.match(/\d+/g)?.map(Number) ?? [];
    for (const colour of colours) {
      expect(contrast(colour, [ground[0] ?? 0, ground[1] ?? 0, ground[2] ?? 0])).toBeGreaterThanOrEqual(3);
    }
    expect(colours[0]).not.toEqual(colours[1]);
  },
);

test("a page that turns dark has its picture painted anew", async () => {
  dress("light");
  await show("all");
  const pixel = () => {
    const canvas = shows.picture.querySelector<HTMLCanvasElement>(".canvases canvas");
    return canvas
      ?.getContext("2d")
      ?.getImageData(canvas.width / 2, canvas.height / 2, 1, 1)
      .data.join();
  };
  const before = pixel();
  dress("dark");
  await vi.waitFor(() => expect(pixel()).not.toBe(before));
});

test("in forced colours what sounds and where the focus is are seen", async () => {
  await emulate({ "forced-colors": "active" });
  await show("a turn sounds");
  const [current, other] = ["[aria-current]", ".row:not([aria-current])"].map(
    (row) => getComputedStyle(shows.find(row)).borderLeftColor,
  );
  expect(current).not.toBe(other);
  const { backgroundColor } = getComputedStyle(shows.find(".now"));
  expect(backgroundColor).not.toBe(getComputedStyle(shows.find(".said")).backgroundColor);
});

/** The colours of a row of pixels through a hole, as they are seen. */
async function seen(hole: HTMLElement): Promise<Set<string>> {
  const data = await page.screenshot({ element: hole, save: false });
  const picture = new Image();
  picture.src = `data:image/png;base64,${data}`;
  await picture.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
  const brush = canvas.getContext("2d") as CanvasRenderingContext2D;
  brush.drawImage(picture, 0, 0);
  const pixels = brush.getImageData(3, Math.round(picture.height * 0.8), picture.width - 6, 1).data;
  return new Set(Array.from({ length: picture.width - 6 }, (_, at) => pixels.slice(4 * at, 4 * at + 3).join()));
}

test.each(["light", "dark", "forced"])("%s: where sound is missing that is hatched, and named", async (look) => {
  dress(look === "dark" ? "dark" : "light");
  if (look === "forced") await emulate({ "forced-colors": "active" });
  await show("something is missing");
  const holes = [...shows.picture.querySelectorAll<HTMLElement>(".hole")];
  for (const hole of holes) {
    expect((await seen(hole)).size).toBeGreaterThan(2);
    const name = getComputedStyle(hole.querySelector("span") as HTMLElement);
    const [ink, ground] = [name.color, name.backgroundColor].map((one) => one.match(/[\d.]+/g)?.map(Number) ?? []);
    expect(contrast(ink as [number, number, number], ground as [number, number, number])).toBeGreaterThanOrEqual(4.5);
  }
});

test("Tab goes through all of it, and the focus is seen everywhere", async () => {
  await show("something is selected");
  const reached: string[] = [];
  for (let at = 0; at < 12; at += 1) {
    await userEvent.tab();
    const one = shows.root.activeElement;
    if (!one) break;
    expect(getComputedStyle(one).outlineStyle, one.outerHTML).toBe("solid");
    reached.push(one.getAttribute("aria-label") ?? one.textContent?.trim() ?? "");
  }
  expect(reached).toEqual([
    "Play",
    "Zoom out",
    "Zoom in",
    "Keys",
    "Position in the talk",
    "Play selection",
    "Clear selection",
    "0:00, P07: play from here",
  ]);
});

test("nothing moves by itself: where it is watched, only what sounds does", async () => {
  await emulate({ "prefers-reduced-motion": "reduce" });
  await show("all");
  const moving = [...shows.root.querySelectorAll("*"), ...shows.picture.querySelectorAll("*")].flatMap((one) =>
    one.getAnimations(),
  );
  expect(moving).toEqual([]);
  expect(TALK.turns).toHaveLength(5);
});
