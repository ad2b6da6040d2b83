import { html, nothing, render, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { Scope } from "../scope.ts";
import { clock, gap, precise } from "../view/format.ts";
import { coloured } from "./codes.ts";
import type { Code, Hole, Label, Piece, Shown, Tool, Turn } from "./given.ts";
import { turnOf } from "./lanes.ts";
import * as words from "./words.ts";

/** A hole that is shorter is no matter of its own. */
const SHORT_MS = 500;

export function nameOf(role: Turn["role"], { names }: Shown): string {
  return (role === "system" ? undefined : names[role]) ?? words.sides[role];
}

/** The turns in words, one row each; what sounds is marked, and kept in sight inside its own box. */
export class Transcript {
  /** The turn that was gone to last, by the voice or by the focus. */
  reached: Turn | null = null;
  #shown: Shown;
  /** What is missing, in words, by the place of its turn. */
  #holes: ReadonlyMap<number, readonly string[]>;
  readonly #play: (turn: Turn) => void;
  readonly #changed: () => void;
  #scroll: HTMLElement | null = null;
  #rows: readonly HTMLElement[] = [];
  #now: readonly Turn[] = [];
  #moment = -1;
  /** The turn whose row is in the way of Tab, by its number; null: the first one. */
  #tab: number | null = null;
  /** Rows in which there are labels. */
  #labelled: readonly HTMLElement[] = [];
  /** A person who scrolls reads, and is left alone. */
  #follows = true;

  constructor(shown: Shown, play: (turn: Turn) => void, changed: () => void) {
    [this.#shown, this.#play, this.#changed] = [shown, play, changed];
    this.#holes = holesOf(shown);
  }

  get follows(): boolean {
    return this.#follows;
  }

  /** The talk is longer: its rows are to be drawn anew, and then to be begun with. */
  grow(shown: Shown): void {
    this.#mark([]);
    this.#shown = shown;
    this.#holes = holesOf(shown);
    const same = (turn: Turn | null) => shown.turns.find(({ seq }) => seq === turn?.seq) ?? null;
    this.reached = same(this.reached);
    this.#moment = -1;
  }

  /** To be called once its rows are there, and when they are others. */
  begin(scroll: HTMLElement, scope: Scope): void {
    this.#rows = [...scroll.querySelectorAll<HTMLElement>(".row")];
    if (this.#shown.sound.state === "later" && this.#follows) scroll.scrollTop = scroll.scrollHeight;
    if (scroll === this.#scroll) return;
    this.#scroll = scroll;
    for (const type of ["wheel", "touchmove"]) scope.on(scroll, type, () => this.#leave(), { passive: true });
    scope.on(scroll, "focusin", (event: FocusEvent) => {
      const row = (event.target as Element).closest<HTMLElement>(".row");
      const turn = row && this.#shown.turns[this.#rows.indexOf(row)];
      if (turn) [this.reached, this.#tab] = [turn, turn.seq];
      this.#changed();
    });
    scope.on(scroll, "keydown", (event: KeyboardEvent) => this.#walk(event));
  }

  follow(): void {
    this.#follows = true;
    this.#moment = -1;
    this.#changed();
  }

  /** The talk stands at this moment. */
  place(ms: number): void {
    if (ms === this.#moment) return;
    this.#moment = ms;
    const now = this.#shown.turns.filter((turn) => sounds(turn, ms));
    if (now.length !== this.#now.length || now.some((turn, at) => turn !== this.#now[at])) this.#mark(now);
    for (const turn of now) {
      for (const [at, word] of [...(this.#row(turn)?.querySelectorAll(".said span") ?? [])].entries()) {
        word.classList.toggle("now", spoken(turn.pieces[at], ms));
      }
    }
    this.#keep();
  }

  /** `labelled`: somebody labels, and may go to each turn. */
  rows(labelled: boolean): TemplateResult {
    const { turns } = this.#shown;
    const able = turns.filter(({ start_ms }) => labelled || start_ms !== null);
    const tab = able.find(({ seq }) => seq === this.#tab) ?? able[0];
    return html`<ol class="rows">
      ${repeat(
        turns,
        // One that has become another is another row: words of its own may stand in it.
        (turn) => JSON.stringify([turn, this.#toolsOf(turn)]),
        (turn, at) => this.#rowOf(turn, at, turn === tab, labelled),
      )}
      ${turns.length ? null : html`<li class="row"><div class="text"><span class="labels"></span>${this.#holesAt(0)}</div></li>`}
    </ol>`;
  }

  /** Show these labels at their turns; `picked` is selected, and those that `owns` names can be. */
  label(labels: readonly Label[], codes: readonly Code[], picked: number | null, owns: Owns): void {
    const of = new Map<HTMLElement, Label[]>();
    for (const label of labels) {
      const row = this.#rows[turnOf(label, this.#shown.turns)];
      if (row) of.set(row, [...(of.get(row) ?? []), label]);
    }
    const focused = numberOf((this.#scroll?.getRootNode() as ShadowRoot | undefined)?.activeElement);
    const tag = () => this.#scroll?.querySelector<HTMLElement>(`[data-number="${focused}"]`);
    const home = tag()?.closest<HTMLElement>(".row");
    for (const row of new Set([...this.#labelled, ...of.keys()])) {
      const box = row.querySelector<HTMLElement>(".labels");
      const tab = row.querySelector<HTMLElement>("button.at")?.tabIndex ?? 0;
      const tags = (of.get(row) ?? []).map((label) => {
        const text = words.label(label.code, label.coder);
        const style = coloured(codes.find(({ name }) => name === label.code)?.colour);
        if (!owns.mine(label)) return html`<span class="tag" .style=${style}>${text}</span>`;
        const pick = (event: Event) => {
          event.stopPropagation();
          owns.pick(label);
        };
        return html`<button class="tag" .style=${style} data-number=${label.number} tabindex=${tab} aria-pressed=${label.number === picked} @click=${pick}>${text}</button>`;
      });
      if (box) render(tags.length ? tags : nothing, box);
    }
    // Where the one is gone that had the focus, keys would be the notebook's. It may be in another row by now.
    if (home) (tag() ?? home.querySelector<HTMLElement>("button.at"))?.focus();
    this.#labelled = [...of.keys()];
  }

  #rowOf(turn: Turn, place: number, tab: boolean, labelled: boolean): TemplateResult {
    const who = nameOf(turn.role, this.#shown);
    const text = turn.pieces.map(([piece]) => piece).join("");
    const at = turn.start_ms === null ? "" : clock(turn.start_ms / 1000);
    const tools = this.#toolsOf(turn);
    const play = (event: Event) => {
      const root = (event.currentTarget as Element).getRootNode() as Document;
      // Who has marked text wants to copy it.
      if (!(root.getSelection?.() ?? document.getSelection())?.toString()) this.#play(turn);
    };
    return html`<li class="row ${turn.role}" data-seq=${turn.seq} ?data-timed=${at !== ""} @click=${at ? play : null}>
      ${
        at
          ? html`<button class="at" tabindex=${tab ? 0 : -1} aria-label=${words.playFrom(at, who)}>${at}</button>`
          : labelled
            ? html`<button class="at" tabindex=${tab ? 0 : -1} aria-label=${words.typedBy(who)}>${words.typed}</button>`
            : html`<span class="at tag">${words.typed}</span>`
      }
      <span class="role">${who}</span>
      <div class="text">
        <span class="said">${text || html`<span class="none">${turn.status === "no_transcript" ? words.noWords : words.nothing}</span>`}</span>
        ${turn.unheard ? html`<s class="unheard" title=${words.unheard}>${turn.unheard}</s>` : null}
        ${turn.interrupted ? html`<span class="tag">${words.interrupted}</span>` : null}
        <span class="labels"></span>
        ${tools.map((tool) => html`<div class="note">${words.tool(tool.name, tool.status, took(tool))}</div>`)}
        ${this.#holesAt(place)}
      </div>
      ${turn.gap_ms === null ? null : html`<span class="gap" title=${words.gapTitle}>${gap(turn.gap_ms)}</span>`}
    </li>`;
  }

  #holesAt(place: number): TemplateResult[] {
    return (this.#holes.get(place) ?? []).map((told) => html`<div class="note hole">${told}</div>`);
  }

  #toolsOf({ seq }: Turn): readonly Tool[] {
    return this.#shown.tools.filter((tool) => tool.seq === seq);
  }

  #row(turn: Turn): HTMLElement | undefined {
    return this.#rows[this.#shown.turns.indexOf(turn)];
  }

  #mark(now: readonly Turn[]): void {
    for (const turn of this.#now) {
      this.#row(turn)?.removeAttribute("aria-current");
      for (const word of this.#row(turn)?.querySelectorAll(".now") ?? []) word.classList.remove("now");
    }
    this.#now = now;
    this.reached = now.at(-1) ?? this.reached;
    for (const turn of now) {
      const row = this.#row(turn);
      row?.setAttribute("aria-current", "true");
      const said = row?.querySelector<HTMLElement>(".said");
      // Words of their own only where one may be heard: a long talk has ten thousand.
      if (said && turn.pieces.length && !said.querySelector("span")) {
        said.replaceChildren(
          ...turn.pieces.map(([text]) => Object.assign(document.createElement("span"), { textContent: text })),
        );
      }
    }
  }

  #keep(): void {
    const [turn] = this.#now.slice(-1);
    const row = turn && this.#row(turn);
    if (!this.#follows || !row || !this.#scroll) return;
    const [box, inside] = [this.#scroll.getBoundingClientRect(), row.getBoundingClientRect()];
    if (inside.top < box.top) this.#scroll.scrollTop -= box.top - inside.top + 8;
    else if (inside.bottom > box.bottom)
      this.#scroll.scrollTop += Math.min(inside.bottom - box.bottom + 8, inside.top - box.top);
  }

  #leave(): void {
    if (!this.#follows) return;
    this.#follows = false;
    this.#changed();
  }

  /** One of the rows is in the way of Tab; arrows go to the others. */
  #walk(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = this.#rows.flatMap((row) => [...row.querySelectorAll<HTMLElement>("button.at")]);
    const at = buttons.indexOf(event.target as HTMLElement);
    const next = step && at >= 0 ? buttons[at + step] : undefined;
    if (!next || !buttons[at]) return;
    event.preventDefault();
    for (const [button, index] of [[buttons[at], -1] as const, [next, 0] as const]) {
      button.tabIndex = index;
      // A row's labels are in the way of Tab where the row is.
      for (const one of button.closest(".row")?.querySelectorAll<HTMLElement>("[data-number]") ?? [])
        one.tabIndex = index;
    }
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
}

/** Each hole at its turn, in words; short ones of one kind are said together. */
function holesOf(shown: Shown): Map<number, string[]> {
  const at = new Map<number, Map<string, Hole[]>>();
  for (const hole of [...shown.holes].sort((a, b) => a.start_ms - b.start_ms)) {
    const place = Math.max(0, turnOf({ ...hole, seq: null }, shown.turns));
    const kinds = at.get(place) ?? new Map<string, Hole[]>();
    at.set(place, kinds);
    const kind = `${hole.side} ${hole.kind} ${hole.end_ms - hole.start_ms < SHORT_MS || hole.start_ms}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), hole]);
  }
  return new Map([...at].map(([place, kinds]) => [place, [...kinds.values()].map((all) => told(all, shown))]));
}

function told(holes: readonly Hole[], shown: Shown): string {
  const [{ side, kind, start_ms, end_ms }] = holes as [Hole];
  const who = nameOf(side, shown);
  if (holes.length === 1) return words.hole(who, kind, precise(start_ms / 1000), precise(end_ms / 1000));
  return words.holes(who, kind, holes.length, gap(holes.reduce((sum, one) => sum + one.end_ms - one.start_ms, 0)));
}

/** Which labels may be selected, and what then. */
export interface Owns {
  mine(label: Label): boolean;
  pick(label: Label): void;
}

/** The number of the label that an element is. */
export function numberOf(element: Element | null | undefined): number | null {
  const number = (element as HTMLElement | null | undefined)?.dataset["number"];
  return number === undefined ? null : Number(number);
}

export function sounds({ start_ms, end_ms }: Turn, ms: number): boolean {
  return start_ms !== null && start_ms <= ms && ms < (end_ms ?? start_ms);
}

function spoken(piece: Piece | undefined, ms: number): boolean {
  const [, start = null, end = null] = piece ?? [""];
  return start !== null && end !== null && start <= ms && ms < end;
}

function took({ start_ms, end_ms }: Tool): string {
  return start_ms === null || end_ms === null ? "" : gap(end_ms - start_ms);
}
