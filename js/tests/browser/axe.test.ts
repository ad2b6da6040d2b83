import axe from "axe-core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { recorded } from "../../dev/recorded.ts";
import { STATES } from "../../dev/states.ts";
import type { View } from "../../src/model.gen.ts";
import { mountPanel } from "../../src/view/panel.ts";

let life: AbortController;

beforeEach(() => {
  life = new AbortController();
  // JupyterLab's own page: tests run in a frame, where nothing floats.
  document.body.append(
    Object.assign(document.createElement("script"), { id: "jupyter-config-data", type: "text/json" }),
  );
});
afterEach(() => {
  life.abort();
  document.body.replaceChildren();
  document.body.removeAttribute("style");
});

function show(state: string, view: View = "panel"): HTMLElement {
  const of = STATES[state];
  if (!of) throw new Error(`no state ${state}`);
  const cell = document.body.appendChild(document.createElement("div"));
  mountPanel(cell, recorded({ ...of, traits: { ...of.traits, view } }), life.signal);
  const host = document.querySelector<HTMLElement>("[data-voice-widget]");
  if (!host?.shadowRoot) throw new Error("no panel");
  return host;
}

/** What axe finds, a line each. What is around the panel is the notebook's. */
async function found(host: HTMLElement): Promise<string[]> {
  const { violations } = await axe.run(host, { rules: { region: { enabled: false } } });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
}

test.each(Object.keys(STATES))("%s: axe finds nothing, on light and on dark", async (state) => {
  for (const ground of ["#ffffff", "#111111"]) {
    document.body.style.background = ground;
    const host = show(state);
    expect(await found(host), ground).toEqual([]);
    host.parentElement?.remove();
  }
});

test("results that are open: axe finds nothing, on light and on dark", async () => {
  for (const ground of ["#ffffff", "#111111"]) {
    document.body.style.background = ground;
    const host = show("results");
    const drawn = () => host.shadowRoot?.querySelectorAll(".result iframe[style*=height], .result img, .result pre");
    await vi.waitFor(() => expect(drawn()).toHaveLength(5));
    expect(await found(host), ground).toEqual([]);
    host.parentElement?.remove();
  }
});

test.each(
  [
    ["settings", "listening"],
    ["settings", "push"],
    ["events", "listening"],
    ["events", "events-activity"],
  ].flatMap((one) => ["#ffffff", "#111111"].map((ground) => [...one, ground] as const)),
)("%s over %s, on %s: axe finds nothing", async (what, state, ground) => {
  document.body.style.background = ground;
  const host = show(state as string);
  const name = what === "settings" ? "Settings" : "Events";
  const buttons = [...(host.shadowRoot?.querySelectorAll("button") ?? [])];
  buttons.find((one) => one.ariaLabel === name)?.click();
  expect(host.shadowRoot?.querySelector(what === "settings" ? ".popover" : ".drawer")).not.toBeNull();
  expect(await found(host)).toEqual([]);
});

test.each(["#ffffff", "#111111"])("the keys, on %s: axe finds nothing", async (ground) => {
  document.body.style.background = ground;
  const host = show("push");
  host.shadowRoot
    ?.querySelector(".panel")
    ?.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true, composed: true }));
  expect(host.shadowRoot?.querySelector(".help")).not.toBeNull();
  expect(await found(host)).toEqual([]);
});

/** What JupyterLab's themes of high contrast set. */
const HIGH = {
  "--jp-layout-color0": "#111",
  "--jp-layout-color1": "#111",
  "--jp-ui-font-color1": "#fff",
  "--jp-ui-font-color2": "#fff",
  "--jp-brand-color1": "#319bf2",
};

test.each(["speaking", "error-denied", "ended", "muted-talking", "recording", "idle"])(
  "%s in high contrast: axe finds nothing",
  async (state) => {
    document.body.style.background = "#111";
    for (const [name, value] of Object.entries(HIGH)) document.body.style.setProperty(name, value);
    expect(await found(show(state))).toEqual([]);
  },
);

test.each<[View, string]>([
  ["compact", "speaking"],
  ["compact", "error-denied"],
  ["floating", "listening"],
  ["overlay", "speaking"],
  ["overlay", "muted-talking"],
  ["overlay", "sound-stopped"],
  ["overlay", "thinking"],
])("as %s, %s: axe finds nothing", async (view, state) => {
  const host = show(state, view);
  host.shadowRoot?.querySelector<HTMLElement>(".float")?.click();
  expect(await found(host)).toEqual([]);
});
