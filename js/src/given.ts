import { html, nothing } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { askMicrophone, checkMicrophone, takeMicrophone } from "./audio/microphone.ts";
import { PageFailure } from "./failure.ts";
import { drawn, icon } from "./view/icons.ts";

/** What the first bundle hands over to the second: see `first.ts`. */
export const given = {
  html,
  nothing,
  repeat,
  PageFailure,
  checkMicrophone,
  askMicrophone,
  takeMicrophone,
  drawn,
  icon,
};

export type Given = typeof given;
