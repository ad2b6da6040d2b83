/**
 * The second bundle: what is seldom used. It comes as a message of the kernel, when a page wants it (`loading.ts`), and
 * does without a second lit-html.
 */
import { Inspector } from "./inspector/inspector.ts";
import { type Lit, take } from "./lit.ts";
import { settings } from "./view/settings.ts";

const make = (lit: Lit) => {
  take(lit);
  return { settings, Inspector };
};

export type Extras = ReturnType<typeof make>;
export default make;
