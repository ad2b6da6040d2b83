import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EVENTS } from "../../dev/events.ts";
import { recorded } from "../../dev/recorded.ts";
import { STATES, type State } from "../../dev/states.ts";
import { mountPanel } from "../../src/view/panel.ts";

let life: AbortController;

beforeEach(() => {
  life = new AbortController();
});
afterEach(() => {
  life.abort();
  document.body.replaceChildren();
});

function show(more: Partial<State> = {}): ShadowRoot {
  const state = { ...STATES["events-activity"], ...more };
  const cell = document.body.appendChild(document.createElement("div"));
  mountPanel(cell, recorded(state), life.signal);
  const root = cell.querySelector("[data-voice-widget]")?.shadowRoot;
  if (!root) throw new Error("no panel");
  return root;
}

function click(root: ShadowRoot, name: string): void {
  const button = [...root.querySelectorAll("button")].find((one) => one.ariaLabel === name);
  if (!button) throw new Error(`no button "${name}"`);
  button.click();
}

const legend = (root: ShadowRoot) =>
  [...root.querySelectorAll(".legend li")].map((one) => one.textContent?.replace(/\s+/g, " ").trim());

async function opened(root: ShadowRoot): Promise<ShadowRoot> {
  click(root, "Events");
  await vi.waitFor(() => expect(legend(root)).not.toEqual([]));
  return root;
}

/** In which rows of the user's lane there are so many pixels of the colour that a name has in the legend. */
function rows(root: ShadowRoot, colour: string, least = 1): number[] {
  const canvas = root.querySelector("canvas") as HTMLCanvasElement;
  const { width, height } = canvas;
  const lane = Math.floor(height / 2);
  const pixels = canvas.getContext("2d")?.getImageData(0, 0, width, lane).data ?? [];
  const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  const found: number[] = [];
  for (let y = 0; y < lane; y++) {
    let count = 0;
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      const away = [r, g, b].map((want, i) => Math.abs(want - (pixels[at + i] ?? 0)));
      if ((pixels[at + 3] ?? 0) > 150 && Math.max(...away) < 12) count++;
    }
    if (count >= least) found.push(y);
  }
  return found;
}

const colour = (root: ShadowRoot, selector: string) => getComputedStyle(root.querySelector(selector) as Element).color;

test("the legend names in text all that the lane shows", async () => {
  const root = await opened(show());
  expect(legend(root)).toEqual([
    expect.stringMatching(/^probability of speech (0\.\d\d|1\.00)$/),
    "threshold 0.50",
    "taken for speech by the service",
    "speech started",
    "speech stopped",
    "turn ended by silence",
    "interruption",
    "cough, no interruption",
    "answer cancelled",
  ]);
  expect(root.querySelector(".legend")?.getAttribute("aria-label")).toBe("Drawn in your lane");
});

test("the line of the probability is drawn while the drawer is open, and only then", async () => {
  const root = show();
  const ink = colour(root, ".panel");
  await vi.waitFor(() => expect(rows(root, colour(root, ".names .user")).length).toBeGreaterThan(4));
  expect(rows(root, ink)).toEqual([]);
  await opened(root);
  // Up to where speech is certain, and down to where there is none.
  const { height } = root.querySelector("canvas") as HTMLCanvasElement;
  await vi.waitFor(() => {
    const found = rows(root, ink, 8);
    expect(found[0]).toBeLessThan(height / 8);
    expect(found.at(-1)).toBeGreaterThan((height * 3) / 8);
  });
  click(root, "Close the events");
  await vi.waitFor(() => expect(rows(root, ink)).toEqual([]));
});

test("the dashed line goes with the threshold's slider at once", async () => {
  const root = await opened(show());
  const dashed = () => {
    const { width } = root.querySelector("canvas") as HTMLCanvasElement;
    return rows(root, colour(root, ".legend .threshold"), width / 4)[0] ?? 0;
  };
  await vi.waitFor(() => expect(dashed()).toBeGreaterThan(0));
  const before = dashed();
  click(root, "Settings");
  await vi.waitFor(() => expect(root.querySelector("[aria-label=Threshold]")).not.toBeNull());
  const slider = root.querySelector("[aria-label=Threshold]") as HTMLInputElement;
  slider.value = "0.8";
  slider.dispatchEvent(new Event("input"));
  expect(legend(root)).toContain("threshold 0.80");
  await vi.waitFor(() => expect(dashed()).toBeLessThan(before - 5));
});

test("with push to talk nothing is held against a threshold", async () => {
  const state = STATES["events-activity"];
  const root = await opened(show({ traits: { ...state?.traits, turn_detection: null } }));
  expect(legend(root).filter((one) => /threshold|ended/.test(one ?? ""))).toEqual(["turn ended by hand"]);
});

test("of a service that does not tell its probability the legend says so, and names what there is", async () => {
  const root = await opened(show({ events: EVENTS }));
  expect(legend(root)).toEqual([
    "This service does not tell its probability of speech.",
    "taken for speech by the service",
    "speech started",
    "turn ended by silence",
  ]);
});

test.each([320, 720])("at %s px the list of the events keeps its place", async (width) => {
  document.body.style.width = `${width}px`;
  const root = await opened(show());
  const list = root.querySelector(".events") as HTMLElement;
  const drawer = root.querySelector(".drawer") as HTMLElement;
  expect(list.clientHeight).toBeGreaterThanOrEqual(90);
  expect(drawer.scrollHeight).toBeLessThanOrEqual(drawer.clientHeight);
  document.body.style.width = "";
});
