import { html } from "lit-html";
import { pieces } from "./format.ts";

/** Text whose parts between backticks are code. */
export function coded(text: string) {
  return pieces(text).map((piece) => (piece.code ? html`<code>${piece.text}</code>` : piece.text));
}
