/**
 * The second bundle: what is seldom used. It comes as a message of the kernel, when a page wants it (`loading.ts`), and
 * does without a second lit-html.
 */

import { Sound } from "./calls/sound.ts";
import { type Lit, take } from "./lit.ts";
import { settings } from "./view/settings.ts";
import { makeSound } from "./view/sound.ts";
import { soundTrouble } from "./view/sound_trouble.ts";

const make = (lit: Lit) => {
  take(lit);
  return { Sound, settings, makeSound, soundTrouble };
};

export type Extras = ReturnType<typeof make>;
export default make;
