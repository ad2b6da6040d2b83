// The panel without Jupyter: every state, or some (`?state=listening,speaking&theme=dark&view=compact`).
import type { View } from "../src/model.gen.ts";
import { mountPanel } from "../src/view/panel.ts";
import { recorded } from "./recorded.ts";
import { STATES } from "./states.ts";

const query = new URLSearchParams(location.search);
document.body.dataset["jpThemeLight"] = String(query.get("theme") !== "dark");
const main = document.querySelector("main");
const width = query.get("width");
if (main && width) main.style.gridTemplateColumns = `repeat(auto-fill, ${width}px)`;
const only = query.get("state")?.split(",");
for (const [name, state] of Object.entries(STATES)) {
  if (only && !only.includes(name)) continue;
  const section = document.createElement("section");
  if (only?.length !== 1) section.append(Object.assign(document.createElement("h3"), { textContent: name }));
  main?.append(section);
  const view = (query.get("view") ?? "panel") as View;
  mountPanel(section, recorded({ ...state, traits: { ...state.traits, view } }), new AbortController().signal);
}
