import { html, render } from "lit-html";
import { Scope } from "../scope.ts";
import type { PanelSource } from "./source.ts";

export function mountPanel(el: HTMLElement, source: PanelSource, signal: AbortSignal): void {
  const scope = new Scope(signal);
  const host = document.createElement("div");
  host.dataset.voiceWidget = "";
  host.dataset.lmSuppressShortcuts = "true";
  const root = host.attachShadow({ mode: "open" });
  el.append(host);
  scope.defer(() => host.remove());
  let queued = false;
  const draw = () => {
    queued = false;
    const { traits, facts } = source;
    const busy = facts.stage !== "none";
    render(
      html`<p role="status">${traits.connection_state} ${traits.activity} ${facts.stage} ${facts.failure ?? ""}</p>
        <p role="alert">${traits.error ? `${traits.error.message} ${traits.error.next_step}` : ""}</p>
        ${
          busy
            ? html`<button @click=${() => source.hangUp()}>Hang up</button>`
            : html`<button @click=${() => source.call()}>Call</button>`
        }
        <button @click=${() => source.interrupt()}>Interrupt</button>
        <ol>${source.lines.map((line) => html`<li>${line.row.role}: ${line.words.map((word) => word.text).join("")}</li>`)}</ol>`,
      root,
    );
  };
  const changed = () => {
    if (queued) return;
    queued = true;
    queueMicrotask(draw);
  };
  source.attach(changed, scope);
  changed();
}
