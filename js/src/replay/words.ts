/** Every sentence and every name that a replay shows or has read aloud. */

export const sides = { user: "You", assistant: "Assistant", system: "System" } as const;
export const name = "Recorded talk";
export const play = "Play";
export const stop = "Stop";
export const playTitle = "Play or stop (Space)";
export const position = "Position in the talk";
export const zoomIn = "Zoom in";
export const zoomOut = "Zoom out";
export const keysButton = "Keys";
export const keysClose = "Close the keys";
export const transcript = "Transcript of the recorded talk";
export const follow = "Follow the voice";
export const playFrom = (at: string, who: string) => `${at}, ${who}: play from here`;
export const gapTitle = "Response gap";
export const interrupted = "interrupted";
export const typed = "typed";
export const typedBy = (who: string) => `typed, ${who}`;
export const unheard = "Not heard";
export const noWords = "no words were recognised";
export const nothing = "nothing was said";
export const tool = (what: string, status: string, took: string) =>
  [`⤷ ${what}`, status, took].filter(Boolean).join(" · ");
export const hole = (who: string, kind: string, from: string, to: string) =>
  `${who}: no sound, ${kind} · ${times(from, to)}`;
export const holes = (who: string, kind: string, many: number, took: string) =>
  `${who}: no sound, ${kind} ${many} times · ${took} in all`;
export const label = (code: string, coder: string) => `${code} · ${coder}`;

export const codes = (coder: string) => `Codes of ${coder}`;
export const codesOff = "Labels are given with a kernel: run the cell.";
export const codesTurn = (seq: number, who: string) => `A code labels turn ${seq}, ${who}:`;
export const codesStretch = "A code labels the selection:";
export const codesNowhere = "Go to a turn, or select a stretch, to label it.";
export const codesUnsaved = "This talk lies in no folder: its labels are saved with it, by talk.save.";
export const codeTitle = (meaning: string, key: string) => [meaning, key && `Key ${key}`].filter(Boolean).join(" · ");
export const given = (code: string, seq: number | null) => `${code}: given ${place(seq)}`;
export const taken = (code: string, seq: number | null) => `${code}: taken back ${place(seq)}`;
export const changed = (code: string, times: string, note: string) =>
  [`${code}: changed`, times, note].filter(Boolean).join(", ");
const place = (seq: number | null) => (seq === null ? "(a stretch)" : `(turn ${seq})`);
export const undo = "Undo";
export const undoTitle = "Take the last change of a label back (Ctrl+Z)";
export const remove = (label: string) => `Remove ${label}`;
export const removeTitle = "Take the label back (Delete)";

export const note = (label: string) => `Note to ${label}`;
export const notePlaceholder = "Note (F2)";

export const times = (from: string, to: string) => `${from} to ${to}`;
export const selected = (from: string, to: string, turns: number) =>
  `${times(from, to)} · ${turns === 1 ? "1 turn" : `${turns} turns`}`;
export const selectHint = "Drag over the picture to select a stretch, or press i and o.";
export const selectPlay = "Play selection";
export const selectClear = "Clear selection";

export const emptyTitle = "No turns in this talk";
export const emptyText = "Nothing was said in it, and nothing was recorded.";
export const noSound = "There is no sound to this talk.";
export const loading = (share: number | null) =>
  `Loading the sound${share === null ? "" : `: ${Math.round(100 * share)} %`}`;
export const later = "The talk goes on. It can be heard here once the call is over.";
/** No kernel answers: what can still be done. */
export const saved = (where: string | null) =>
  where === null
    ? "This is a saved view, without its sound. Run the cell to hear the talk."
    : `This is a saved view. The sound is in ${where}; run the cell to hear it.`;
export const unkept = "No kernel answers: this was not kept. Run the cell again.";
export const lost = "The kernel is gone, and the sound with it. Run the cell again.";
export const clickFirst = "The browser wants a click before it plays: press Play.";
export const unplayable = "This browser cannot play the sound of this talk.";

export const keys = [
  ["Space", "Play or stop"],
  ["← →", "A second back or on; with Shift five"],
  ["[ ]", "The turn before, the next turn"],
  ["Home End", "To the beginning, to the end"],
  ["↑ ↓ Enter", "In the transcript: another turn, play it"],
  ["i o", "The selection begins, ends here"],
  ["Escape", "Nothing is selected any more"],
  ["+ −", "Zoom in, zoom out"],
  ["?", "These keys"],
] as const;
/** Where somebody labels, further ones. */
export const codeKeys = [
  ["A code's key", "Label the selection, or else the turn; once more: take it back"],
  ["Tab Enter", "In the transcript: select a label of the turn"],
  ["Alt+← →", "The selected label of a stretch begins 10 ms earlier, later; with Shift 100"],
  ["Ctrl+← →", "It ends earlier, later"],
  ["Alt+↑ ↓", "All of it lies earlier, later"],
  ["F2", "Write a note to it; Enter keeps it, Escape does not"],
  ["Delete", "Remove the selected label"],
  ["Ctrl+Z", "Undo the last change of a label"],
] as const;
