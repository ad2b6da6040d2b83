import { html, type TemplateResult } from "lit-html";

const MICROPHONE =
  "M8 1.8a2 2 0 0 1 2 2v3.6a2 2 0 0 1-4 0V3.8a2 2 0 0 1 2-2zM3.8 7.2a4.2 4.2 0 0 0 8.4 0M8 11.4v2.8M5.8 14.2h4.4";

/** Drawn for this panel on a grid of 16, in strokes of the text's colour. */
const PATHS = {
  call: "M3.2 2.2h2.2l1.2 3-1.5 1.2a8 8 0 0 0 4.5 4.5l1.2-1.5 3 1.2v2.2a1.2 1.2 0 0 1-1.3 1.2A11.4 11.4 0 0 1 2 3.5a1.2 1.2 0 0 1 1.2-1.3z",
  hangUp: "M1.6 8.9c3.4-3.2 9.4-3.2 12.8 0l-.2 2-2.7.5-.9-2.2a9 9 0 0 0-5.2 0l-.9 2.2-2.7-.5z",
  microphone: MICROPHONE,
  muted: `${MICROPHONE}M2.5 2.5l11 11`,
  interrupt: "M4 4h8v8H4z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  record: "M12.5 8a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0z",
  send: "M8 13V3.2M3.8 7.2 8 3l4.2 4.2",
  settings:
    "M2 4.5h6.2M11.8 4.5H14M2 11.5h2.2M7.8 11.5H14M11.8 4.5a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0zM7.8 11.5a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0z",
  events: "M2.5 4h1M2.5 8h1M2.5 12h1M6 4h7.5M6 8h7.5M6 12h7.5",
  warning: "M8 2.2 14.6 13.6H1.4zM8 6.4v3.2M8 11.6v.1",
  info: "M14.2 8A6.2 6.2 0 1 1 1.8 8a6.2 6.2 0 0 1 12.4 0zM8 7.4v3.6M8 5v.1",
  copy: "M5.5 5.5h7v8h-7zM10.5 5.5v-3h-7v8h2",
  done: "M3 8.6 6.4 12 13 4.6",
  close: "M4 4l8 8M12 4l-8 8",
  collapse: "M6.5 2.5v4h-4M9.5 13.5v-4h4M2.5 2.5l4 4M13.5 13.5l-4-4",
  expand: "M9.5 2.5h4v4M6.5 13.5h-4v-4M13.5 2.5l-4 4M2.5 13.5l4-4",
  note: "M4 2.5v5.2a1.8 1.8 0 0 0 1.8 1.8H12M9.2 6.6 12 9.5l-2.8 2.9",
} as const;

export type Icon = keyof typeof PATHS;

export function icon(name: Icon): TemplateResult {
  return drawn(PATHS[name]);
}

/** One that only one place has. */
export function drawn(path: string): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${path}></path></svg>`;
}
