/** What the page says about a tab of the talk's own. */
export const name = "Own tab";
export const title = "Talk in a browser tab of its own, which may use the microphone";
export const making = "Making a link …";
export const made = "It opens in a new tab. If none has appeared:";
export const open = "Open the talk";
export const once = "Once, within a minute.";
/** Also where the notebook's own address is of this computer: a tunnel may make it so. */
export const tunnel = (port: number) =>
  `If the kernel runs on another computer than this browser, first run \`ssh -L ${port}:127.0.0.1:${port} user@that-computer\` here.`;
export const silent = "The kernel does not answer. Wait for the running cell to end, or run w.own_tab() in a cell.";
export const close = "Close the link to a tab of its own";
