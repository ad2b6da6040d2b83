import type { End } from "./remote.ts";

/** For the log alone. */
export const closed = "The way to the kernel is closed.";
export const opening = "Opening the talk …";

export const used =
  "This link was used already, or is older than a minute. Get a new one in the notebook: “Own tab” in the panel, or w.own_tab() in a cell.";
export const stranger =
  "This talk is open in the browser that has used its link. Get a link of your own in the notebook: “Own tab” in the panel, or w.own_tab() in a cell.";
export const unreached =
  "The engine of the notebook was not reached. Look whether the kernel runs, or your tunnel, and get a new link.";
export const failed = (why: string) => `The panel could not be shown: ${why}. Reload this page.`;

export const ends: Readonly<Record<End, string>> = {
  over: "The notebook's kernel has closed this talk, or has ended. What was said stands in the notebook.",
  "taken over": "The talk goes on in another tab of this browser.",
  lost: "The notebook was not reached for a minute. Reload this page once the network is back; if it stays away, get a new link in the notebook: “Own tab” in the panel, or w.own_tab() in a cell.",
};
