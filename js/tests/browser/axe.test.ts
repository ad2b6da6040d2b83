import axe from "axe-core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { recorded } from "../../dev/recorded.ts";
import { SCENES, type Scene } from "../../dev/scenes.ts";
import { STATES } from "../../dev/states.ts";
import type { View } from "../../src/model.gen.ts";
import { mountPanel } from "../../src/view/panel.ts";
import { Seen } from "./support/chains.ts";
import { drawn, take } from "./support/shown.ts";

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

const ALL: [string, Scene][] = [
  ...Object.keys(STATES).map((state): [string, Scene] => [state, { state }]),
  ...Object.entries(SCENES),
];

/** What JupyterLab's themes of high contrast set. */
const HIGH = {
  "--jp-layout-color0": "#111",
  "--jp-layout-color1": "#111",
  "--jp-ui-font-color1": "#fff",
  "--jp-ui-font-color2": "#fff",
  "--jp-brand-color1": "#319bf2",
};

/** A page of another look is the same page in other colours. */
const LOOKS: Record<string, Record<string, string>> = {
  light: { background: "#ffffff" },
  dark: { background: "#111111" },
  "high contrast": { background: "#111", ...HIGH },
};
const seen = Object.fromEntries(Object.keys(LOOKS).map((look) => [look, new Seen()]));

function dress(look: string): void {
  document.body.removeAttribute("style");
  for (const [name, value] of Object.entries(LOOKS[look] ?? {})) document.body.style.setProperty(name, value);
}

/** What axe finds, a line each. What is around the panel is the notebook's. */
async function found(host: HTMLElement, options: axe.RunOptions): Promise<string[]> {
  const { violations } = await axe.run(host, { resultTypes: ["violations"], ...options });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
}

/** All rules but those of colours once; those of colours in each look where something in it was not seen before. */
async function check(host: HTMLElement): Promise<void> {
  expect(await found(host, { rules: { region: { enabled: false }, "color-contrast": { enabled: false } } })).toEqual(
    [],
  );
  for (const [look, before] of Object.entries(seen)) {
    dress(look);
    await drawn();
    if (before.isNews(host.shadowRoot as ShadowRoot)) {
      expect(await found(host, { runOnly: ["color-contrast"] }), look).toEqual([]);
    }
  }
}

test.each(ALL)("%s: axe finds nothing, in any look", async (_, { state, view, steps }) => {
  dress("light");
  const host = show(state, view);
  for (const step of steps ?? []) await take(host.shadowRoot as ShadowRoot, step);
  await check(host);
});

test("results that are open: axe finds nothing, in any look", async () => {
  dress("light");
  const host = show("results");
  const all = () => host.shadowRoot?.querySelectorAll(".result iframe[style*=height], .result img, .result pre");
  await vi.waitFor(() => expect(all()).toHaveLength(5));
  await check(host);
});
