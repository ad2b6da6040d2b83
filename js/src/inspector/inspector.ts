import { html, nothing, type TemplateResult } from "lit-html";
import type { Traits } from "../model.gen.ts";
import type { Scope, Undo } from "../scope.ts";
import { coded } from "../view/coded.ts";
import { type Copying, labelOf } from "../view/copying.ts";
import { Follow } from "../view/follow.ts";
import { count, named, precise } from "../view/format.ts";
import { icon } from "../view/icons.ts";
import type { Pace } from "../view/pace.ts";
import type { PanelSource } from "../view/source.ts";
import type { LaneView } from "../view/waveform.ts";
import * as words from "../words.ts";
import { Activity } from "./activity.ts";
import { type Decision, decisions, type Mark, SHAPES } from "./decisions.ts";
import css from "./inspector.css";
import { legend, thresholdOf } from "./legend.ts";
import { EventLog, type Logged } from "./log.ts";
import { paint } from "./paint.ts";
import { type Filter, inSight, type Row, rowsOf } from "./rows.ts";
import { type Span, speech } from "./speech.ts";

/** As the style sheet has it. */
const ROW_PX = 24;
const LIVE_MS = 250;
const RESTING_MS = 1500;
const PAGE_ROWS = 8;

/** What is copied. */
const [ALL, ONE] = ["events", "event"];

const ARROWS = { sent: "→", received: "←", page: "↔", local: "·" } as const;
const NOTHING_FILTERED: Filter = { kind: "", search: "", item: "" };

/** What the inspector needs of the panel. */
export interface InspectorHost {
  readonly root: ShadowRoot;
  readonly pace: Pick<Pace, "watched">;
  readonly copying: Copying;
  changed(): void;
  close(): void;
  turns(): Traits["turn_detection"];
}

/** Every event of the talk, both ways: asks the kernel for them as long as it is open, and forgets them then. */
export class Inspector {
  readonly css: string = css;

  readonly #source: PanelSource;
  readonly #host: InspectorHost;
  readonly #scope: Scope;
  readonly #log = new EventLog();
  readonly #activity = new Activity();
  readonly #follow: Follow;
  readonly #unfolded = new Set<number>();
  #filter = NOTHING_FILTERED;
  #rows: readonly Row[] | null = null;
  #spans: readonly Span[] | null = null;
  #marks: readonly Mark[] | null = null;
  /** The row that is chosen, and the number of the event whose JSON is shown. */
  #chosen: string | null = null;
  #shown: number | null = null;
  #paused = false;
  #asking = false;
  /** It will ask then. */
  #later: Undo | null = null;
  #slow = false;
  #top = 0;
  #height = 240;

  constructor(source: PanelSource, host: InspectorHost, scope: Scope) {
    this.#source = source;
    this.#host = host;
    this.#scope = scope;
    this.#follow = new Follow(host.changed);
    this.#ask();
  }

  /** Over the bars of the user's lane: what the service made of them. */
  paint(brush: CanvasRenderingContext2D, view: LaneView): void {
    const threshold = thresholdOf(this.#host.turns());
    const picture = { activity: this.#activity, threshold, speech: this.#speech, marks: this.#decisions };
    paint(brush, view, picture, (name) => {
      const named = this.#host.root.querySelector(`.legend .${name}`);
      return named ? getComputedStyle(named).color : "";
    });
  }

  /** Only the events of one turn. */
  showItem(item: string): void {
    this.#filterBy({ ...NOTHING_FILTERED, item });
    this.#chosen = this.#all[0]?.key ?? null;
    this.#shown = null;
    this.#top = 0;
    this.#list?.scrollTo(0, 0);
    this.#list?.focus({ preventScroll: true });
  }

  /** To be called when it was drawn, as it is once it is seen again. */
  drawn(): void {
    if (!this.#later) this.#ask();
    const list = this.#list;
    if (!list) return;
    const resized = list.clientHeight !== this.#height;
    this.#height = list.clientHeight;
    if (resized) this.#reveal(this.#place);
    if (this.#chosen === null) this.#follow.keep(list);
    this.#top = list.scrollTop;
  }

  view(): TemplateResult {
    const rows = this.#all;
    const top = this.#chosen === null && this.#follow.atEnd ? rows.length * ROW_PX - this.#height : this.#top;
    const [first, last] = inSight(rows.length, Math.max(0, top), this.#height, ROW_PX);
    const shown = this.#log.events.find(({ number }) => number === this.#shown);
    return html`${this.#tools()} ${this.#remarks()} ${this.#legend()}
      <div
        class="events"
        role="tree"
        tabindex="0"
        aria-label=${words.eventsName}
        aria-activedescendant=${this.#chosen === null ? nothing : `event-${this.#place}`}
        @scroll=${this.#onScroll}
        @keydown=${this.#onKey}
      >
        <div class="space" role="none" .style=${`height: ${rows.length * ROW_PX}px`}>
          ${rows.slice(first, last).map((row, i) => this.#row(row, first + i))}
        </div>
      </div>
      ${shown ? this.#event(shown) : nothing}`;
  }

  // --- pictures ----------------------------------------------------------------------------------

  #tools(): TemplateResult {
    const { kind, search } = this.#filter;
    const options = { "": words.eventsAll, failed: words.eventsFailed, ...words.eventsDirections };
    return html`<div class="tools">
      <select aria-label=${words.eventsKind} @change=${this.#onKind}>
        ${Object.entries(options).map(([value, word]) => html`<option value=${value} .selected=${value === kind}>${word}</option>`)}
        <optgroup label=${words.eventsTypes}>
          ${this.#log.kinds.map((name) => html`<option value=${name} .selected=${name === kind}>${name}</option>`)}
        </optgroup>
      </select>
      <input
        type="search"
        aria-label=${words.eventsSearch}
        placeholder=${words.eventsSearch}
        .value=${search}
        @input=${this.#onSearch}
      />
      <button class="plain" aria-pressed=${this.#paused} @click=${this.#pause}>
        ${this.#paused ? words.eventsGoOn : words.eventsPause}
      </button>
      <button class="plain" title=${words.eventsCopyTitle} @click=${this.#copyAll}>${labelOf(this.#host.copying.of(ALL), words.eventsCopy)}</button>
      <button class="bare" aria-label=${words.eventsClose} @click=${() => this.#host.close()}>${icon("close")}</button>
    </div>`;
  }

  #remarks(): TemplateResult {
    const { leftOut, events } = this.#log;
    const { item, kind, search } = this.#filter;
    const shown = this.#all.reduce((sum, row) => sum + (row.inside ? 0 : row.events.length), 0);
    const filtered = item || kind || search;
    return html`<div class="remarks">
      <span>${filtered ? words.eventsOf(shown, count(events.length, words.eventsOne)) : count(events.length, words.eventsOne)}</span>
      ${item ? html`<button class="plain" @click=${() => this.#filterBy(NOTHING_FILTERED)}>${words.eventsOfTurn} ${icon("close")}</button>` : nothing}
      ${leftOut > 0 ? html`<span>${coded(named(words.eventsLeftOut(leftOut), this.#source.traits))}</span>` : nothing}
      ${this.#slow ? html`<span>${this.#source.kernel === "alive" ? words.eventsBusy : words.extrasNoKernel.join(" ")}</span>` : nothing}
    </div>`;
  }

  #legend(): TemplateResult | typeof nothing {
    const { connection_state } = this.#source.traits;
    const turns = this.#host.turns();
    const { told, now } = this.#activity;
    const connected = connection_state === "connected";
    const speech = this.#speech.length > 0;
    const made = new Set(this.#decisions.map(({ decision }) => decision));
    const drawn = {
      likely: now !== null,
      now: connected ? now : null,
      threshold: thresholdOf(turns),
      untold: told === false && (speech || connected),
      speech,
      decisions: (Object.keys(SHAPES) as Decision[]).filter((decision) => made.has(decision)),
    };
    return legend(drawn, turns);
  }

  #row({ key, place, events, unfolded, inside }: Row, at: number): TemplateResult {
    const [event] = events;
    const folded = events.length > 1;
    const summary = folded ? events.map((one) => one.summary).join("") : event.summary;
    const chosen = key === this.#chosen;
    return html`<div
      class="event ${event.failed ? "failed" : ""} ${inside ? "inside" : ""}"
      role="treeitem"
      id=${`event-${at}`}
      aria-level=${inside ? 2 : 1}
      aria-selected=${chosen}
      aria-expanded=${folded ? String(unfolded) : nothing}
      aria-posinset=${place[0]}
      aria-setsize=${place[1]}
      .style=${`top: ${at * ROW_PX}px`}
      @click=${() => this.#choose(at, true)}
    >
      <time>${precise(this.#log.since(event))}</time>
      <span
        class="direction"
        role="img"
        aria-label=${words.eventsDirections[event.direction]}
        title=${words.eventsDirections[event.direction]}
      >${ARROWS[event.direction]}</span>
      <span class="type">${event.type}</span>
      <b>${folded ? words.eventsTimes(events.length) : nothing}</b>
      <span class="summary" dir="auto">${summary}</span>
    </div>`;
  }

  #event(event: Logged): TemplateResult {
    return html`<div class="json" role="region" aria-label=${words.eventsJson}>
      <pre tabindex="0">${pretty(event.text)}</pre>
      <button class="plain" @click=${() => this.#host.copying.copy(ONE, pretty(event.text))}>${labelOf(this.#host.copying.of(ONE), words.eventsCopyOne)}</button>
      <button class="bare" aria-label=${words.eventsFold} @click=${() => this.#show(null)}>${icon("close")}</button>
    </div>`;
  }

  // --- what a person does ------------------------------------------------------------------------

  readonly #onKind = ({ target }: Event): void => {
    this.#filterBy({ ...this.#filter, kind: (target as HTMLSelectElement).value });
  };

  readonly #onSearch = ({ target }: Event): void => {
    this.#filterBy({ ...this.#filter, search: (target as HTMLInputElement).value });
  };

  readonly #pause = (): void => {
    this.#paused = !this.#paused;
    this.#host.changed();
    this.#ask();
  };

  readonly #copyAll = (): void => {
    const pass = this.#all.filter((row) => !row.inside).flatMap((row) => row.events);
    const ordered = [...pass].sort((a, b) => a.number - b.number);
    void this.#host.copying.copy(ALL, `[\n${ordered.map(({ text }) => text).join(",\n")}\n]`);
  };

  readonly #onScroll = (event: Event): void => {
    this.#follow.onScroll(event);
    this.#top = (event.target as Element).scrollTop;
    this.#host.changed();
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    const at = this.#place;
    const last = this.#all.length - 1;
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? last : at - 1,
      PageDown: at + PAGE_ROWS,
      PageUp: at - PAGE_ROWS,
      Home: 0,
      End: last,
    }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (to !== undefined) this.#choose(Math.max(0, Math.min(last, to)), false);
    else if (event.key === "Enter") this.#choose(at, true);
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") this.#unfold(at, event.key === "ArrowRight");
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  /** `open`: unfold it, or fold it again. */
  #choose(place: number, open: boolean): void {
    const row = this.#all[place];
    if (!row) return;
    const [{ number }] = row.events;
    this.#chosen = row.key;
    if (open && row.events.length > 1) {
      if (!this.#unfolded.delete(number)) this.#unfolded.add(number);
      this.#rows = null;
    } else if (open) this.#show(this.#shown === number ? null : number);
    this.#reveal(place);
    this.#host.changed();
  }

  #unfold(place: number, unfolded: boolean): void {
    const row = this.#all[place];
    if (row && row.events.length > 1 && row.unfolded !== unfolded) this.#choose(place, true);
  }

  /** Scroll no further than it takes to see the row. */
  #reveal(place: number): void {
    const list = this.#list;
    if (!list || place < 0) return;
    const [top, bottom] = [place * ROW_PX, (place + 1) * ROW_PX - list.clientHeight];
    list.scrollTop = Math.max(bottom, Math.min(list.scrollTop, top));
  }

  #show(number: number | null): void {
    this.#shown = number;
    this.#host.changed();
  }

  #filterBy(filter: Filter): void {
    this.#filter = filter;
    this.#rows = null;
    this.#chosen = null;
    this.#host.changed();
  }

  // --- inside ------------------------------------------------------------------------------------

  get #all(): readonly Row[] {
    this.#rows ??= rowsOf(this.#log.events, this.#filter, this.#unfolded);
    return this.#rows;
  }

  get #speech(): readonly Span[] {
    this.#spans ??= speech(this.#log.events);
    return this.#spans;
  }

  get #decisions(): readonly Mark[] {
    this.#marks ??= decisions(this.#log.events, this.#activity);
    return this.#marks;
  }

  get #list(): HTMLElement | null {
    return this.#host.root.querySelector(".events");
  }

  /** Of the chosen row; -1: there is none. */
  get #place(): number {
    return this.#chosen === null ? -1 : this.#all.findIndex((row) => row.key === this.#chosen);
  }

  /** Not while nobody looks. */
  #ask(): void {
    if (this.#asking || this.#paused || this.#scope.closed || !this.#host.pace.watched) return;
    this.#later?.();
    this.#later = null;
    this.#asking = true;
    const { next: after, edition } = this.#log;
    void this.#source.events({ after, edition, activity_after: this.#activity.next }).then((answer) => {
      this.#asking = false;
      if (this.#scope.closed) return;
      const heard = answer !== null && this.#activity.take(answer.voice_activity);
      const news = answer === null ? !this.#slow : this.#slow || heard || answer.lines !== "";
      this.#slow = answer === null;
      if (answer && this.#log.take(answer)) this.#rows = this.#spans = this.#marks = null;
      if (news) this.#host.changed();
      this.#later = this.#scope.after(this.#log.behind && answer ? 0 : this.#rest, () => {
        this.#later = null;
        this.#ask();
      });
    });
  }

  get #rest(): number {
    const { connection_state } = this.#source.traits;
    return connection_state === "disconnected" || connection_state === "error" ? RESTING_MS : LIVE_MS;
  }
}

function pretty(text: string): string {
  return JSON.stringify(JSON.parse(text), null, 2);
}
