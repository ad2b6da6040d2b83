import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { View } from "../../src/model.gen.ts";
import { button, drawn, lab, type Shown, shown } from "./support/shown.ts";

let life: AbortController;

beforeEach(() => {
  life = new AbortController();
  lab();
});
afterEach(() => {
  life.abort();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

const text = (one: Element | null | undefined) => one?.textContent?.replace(/\s+/g, " ").trim();
const all = (within: ParentNode, selector: string) => [...within.querySelectorAll(selector)].map(text);

/** The rows of the transcript: who, the words, and what is noted beneath. */
const rows = ({ root }: Shown) =>
  [...root.querySelectorAll(".row")].map((row) => [
    text(row.querySelector(".role")),
    all(row, ".text > :is(span, s)").join(" | "),
    all(row, ".note").join(" | "),
  ]);

test("a microphone that opens with a noise interrupts no greeting: it goes on, and what was decided stands under it", () => {
  const panel = shown("opening-noise", life.signal);
  expect(text(panel.root.querySelector(".state"))).toBe("Speaking");
  expect(rows(panel)).toEqual([
    ["Assistant", "Good morning. Ask | me | anything about the penguins.", "Went on after a sound without words"],
    ["You", "no words were recognised", ""],
  ]);
  // Nothing was cut, nobody has to do anything.
  expect(panel.root.querySelector(".tag, s, .strip")).toBeNull();
});

test("the events show what was decided about a noise and about a “mm-hm”, and why", async () => {
  const panel = shown("overlaps", life.signal);
  expect(rows(panel).map(([, , note]) => note)).toEqual([
    "Went on after a sound without words",
    "",
    "",
    "Went on after “mm-hm”",
    "",
  ]);
  button(panel.root, "Events").click();
  await vi.waitFor(() => expect(panel.root.querySelector(".legend")).not.toBeNull());
  const names = all(panel.root, ".legend li");
  expect(names).toContain("“mm-hm”, no interruption");
  expect(names).toContain("cough, no interruption");
  expect(names).not.toContain("interruption");
  expect(names).not.toContain("answer cancelled");
  for (const [item, decision, reason] of [
    [1, "cough", "no_words"],
    [4, "backchannel", "words"],
  ] as const) {
    const row = panel.root.querySelectorAll(".row")[item] as HTMLElement;
    row.querySelector<HTMLElement>("[aria-label='Events of this turn']")?.click();
    await drawn();
    const tree = panel.root.querySelector("[role=tree]") as HTMLElement;
    for (const key of ["End", "Enter"]) {
      tree.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
    }
    await drawn();
    const told = JSON.parse(panel.root.querySelector(".drawer pre")?.textContent ?? "{}");
    expect(told).toMatchObject({ type: "voice_widget.overlap.decided", decision, reason });
    tree.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, composed: true }));
  }
});

test.each([240, 320, 439])("at %s px what was decided can be read, whatever the legend has to name", async (width) => {
  document.body.style.width = `${width}px`;
  const { root } = shown("overlaps", life.signal);
  button(root, "Events").click();
  await vi.waitFor(() => expect(root.querySelector(".legend")).not.toBeNull());
  const tree = root.querySelector("[role=tree]") as HTMLElement;
  for (const key of ["End", "Enter"]) {
    tree.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
  }
  await vi.waitFor(() => expect(root.querySelector(".drawer pre")).not.toBeNull());
  const [drawer, json] = [".drawer", ".drawer pre"].map((one) => root.querySelector(one)?.getBoundingClientRect());
  expect(json?.bottom).toBeLessThanOrEqual(drawer?.bottom ?? 0);
  expect(json?.height).toBeGreaterThanOrEqual(90);
  document.body.style.width = "";
});

test("answers that interrupt themselves are marked, and the strip says to use headphones", async () => {
  const panel = shown("hears-itself", life.signal);
  expect(all(panel.root, ".row.assistant .tag")).toEqual(Array(3).fill("interrupted by speech"));
  const strip = panel.root.querySelector(".strip");
  expect(text(strip?.querySelector("strong"))).toMatch(/^The assistant seems to hear itself: 3 answers in a row/);
  expect(text(strip?.querySelector(".message"))).toContain("Use headphones, or turn the loudspeaker down.");
  // It is news that cannot be heard.
  expect(strip?.getAttribute("role")).toBe("status");
  expect(all(strip as Element, "code")).toEqual(["w.update(turn_detection=None)"]);
  const copied = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
  button(panel.root, "Copy").click();
  expect(copied).toHaveBeenCalledWith("w.update(turn_detection=None)");
  button(panel.root, "Dismiss").click();
  await drawn();
  expect(panel.root.querySelector(".strip")).toBeNull();
});

test.each<View>(["panel", "compact", "overlay"])("as %s it says whether its command was copied", async (view) => {
  const { root } = shown("hears-itself", life.signal, view);
  const write = vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("not allowed"));
  vi.spyOn(document, "execCommand").mockReturnValue(false);
  const within = () => root.querySelector(view === "overlay" ? "dialog" : ".panel > .all > .strip");
  const said = () => text(within()?.querySelector("button.plain"));
  const copy = within()?.querySelector<HTMLButtonElement>("button.plain");
  expect(said()).toBe("Copy");
  copy?.click();
  await vi.waitFor(() => expect(said()).toBe("The browser forbids copying"));
  write.mockResolvedValue();
  copy?.click();
  await vi.waitFor(() => expect(said()).toBe("Copied"));
});

test.each<View>(["compact", "overlay"])("as %s, too, it says to use headphones", (view) => {
  const { root } = shown("hears-itself", life.signal, view);
  const strip = root.querySelector(view === "overlay" ? "dialog" : ".panel > .all > .strip");
  expect(strip?.checkVisibility()).toBe(true);
  expect(text(strip)).toContain("Use headphones, or turn the loudspeaker down.");
});

test("floating, it says so once the panel is open", async () => {
  const { root } = shown("hears-itself", life.signal, "floating");
  expect(root.querySelector(".strip")).toBeNull();
  button(root, /^Voice call/).click();
  await drawn();
  expect(text(root.querySelector(".strip"))).toContain("Use headphones");
});

test("that one may speak is shown at once, and everything else in the next picture", async () => {
  const panel = shown("connecting", life.signal);
  const state = () => panel.root.querySelector<HTMLElement>(".panel")?.dataset["state"];
  const turned = panel.turn("listening");
  expect(state()).toBe("listening");
  await turned;
  const further = panel.turn("speaking");
  expect(state()).toBe("listening");
  await further;
  expect(state()).toBe("speaking");
});
