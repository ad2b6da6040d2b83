import axe from "axe-core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { recorded } from "../../dev/recorded.ts";
import { SCENES, type Scene } from "../../dev/scenes.ts";
import { STATES } from "../../dev/states.ts";
import type { View } from "../../src/model.gen.ts";
import { mountPanel } from "../../src/view/panel.ts";
import { take } from "./support/shown.ts";

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

test.each(Object.entries(SCENES))("%s: axe finds nothing, on light and on dark", async (_, { state, view, steps }) => {
  for (const ground of ["#ffffff", "#111111"]) {
    document.body.style.background = ground;
    const host = show(state, view);
    for (const step of steps ?? []) await take(host.shadowRoot as ShadowRoot, step);
    expect(await found(host), ground).toEqual([]);
    life.abort();
    life = new AbortController();
  }
});

/** What JupyterLab's themes of high contrast set. */
const HIGH = {
  "--jp-layout-color0": "#111",
  "--jp-layout-color1": "#111",
  "--jp-ui-font-color1": "#fff",
  "--jp-ui-font-color2": "#fff",
  "--jp-brand-color1": "#319bf2",
};

const ALL: [string, Scene][] = [
  ...Object.keys(STATES).map((state): [string, Scene] => [state, { state }]),
  ...Object.entries(SCENES),
];

test.each(ALL)("%s in high contrast: axe finds nothing", async (_, { state, view, steps }) => {
  document.body.style.background = "#111";
  for (const [name, value] of Object.entries(HIGH)) document.body.style.setProperty(name, value);
  const host = show(state, view);
  for (const step of steps ?? []) await take(host.shadowRoot as ShadowRoot, step);
  expect(await found(host)).toEqual([]);
});
