import { html, nothing, type TemplateResult } from "lit-html";
import type { ErrorInfo } from "../model.gen.ts";
import type { Line } from "../store.ts";
import * as words from "../words.ts";
import type { Copying } from "./copying.ts";
import { Earlier } from "./earlier.ts";
import { empty } from "./empty.ts";
import { Follow } from "./follow.ts";
import type { Images, Shot } from "./images.ts";
import type { Situation, SituationName } from "./situation.ts";
import type { PanelSource } from "./source.ts";
import { type Doing, type Typed, transcript, typedAs } from "./transcript.ts";

/** Nobody says anything, and what is asked for now is answered. */
const RESTS: readonly SituationName[] = ["listening", "push", "muted", "typing", "following"];

/** The panel around it. */
export interface ThreadHost {
  readonly root: ShadowRoot;
  draw(): void;
  changed(): void;
  /** Shows the events of an item; null: they are shut. */
  events(): ((item_id: string) => void) | null;
  results(line: Line): unknown;
  /** Null until that is loaded. */
  images(): Images | null;
  refused(refusal: ErrorInfo | null): void;
}

/** What was said, and what is typed into it. */
export class Thread {
  readonly #source: PanelSource;
  readonly #host: ThreadHost;
  readonly #copying: Copying;
  readonly #earlier = new Earlier();
  readonly follow: Follow;
  /** What was typed, until it has a row or was refused. */
  #typed: readonly Typed[] = [];
  /** By the row. */
  readonly #owners = new Map<string, Typed>();

  constructor(source: PanelSource, host: ThreadHost, copying: Copying) {
    this.#source = source;
    this.#host = host;
    this.#copying = copying;
    this.follow = new Follow(host.changed);
  }

  view(now: Situation): TemplateResult {
    const { lines, loaded } = this.#source;
    const { atEnd, onScroll, toEnd } = this.follow;
    const from = this.#earlier.from(lines.length, !atEnd || getSelection()?.isCollapsed === false);
    const rests = now.inCall && now.ours && RESTS.includes(now.name) && this.#typed.length === 0;
    const doing: Doing = {
      events: this.#host.events(),
      results: this.#host.results,
      pictures: this.#host.images(),
      copied: this.#copying.of,
      copy: this.#copying.copy,
      leftOff: (rests && loaded.extras?.leftOff(lines)) || null,
      goOn: () => this.#goOn(),
      earlier: () => this.#showEarlier(),
    };
    return html`<div class="talk">
      <div class="scroll" role="region" aria-label=${words.transcriptName} tabindex="0" @scroll=${onScroll}>
        ${(lines.length > 0 && loaded.extras?.copyTalk(lines, this.#copying.of(""), this.#copying.copy)) || nothing}
        ${
          lines.length + this.#typed.length > 0
            ? transcript(this.#source, from, this.#rowless(), now.name === "thinking" || now.name === "tool", doing)
            : empty(this.#source, now, this.send)
        }
      </div>
      ${atEnd ? nothing : html`<button class="plain latest" @click=${toEnd}>${words.transcriptLatest}</button>`}
    </div>`;
  }

  /** Together with the images that are about to go. */
  readonly send = (text: string): void => {
    const images = this.#host.images()?.take() ?? [];
    if (text.trim() || images.length > 0) this.#send(text, images);
  };

  /** What has no row yet. A row is that of one of them, also where two are alike. */
  #rowless(): readonly Typed[] {
    const { lines } = this.#source;
    return this.#typed.filter((one) => {
      const free = ({ row }: Line) => (this.#owners.get(row.item_id) ?? one) === one;
      const own = lines.slice(one.after).find((line) => free(line) && typedAs(line, one));
      if (own) this.#owners.set(own.row.item_id, one);
      return !own;
    });
  }

  #send(text: string, images: readonly Shot[]): void {
    this.follow.toEnd();
    const typed = { text: text.trim(), images, after: this.#source.lines.length };
    this.#typed = [...this.#typed, typed];
    const sent = this.#host.images()?.send(typed.text, images) ?? this.#source.sendText(typed.text);
    void sent.then((refusal) => {
      // Which row is whose, before one of them goes.
      this.#rowless();
      this.#typed = this.#typed.filter((one) => one !== typed);
      if (this.#typed.length === 0) this.#owners.clear();
      const input = this.#host.root.querySelector<HTMLInputElement>("form input");
      // Nothing typed is lost.
      if (refusal && input) input.value = input.value ? `${typed.text} ${input.value}` : text;
      this.#host.refused(refusal);
    });
    this.#host.changed();
  }

  #goOn(): void {
    // Until the next picture the button is still there.
    if (this.#typed.length === 0) this.#send(words.goOnText, []);
  }

  /** What a person looks at stays where it is. */
  #showEarlier(): void {
    const scroll = this.#host.root.querySelector(".scroll") as Element;
    const below = scroll.scrollHeight - scroll.scrollTop;
    this.#earlier.more();
    this.#host.draw();
    scroll.scrollTop = scroll.scrollHeight - below;
  }
}
