/** The widget in a browser tab of its own: gets in by the link's code, and shows what the notebook shows. */
import type { Model } from "../link.ts";
import { Scope } from "../scope.ts";
import type makeWidget from "../widget.ts";
import panel from "./panel.css";
import { Remote } from "./remote.ts";
import css from "./tab.css";
import * as words from "./words.ts";

/** The bundle that the notebook's pages have, too. Not an import's own text: it would be bundled. */
const WIDGET = "/tab/widget.js";

const scope = new Scope();
const told = Object.assign(document.createElement("p"), { className: "told", role: "status" });
const main = document.createElement("main");

function tell(text: string): void {
  told.textContent = text;
}

/** The room's address; null: there is none, and it was said why. */
async function enter(): Promise<string | null> {
  const code = location.hash.slice(1);
  if (!code) {
    const asked = location.pathname === "/tab/" ? null : await fetch("open").catch(() => undefined);
    if (asked?.ok) return location.href;
    tell(asked === undefined ? words.unreached : asked ? words.stranger : words.used);
    return null;
  }
  // Neither in the history nor in a bookmark.
  history.replaceState(null, "", location.pathname);
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ code });
  const answer = await fetch("/tab/open", { method: "POST", headers, body }).catch(() => null);
  if (!answer?.ok) {
    tell(answer ? words.used : words.unreached);
    return null;
  }
  const { path } = await answer.json();
  history.replaceState(null, "", path);
  return location.href;
}

async function show(room: string): Promise<void> {
  const model = new Remote(room, scope, (why) => tell(words.ends[why]));
  const { default: make }: { default: typeof makeWidget } = await import(WIDGET);
  await model.there;
  tell("");
  const widget = make();
  const given = { model: model as unknown as Model, signal: scope.signal } as never;
  widget.initialize(given);
  widget.render({ ...(given as object), el: main } as never);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(panel);
  main.querySelector("[data-voice-widget]")?.shadowRoot?.adoptedStyleSheets.push(sheet);
  const title = () => {
    document.title = `${model.get("service_name") || "voice_widget"}: a talk`;
  };
  model.on("change:service_name", title);
  title();
}

document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
document.body.append(told, main);
tell(words.opening);
enter()
  .then((room) => (room === null ? undefined : show(room)))
  .catch((error: unknown) => tell(words.failed(String(error))));
