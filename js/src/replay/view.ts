import { html, noChange, nothing, render, type TemplateResult } from "lit-html";
import { Scope } from "../scope.ts";
import base from "../view/base.css";
import { precise } from "../view/format.ts";
import { drawn, icon } from "../view/icons.ts";
import { adopt, followTheme } from "../view/theme.ts";
import { Codes } from "./codes.ts";
import type { Label, Turn } from "./given.ts";
import { listen, target } from "./keyboard.ts";
import { HEAD_PX, lanes, ROW_PX } from "./lanes.ts";
import css from "./replay.css";
import type { Replayed } from "./replayed.ts";
import { nameOf, numberOf, Transcript } from "./transcript.ts";
import { LANE_PX, Wave } from "./wave.ts";
import * as words from "./words.ts";

const PLAY = "M4.5 2.5v11l9-5.5z";
const PLUS = "M8 3v10M3 8h10";
const MINUS = "M3 8h10";
const STEP_MS = 1000;
/** Going back a turn from within its first moments means the one before it. */
const JUST_MS = 300;

/** Show a talk in `el` until `signal`. */
export function mountReplay(el: HTMLElement, replayed: Replayed, signal: AbortSignal): void {
  const scope = new Scope(signal);
  const host = document.createElement("div");
  host.dataset["voiceReplay"] = "";
  const root = host.attachShadow({ mode: "open" });
  adopt(root, base);
  adopt(root, css);
  el.append(host);
  scope.defer(() => host.remove());
  new ReplayView(host, root, replayed, scope);
}

class ReplayView {
  readonly #root: ShadowRoot;
  readonly #replayed: Replayed;
  readonly #transcript: Transcript;
  readonly #codes: Codes;
  #wave: Wave | null = null;
  #helps = false;
  /** Where the selection is to begin, before it has an end. */
  #from: number | null = null;
  #painting = false;
  readonly #scope: Scope;

  constructor(host: HTMLElement, root: ShadowRoot, replayed: Replayed, scope: Scope) {
    [this.#root, this.#replayed, this.#scope] = [root, replayed, scope];
    this.#transcript = new Transcript(
      replayed.shown,
      (turn) => this.#playTurn(turn),
      () => this.#soon(),
    );
    this.#codes = new Codes(
      replayed,
      () => this.#transcript.reached,
      () => this.#label(),
      (picked = true) => ((picked && this.#find('[data-number][aria-pressed="true"]')) || this.#find(".wave"))?.focus(),
    );
    this.#paint();
    followTheme(host, () => this.#wave?.redraw(), scope);
    this.#begin();
    listen(host, (key, event) => this.#deeds[key]?.(event) ?? (key.length === 1 && this.#codes.key(event)), scope);
    replayed.attach(
      {
        changed: () => this.#soon(),
        redraw: () => this.#wave?.redraw(),
        labelled: () => this.#label(),
        grown: () => this.#grow(),
      },
      scope,
    );
  }

  /** A talk that has only begun may have no rows or no picture yet. */
  #begin(): void {
    const [lane, scroll] = [this.#find(".wave"), this.#find(".scroll")];
    if (scroll) this.#transcript.begin(scroll, this.#scope);
    if (lane && !this.#wave)
      this.#wave = new Wave(
        lane,
        this.#replayed,
        () => this.#colours(),
        (ms, side) => this.#click(ms, side),
        this.#scope,
      );
    this.#label();
  }

  #grow(): void {
    const row = () => this.#root.activeElement?.closest<HTMLElement>(".row")?.dataset["seq"];
    const focused = row();
    this.#transcript.grow(this.#replayed.shown);
    this.#wave?.grow();
    this.#made = false;
    this.#paint();
    this.#begin();
    // A row that has become another took the focus with it.
    if (focused && row() !== focused) this.#find(`[data-seq="${focused}"] button`)?.focus();
  }

  // --- what is done ---

  readonly #deeds: Readonly<Record<string, (event: KeyboardEvent) => boolean>> = {
    " ": (event) => !target(event).matches("button:not(.at, .play)") && this.#toggle(),
    ArrowLeft: (event) => this.#step(event.shiftKey ? -5 : -1),
    ArrowRight: (event) => this.#step(event.shiftKey ? 5 : 1),
    Home: () => this.#seek(0),
    End: () => this.#seek(this.#replayed.shown.duration_ms),
    "[": () => this.#turn(-1),
    "]": () => this.#turn(1),
    "+": () => this.#zoom(true),
    "=": () => this.#zoom(true),
    "-": () => this.#zoom(false),
    i: () => this.#mark(),
    o: () => this.#end(),
    Escape: () => (this.#helps ? this.#help() : this.#codes.pick(null) || this.#clear()),
    Delete: (event) => this.#codes.remove(numberOf(target(event))),
    Backspace: (event) => this.#codes.remove(numberOf(target(event))),
    "Ctrl+z": ({ shiftKey }) => !shiftKey && this.#codes.undo(),
    "Alt+ArrowLeft": (event) => this.#codes.move(event, -1, 0),
    "Alt+ArrowRight": (event) => this.#codes.move(event, 1, 0),
    "Ctrl+ArrowLeft": (event) => this.#codes.move(event, 0, -1),
    "Ctrl+ArrowRight": (event) => this.#codes.move(event, 0, 1),
    "Alt+ArrowUp": (event) => this.#codes.move(event, -1, -1),
    "Alt+ArrowDown": (event) => this.#codes.move(event, 1, 1),
    F2: () => this.#codes.write(),
    "?": () => this.#help(),
  };

  #toggle(): true {
    const { sound } = this.#replayed;
    if (sound.playing) sound.pause();
    else if (this.#playable) {
      if (sound.ms >= this.#replayed.shown.duration_ms - 50) sound.seek(0);
      sound.play();
    }
    return true;
  }

  #seek(ms: number): true {
    const { sound, shown } = this.#replayed;
    sound.seek(Math.max(0, Math.min(ms, shown.duration_ms)));
    this.#transcript.follow();
    return true;
  }

  #step(seconds: number): true {
    return this.#seek(this.#replayed.sound.ms + seconds * STEP_MS);
  }

  #turn(by: 1 | -1): true {
    const now = this.#replayed.sound.ms;
    const starts = this.#replayed.shown.turns.flatMap(({ start_ms }) => start_ms ?? []).sort((a, b) => a - b);
    const next = by > 0 ? starts.find((ms) => ms > now + 1) : starts.findLast((ms) => ms < now - JUST_MS);
    return next === undefined ? true : this.#seek(next);
  }

  #playTurn({ start_ms }: Turn): void {
    if (start_ms === null) return;
    this.#seek(start_ms);
    if (this.#playable) this.#replayed.sound.play();
  }

  /** In the picture: a turn that lies there is played from its start, else the moment is gone to. */
  #click(ms: number, side: "user" | "assistant" | null): void {
    const { turns } = this.#replayed.shown;
    const turn = turns.find(
      ({ role, start_ms, end_ms }) =>
        role === side && start_ms !== null && start_ms <= ms && ms < Math.max(end_ms ?? 0, start_ms + 1),
    );
    if (turn) this.#playTurn(turn);
    else this.#seek(ms);
  }

  #zoom(closer: boolean): true {
    this.#wave?.zoom(closer);
    return true;
  }

  #mark(): true {
    this.#from = Math.round(this.#replayed.sound.ms);
    const end = this.#replayed.selection?.[1];
    if (end !== undefined && end > this.#from) this.#replayed.select([this.#from, end]);
    return true;
  }

  #end(): true {
    const from = this.#from ?? this.#replayed.selection?.[0] ?? 0;
    const end = Math.round(this.#replayed.sound.ms);
    if (end > from) this.#replayed.select([from, end]);
    return true;
  }

  #clear(): boolean {
    this.#from = null;
    if (!this.#replayed.selection) return false;
    this.#replayed.select(null);
    return true;
  }

  #help(): true {
    this.#helps = !this.#helps;
    this.#paint();
    this.#find(this.#helps ? ".keys button" : ".asks")?.focus();
    return true;
  }

  /** Labels, or which one is selected, are others. */
  #label(): void {
    const { labels, coding } = this.#replayed;
    const codes = this.#codes;
    codes.hear();
    const pick = ({ number }: Label) => void codes.pick(number);
    this.#transcript.label(labels, coding.codes, codes.picked, { mine: (label) => codes.owns(label), pick });
    this.#wave?.label(codes.picked, pick, (label, to) => codes.put(label, to));
    this.#soon();
  }

  #playSelection(): void {
    const { selection, sound } = this.#replayed;
    if (!selection) return;
    this.#seek(selection[0]);
    sound.play(selection[1]);
  }

  // --- what is seen ---

  get #playable(): boolean {
    const { sound, kernel } = this.#replayed;
    if (sound.state === "ready" || sound.state === "loading") return true;
    return sound.state !== "none" && sound.state !== "later" && kernel !== "saved" && kernel !== "lost";
  }

  #find(selector: string): HTMLElement | null {
    return this.#root.querySelector<HTMLElement>(selector);
  }

  #colours(): string[] {
    return [".sides .user", ".sides .assistant"].map((one) => {
      const found = this.#find(one);
      return found ? getComputedStyle(found).color : "gray";
    });
  }

  /** Once a frame at most. */
  #soon(): void {
    if (this.#painting) return;
    this.#painting = true;
    this.#scope.frame(() => {
      this.#painting = false;
      this.#paint();
    });
  }

  #paint(): void {
    const { shown, sound, selection } = this.#replayed;
    const focused = this.#root.activeElement;
    render(shown.turns.length || shown.duration_ms ? this.#whole() : this.#empty(), this.#root);
    this.#wave?.place(sound.ms);
    this.#wave?.select(selection);
    const { reached } = this.#transcript;
    this.#transcript.place(sound.ms);
    if (reached !== this.#transcript.reached) this.#soon();
    // What had the focus has gone, or can do nothing any more: without one keys would be the notebook's.
    if (focused && !(focused.isConnected && !focused.matches(":disabled"))) this.#home();
  }

  #home(): void {
    (this.#find(".wave") ?? this.#find(".asks"))?.focus();
  }

  #empty(): TemplateResult {
    return html`<section class="replay" aria-label=${words.name}>
      <div class="empty"><h2>${words.emptyTitle}</h2><p>${words.emptyText}</p></div>
    </section>`;
  }

  #whole(): TemplateResult {
    const { sound, shown } = this.#replayed;
    const [now, all] = [tenths(sound.ms), tenths(shown.duration_ms)];
    const says = this.#says();
    return html`<section class="replay" aria-label=${words.name}>
      <header>
        <button class="main play" title=${words.playTitle} ?disabled=${!this.#playable} @click=${() => this.#toggle()}>
          ${sound.playing ? icon("interrupt") : drawn(PLAY)}<span>${sound.playing ? words.stop : words.play}</span>
        </button>
        <time>${now} / ${all}</time>
        <span class="room"></span>
        ${button(words.zoomOut, drawn(MINUS), () => this.#zoom(false))}
        ${button(words.zoomIn, drawn(PLUS), () => this.#zoom(true))}
        <button class="bare asks" aria-label=${words.keysButton} title="${words.keysButton} (?)" aria-expanded=${this.#helps} @click=${() => this.#help()}>?</button>
      </header>
      ${this.#helps ? this.#keys() : nothing}
      ${shown.duration_ms ? this.#picture(now, all) : nothing}
      ${this.#codes.row(({ role }) => nameOf(role, shown))}
      <div class="picked">${this.#selection()}</div>
      <div class="talk">
        <div class="scroll" role="group" aria-label=${words.transcript}>${this.#once}</div>
        ${
          this.#transcript.follows
            ? nothing
            : html`<button class="plain latest" @click=${() => this.#transcript.follow()}>${words.follow}</button>`
        }
      </div>
      <p class="note says" role="status">${says}</p>
    </section>`;
  }

  /** Made once: later the rows are the transcript's own, with words of their own in them. */
  get #once(): TemplateResult | typeof noChange {
    if (this.#made) return noChange;
    this.#made = true;
    return this.#transcript.rows(this.#replayed.coding.coder !== null);
  }
  #made = false;

  #picture(now: string, all: string): TemplateResult {
    const { sound, shown } = this.#replayed;
    return html`<div class="picture">
      <div class="sides" aria-hidden="true">
        <span class="user">${nameOf("user", shown)}</span><span class="assistant">${nameOf("assistant", shown)}</span>
        ${this.#coders()}
      </div>
      <div class="wave" role="slider" tabindex="0" aria-label=${words.position} aria-valuemin="0"
        aria-valuemax=${Math.ceil(shown.duration_ms / 1000)} aria-valuenow=${Math.floor(sound.ms / 1000)}
        aria-valuetext="${now} / ${all}"></div>
    </div>`;
  }

  /** Each over its lane of labels. */
  #coders(): TemplateResult[] {
    const { shown, labels } = this.#replayed;
    let top = 2 * LANE_PX + (shown.tools.some(({ start_ms }) => start_ms !== null) ? ROW_PX : 0);
    return lanes(labels).map(({ coder, rows }) => {
      const at = top;
      top += HEAD_PX + rows.length * ROW_PX;
      return html`<span class="coder" .style=${`top: ${at}px`}>${coder}</span>`;
    });
  }

  #selection(): TemplateResult {
    const { selection, shown } = this.#replayed;
    if (!selection) return html`<span class="hint">${words.selectHint}</span>`;
    const [start, end] = selection;
    const turns = shown.turns.filter(
      ({ start_ms, end_ms }) => start_ms !== null && start_ms < end && start < (end_ms ?? start_ms),
    );
    return html`<span>${words.selected(precise(start / 1000), precise(end / 1000), turns.length)}</span>
      <button class="plain" ?disabled=${!this.#playable} @click=${() => this.#playSelection()}>${words.selectPlay}</button>
      <button class="plain" @click=${() => this.#clear()}>${words.selectClear}</button>`;
  }

  #keys(): TemplateResult {
    return html`<div class="keys" role="region" aria-label=${words.keysButton}>
      <dl>${[...words.keys, ...(this.#replayed.coding.coder === null ? [] : words.codeKeys)].map(([key, meaning]) => html`<dt><kbd>${key}</kbd></dt><dd>${meaning}</dd>`)}</dl>
      ${button(words.keysClose, icon("close"), () => this.#help())}
    </div>`;
  }

  #says(): string {
    const { sound, kernel, shown } = this.#replayed;
    const refused = this.#replayed.refused ?? this.#replayed.coding.problem;
    if (refused) return `${refused.message} ${refused.next_step}`.trim();
    if (sound.problem) return `${sound.problem.message} ${sound.problem.next_step}`.trim();
    if (sound.state === "none") return words.noSound;
    if (sound.blocked) return words.clickFirst;
    if (sound.state === "ready") return "";
    if (kernel === "saved") return words.saved(shown.sound.where);
    if (kernel === "lost") return words.lost;
    if (sound.state === "later") return words.later;
    return sound.state === "loading" ? words.loading(sound.share) : "";
  }
}

/** `m:ss.s`: what is heard begins and ends within a second. */
function tenths(ms: number): string {
  return precise(Math.floor(ms / 100) / 10).slice(0, -2);
}

function button(name: string, picture: TemplateResult, click: () => void): TemplateResult {
  return html`<button class="bare" aria-label=${name} title=${name} @click=${click}>${picture}</button>`;
}
