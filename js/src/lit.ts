/** The second bundle's lit-html: that of the first, handed over by `take`. `js/build.mjs` puts it in the place of the package. */
import type * as lit from "lit-html";
import type { repeat as Repeat } from "lit-html/directives/repeat.js";

/** What the second bundle needs of it. */
export type Lit = Pick<typeof lit, "html" | "nothing"> & { readonly repeat: typeof Repeat };

export let html: Lit["html"];
export let nothing: Lit["nothing"];
export let repeat: Lit["repeat"];

export function take(lit: Lit): void {
  ({ html, nothing, repeat } = lit);
}
