import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { recorded } from "../../dev/recorded.ts";
import { STATES, type State } from "../../dev/states.ts";
import type { View } from "../../src/model.gen.ts";
import { mountPanel } from "../../src/view/panel.ts";
import { button, drawn, lab, type Shown, shown } from "./support/shown.ts";

let life: AbortController;

beforeEach(() => {
  life = new AbortController();
});
afterEach(() => {
  vi.restoreAllMocks();
  life.abort();
  document.body.replaceChildren();
});

const saved = (view: View = "panel"): Shown => shown("replay", life.signal, view);

test("no kernel has brought it the second bundle", () => {
  for (const state of ["replay", "waiting", "kernel-gone", "recording-lost"]) {
    expect(recorded(STATES[state] as State).loaded.extras, state).toBeNull();
  }
});

test("the key of the help, which nothing here can draw, leaves no Escape to be swallowed", async () => {
  lab();
  const { root } = saved("floating");
  (root.querySelector(".float") as HTMLElement).click();
  await drawn();
  const panel = root.querySelector(".panel") as HTMLElement;
  expect([root.activeElement, panel.checkVisibility()]).toEqual([panel, true]);
  await userEvent.keyboard("?");
  expect([root.querySelector(".help"), root.activeElement]).toEqual([null, panel]);
  await userEvent.keyboard("{Escape}");
  expect(panel.checkVisibility()).toBe(false);
});

test("help that was asked for opens with what the kernel brings, and is forgotten where that fails", async () => {
  const state = STATES["listening"] as State;
  const whole = recorded(state);
  let loaded: typeof whole.loaded = { extras: null, error: null, long: false };
  let changed = () => {};
  const source = Object.defineProperties(recorded(state), {
    loaded: { get: () => loaded },
    attach: { value: (view: { changed(): void }) => (changed = () => view.changed()) },
  });
  const cell = document.body.appendChild(document.createElement("div"));
  mountPanel(cell, source, life.signal);
  const root = cell.querySelector("[data-voice-widget]")?.shadowRoot as ShadowRoot;
  const turn = async (now: typeof loaded) => {
    loaded = now;
    changed();
    await drawn();
  };
  (root.querySelector(".panel") as HTMLElement).focus();
  await userEvent.keyboard("?");
  await turn({ extras: null, error: { code: "extras_refused", message: "", next_step: "" }, long: false });
  await turn(whole.loaded);
  expect(root.querySelector(".help")).toBeNull();
  await turn({ extras: null, error: null, long: false });
  await userEvent.keyboard("?");
  await turn(whole.loaded);
  expect(root.querySelector(".help")).toBe(root.activeElement);
});

test("its transcript is copied, also where writeText is refused", async () => {
  vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("not allowed"));
  const { root } = saved();
  const copied: string[] = [];
  vi.spyOn(document, "execCommand").mockImplementation(() => {
    copied.push(root.querySelector("textarea")?.value ?? "");
    return true;
  });
  const copy = button(root, "Copy the transcript");
  copy.focus();
  copy.click();
  await vi.waitFor(() => expect(copy.textContent).toContain("Copied"));
  expect(copied[0]).toContain("Assistant: Biscoe has one hundred");
  expect([root.activeElement, root.querySelector("textarea")]).toEqual([copy, null]);
});

test("a row of images alone says how many there were, and why an answer stopped is told", async () => {
  const { root, turn } = saved();
  const [first, second] = STATES["replay"]?.lines ?? [];
  if (!first || !second) throw new Error("no lines");
  await turn({
    kernel: "silent",
    lines: [
      { ...first, words: [], row: { ...first.row, text: "", images: 2 } },
      { ...second, row: { ...second.row, role: "assistant", stopped_by: "token_limit" } },
    ],
  });
  const texts = [...root.querySelectorAll(".row .text")].map((one) => one.textContent?.trim());
  expect(texts[0]).toBe("2 images");
  expect(texts[1]).toMatch(/stopped: token limit$/);
});

test("settings and events say that no kernel brings them, and no row offers its events", async () => {
  const { root } = saved();
  for (const [name, place] of [
    ["Settings", ".popover"],
    ["Events", ".drawer"],
  ] as const) {
    button(root, name).click();
    expect(root.querySelector(place)?.textContent?.trim()).toBe(
      "There is no kernel to bring this. Run the widget's cell again.",
    );
  }
  expect(root.querySelectorAll(".row button")).toHaveLength(0);
});
