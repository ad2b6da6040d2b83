import { html, nothing, type TemplateResult } from "lit-html";
import { precise } from "../view/format.ts";
import { moved, type Span } from "./drag.ts";
import type { Code, Label, Turn } from "./given.ts";
import { Note } from "./note.ts";
import type { Replayed } from "./replayed.ts";
import * as words from "./words.ts";

/** So much a key moves a label, and with Shift. */
const STEP_MS = 10;
const FAR_MS = 100;

/** What a coder does in one view: codes are given by buttons and keys, and a label is selected, moved, written to and removed. */
export class Codes {
  /** The number of the label that is selected. */
  picked: number | null = null;
  readonly #replayed: Replayed;
  readonly #turn: () => Turn | null;
  readonly #changed: () => void;
  readonly #back: (picked?: boolean) => void;
  #note: Note | null = null;
  #before: readonly Label[];
  /** Who does not see the picture hears what has come of a key. */
  #heard = "";
  /** Where a label was put that the kernel has not told of yet. */
  #put: { readonly number: number; readonly span: Span } | null = null;

  /** `turn`: the one that would be labelled; `back`: what had the focus has gone, or is done with: to the label that is selected, or to the picture. */
  constructor(replayed: Replayed, turn: () => Turn | null, changed: () => void, back: (picked?: boolean) => void) {
    [this.#replayed, this.#turn, this.#changed, this.#back] = [replayed, turn, changed, back];
    this.#before = replayed.labels;
  }

  /** This coder's, who may take it back. */
  owns(label: Label): boolean {
    return label.coder === this.#replayed.coding.coder;
  }

  pick(number: number | null): boolean {
    const before = this.picked;
    this.picked = number === before ? null : number;
    if (before !== this.picked) this.#changed();
    return before !== null;
  }

  /** Labels may be others: what is gone is not selected, and what this coder has now or no longer is read aloud. */
  hear(): void {
    this.#put = null;
    const picked = this.#label;
    if (!picked) this.picked = null;
    if (picked?.number === this.#note?.number) picked && this.#note?.show(picked);
    else {
      // The field goes, and keys would be the notebook's.
      if (this.#note?.field.matches(":focus")) this.#back();
      this.#note = picked
        ? new Note(picked, (note) => this.#replayed.code({ type: "relabel", number: picked.number, note }), this.#back)
        : null;
    }
    const { labels } = this.#replayed;
    const own = (more: readonly Label[], than: readonly Label[]) =>
      more.filter((label) => this.owns(label) && !than.some(({ number }) => number === label.number));
    const [come] = own(labels, this.#before);
    const [gone] = own(this.#before, labels);
    if (come) this.#heard = words.given(come.code, come.seq);
    else if (gone) this.#heard = words.taken(gone.code, gone.seq);
    const was = this.#before.find(({ number }) => number === picked?.number);
    if (picked && was && picked !== was) this.#heard = words.changed(picked.code, times(picked), picked.note);
    this.#before = labels;
  }

  key(event: KeyboardEvent): boolean {
    const { codes, coder } = this.#replayed.coding;
    if (coder === null || !this.#able) return false;
    const code = codes.find(({ key }) => key === event.key) ?? codes.find(({ key }) => key === event.key.toLowerCase());
    if (!code) return false;
    if (!event.repeat) this.#press(code);
    return true;
  }

  undo(): boolean {
    if (this.#replayed.coding.coder === null) return false;
    this.#replayed.code({ type: "undo" });
    return true;
  }

  /** The label that is selected begins, or ends, so many steps earlier or later. One of a turn is as long as that. */
  move(event: KeyboardEvent, start: number, end: number): boolean {
    const label = this.#label;
    if (label?.seq !== null || label.start_ms === null || label.end_ms === null) return false;
    const step = event.shiftKey ? FAR_MS : STEP_MS;
    const span = this.#asked(label) ?? { start_ms: label.start_ms, end_ms: label.end_ms };
    this.put(label, moved(span, start * step, end * step, this.#replayed.shown.duration_ms));
    return true;
  }

  put(label: Label, { start_ms, end_ms }: Span): void {
    const before = this.#asked(label) ?? label;
    if (before.start_ms === start_ms && before.end_ms === end_ms) return;
    this.#put = { number: label.number, span: { start_ms, end_ms } };
    this.#replayed.code({ type: "relabel", number: label.number, start_ms, end_ms });
  }

  /** Where the kernel was asked to put it, and has not refused to. */
  #asked({ number }: Label): Span | null {
    return this.#put?.number === number && this.#replayed.refused === null ? this.#put.span : null;
  }

  /** To the note of the label that is selected. */
  write(): boolean {
    this.#note?.field.focus();
    return this.#note !== null;
  }

  /** The one that is selected, or that the focus is on. */
  remove(focused: number | null): boolean {
    const number = focused ?? this.picked;
    if (number === null || this.#replayed.coding.coder === null) return false;
    this.#replayed.code({ type: "unlabel", number });
    return true;
  }

  #press(code: Code): void {
    const { selection } = this.#replayed;
    const turn = this.#turn();
    if (selection) {
      this.#replayed.code({ type: "label", code: code.name, start_ms: selection[0], end_ms: selection[1] });
    } else if (turn) this.#replayed.code({ type: "label", code: code.name, seq: turn.seq });
  }

  get #able(): boolean {
    return this.#replayed.kernel === "alive";
  }

  get #label(): Label | undefined {
    return this.#replayed.labels.find(({ number }) => number === this.picked);
  }

  // --- what is seen ---

  /** `who`: how the side of a turn is called. */
  row(who: (turn: Turn) => string): TemplateResult | typeof nothing {
    const { coding } = this.#replayed;
    if (coding.coder === null) return nothing;
    const picked = this.#label;
    const off = !this.#able;
    const note = this.#note;
    if (note) note.field.readOnly = off;
    return html`<div class="codes" role="group" aria-label=${words.codes(coding.coder)}>
      <span class="hint">${this.#target(who)}</span>
      ${coding.codes.map((code) => this.#button(code))}
      <span class="room"></span>
      <span class="unseen" role="status">${this.#heard}</span>
      ${
        picked
          ? html`${note?.field}<span>${times(picked)}</span>
              <button class="plain" title=${words.removeTitle} ?disabled=${off} @click=${() => this.remove(null) && this.#back(false)}>${words.remove(words.label(picked.code, picked.coder))}</button>`
          : nothing
      }
      <button class="plain" title=${words.undoTitle} ?disabled=${off} @click=${() => this.undo()}>${words.undo}</button>
      ${coding.saved ? nothing : html`<p class="note unsaved">${words.codesUnsaved}</p>`}
    </div>`;
  }

  #button(code: Code): TemplateResult {
    const off = !this.#able || !(this.#replayed.selection || this.#turn());
    return html`<button class="plain code" .style=${coloured(code.colour)} title=${words.codeTitle(code.meaning, code.key ?? "")}
      aria-pressed=${this.#given(code)} aria-keyshortcuts=${code.key ?? nothing} ?disabled=${off} @click=${() => this.#press(code)}>
      <span>${code.name}</span><kbd aria-hidden="true">${code.key}</kbd>
    </button>`;
  }

  #target(who: (turn: Turn) => string): string {
    const turn = this.#turn();
    if (!this.#able) return words.codesOff;
    if (this.#replayed.selection) return words.codesStretch;
    return turn ? words.codesTurn(turn.seq, who(turn)) : words.codesNowhere;
  }

  /** This coder has given it where it would be given now. */
  #given({ name }: Code): boolean {
    const { selection, labels } = this.#replayed;
    const seq = selection ? null : this.#turn()?.seq;
    return labels.some(
      (label) =>
        label.code === name &&
        this.owns(label) &&
        label.seq === seq &&
        (!selection || (label.start_ms === selection[0] && label.end_ms === selection[1])),
    );
  }
}

function times({ seq, start_ms, end_ms }: Label): string {
  return seq !== null || start_ms === null || end_ms === null
    ? ""
    : words.times(precise(start_ms / 1000), precise(end_ms / 1000));
}

/** A style by which something has a code's colour. */
export function coloured(colour: string | null | undefined): string {
  return colour ? `--code: ${colour}` : "";
}
