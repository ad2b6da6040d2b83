import type { Label } from "./given.ts";
import * as words from "./words.ts";

const EDITS = /^([acvxyz]|Arrow.*|Backspace|Delete|Home|End|Enter)$/i;

/** The field in which a coder writes to the label that is selected. Leaving it, or Enter, keeps what stands there; Escape does not. */
export class Note {
  readonly field = Object.assign(document.createElement("input"), { className: "note-field", maxLength: 2000 });
  readonly number: number;

  /** `back`: the focus is to go to where it came from. */
  constructor(label: Label, keep: (note: string) => void, back: () => void) {
    const { field } = this;
    this.number = label.number;
    field.setAttribute("aria-label", words.note(words.label(label.code, label.coder)));
    field.placeholder = words.notePlaceholder;
    field.onchange = () => keep(field.value);
    field.onkeydown = (event) => {
      // What edits is the field's own; other commands, such as to save, are the notebook's.
      if (!(event.ctrlKey || event.metaKey) || EDITS.test(event.key)) event.stopPropagation();
      if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
      event.preventDefault();
      if (event.key === "Escape") field.value = this.#kept;
      back();
    };
    this.show(label);
  }

  #kept = "";

  /** What the kernel has; what somebody writes stays. */
  show({ note }: Label): void {
    if (this.#kept === this.field.value) this.field.value = note;
    this.#kept = note;
  }
}
