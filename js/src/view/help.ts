import { html, type TemplateResult } from "lit-html";
import * as words from "../words.ts";
import css from "./help.css";
import { icon } from "./icons.ts";

/** All keys that there are, over whatever is shown. */
export function help(push: boolean, close: () => void): TemplateResult {
  const onCancel = (event: Event) => {
    event.preventDefault();
    close();
  };
  // What is around it belongs to it, too.
  const onClick = (event: Event) => event.target === event.currentTarget && close();
  return html`<dialog class="help" aria-label=${words.keyName} tabindex="-1" @cancel=${onCancel} @click=${onClick}>
    <style>${css}</style>
    <div class="top">
      <h2>${words.keyName}</h2>
      <button class="bare" aria-label=${words.keyClose} title=${words.keyClose} @click=${close}>${icon("close")}</button>
    </div>
    <dl>
      ${Object.entries(words.keys)
        .filter(([key]) => push || key !== " ")
        .map(([, [key, meaning]]) => html`<dt><kbd>${key}</kbd></dt><dd>${meaning}</dd>`)}
    </dl>
  </dialog>`;
}
