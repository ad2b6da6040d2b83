// The panel without Jupyter: every state, or one (`?state=listening&theme=dark&view=compact`).
import type { View } from "../src/model.gen.ts";
import { mountPanel } from "../src/view/panel.ts";
import { recorded } from "./recorded.ts";
import { STATES } from "./states.ts";

const query = new URLSearchParams(location.search);
document.body.dataset["jpThemeLight"] = String(query.get("theme") !== "dark");
const main = document.querySelector("main");
const width = query.get("width");
if (main && width) main.style.gridTemplateColumns = `repeat(auto-fill, ${width}px)`;
for (const [name, state] of Object.entries(STATES)) {
  if (query.has("state") && query.get("state") !== name) continue;
  const section = document.createElement("section");
  if (!query.has("state")) section.append(Object.assign(document.createElement("h3"), { textContent: name }));
  main?.append(section);
  const view = (query.get("view") ?? "panel") as View;
  mountPanel(section, recorded({ ...state, traits: { ...state.traits, view } }), new AbortController().signal);
}
