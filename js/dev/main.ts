// The panel without Jupyter: every state, or some (`?state=listening,speaking&theme=dark&view=compact`), or one scene
// (`?scene=settings`), whose steps somebody has to do.
import type { View } from "../src/model.gen.ts";
import { mountPanel } from "../src/view/panel.ts";
import { recorded } from "./recorded.ts";
import { ALIKE, SCENES } from "./scenes.ts";
import { STATES } from "./states.ts";
import { drag, put } from "./taken.ts";

// For what Playwright has no deed of its own.
Object.assign(globalThis, { drag, put });

const query = new URLSearchParams(location.search);
document.body.dataset["jpThemeLight"] = String(query.get("theme") !== "dark");
const main = document.querySelector("main");
const width = query.get("width");
if (main && width) main.style.gridTemplateColumns = `repeat(auto-fill, ${width}px)`;

function section(name: string): HTMLElement {
  const section = document.createElement("section");
  if (name) section.append(Object.assign(document.createElement("h3"), { textContent: name }));
  main?.append(section);
  return section;
}

function show(into: HTMLElement, state: string, view: View): void {
  const of = STATES[state];
  if (!of) throw new Error(`no state ${state}`);
  mountPanel(into, recorded({ ...of, traits: { ...of.traits, view } }), new AbortController().signal);
}

const view = (query.get("view") ?? "panel") as View;
const scene = SCENES[query.get("scene") ?? ""];
const only = query.get("state")?.split(",");
if (scene) {
  document.body.dataset["scene"] = JSON.stringify(scene.steps ?? []);
  show(section(""), scene.state, scene.view ?? "panel");
} else if (only) {
  for (const name of only) show(section(only.length === 1 ? "" : name), name, view);
} else {
  for (const name of Object.keys(STATES)) if (!ALIKE.includes(name)) show(section(name), name, view);
  // Each needs a page of its own: a picture of that is put here.
  for (const name of Object.keys(SCENES)) {
    section(name).append(Object.assign(document.createElement("img"), { id: name, alt: "" }));
  }
}
