import { html, nothing, render, type TemplateResult } from "lit-html";
import type { ErrorInfo, Traits } from "../model.gen.ts";
import { Scope } from "../scope.ts";
import { makeLanes } from "./canvas.ts";
import { controls } from "./controls.ts";
import { clock } from "./format.ts";
import { Hold } from "./hold.ts";
import { icon } from "./icons.ts";
import { ofHost } from "./keys.ts";
import { consentDialog, recordingMark } from "./recording.ts";
import { settings } from "./settings.ts";
import { canInterrupt, type Situation, situation } from "./situation.ts";
import type { PanelSource } from "./source.ts";
import { announced, coded, type Deed, strip, stripView } from "./strip.ts";
import { styles } from "./styles.ts";
import { adopt, copyText, followTheme } from "./theme.ts";
import { goesOn, parts, type Typed, transcript } from "./transcript.ts";

const COPIED_MS = 2000;
/** There are no frames while nobody can see the page. */
const HIDDEN_MS = 250;
const EXAMPLES = 3;
/** Scrolled up by more than this, a person is reading and is left alone. */
const AT_END_PX = 24;

/** Put the panel into `el`, until `signal`. */
export function mountPanel(el: HTMLElement, source: PanelSource, signal: AbortSignal): void {
  new Panel(el, source, new Scope(signal));
}

class Panel {
  readonly #source: PanelSource;
  readonly #scope: Scope;
  readonly #host = document.createElement("div");
  readonly #root: ShadowRoot;
  readonly #lanes: ReturnType<typeof makeLanes>;
  readonly #hold: Hold;
  /** What each way to take turns was set to when it was in force last. */
  readonly #ways: Record<string, Record<string, unknown>> = {};
  #queued = false;
  #atEnd = true;
  #top = 0;
  #focused: HTMLElement | null = null;
  #open = false;
  #consenting = false;
  #copied = false;
  /** This page may act on the call. */
  #ours = false;
  /** How turns shall be taken, until the kernel has said that they are, or why not. */
  #turns: { readonly wanted: Traits["turn_detection"] } | null = null;
  /** What was typed, until it has a row or was refused. */
  #typed: readonly Typed[] = [];
  #dismissed: string | null = null;
  #lit = "";

  constructor(el: HTMLElement, source: PanelSource, scope: Scope) {
    this.#source = source;
    this.#scope = scope;
    this.#host.dataset["voiceWidget"] = "";
    // JupyterLab's own remedy against its shortcuts: without it, choosing a voice by typing "d d" deletes the cell.
    this.#host.dataset["lmSuppressShortcuts"] = "true";
    this.#root = this.#host.attachShadow({ mode: "open" });
    adopt(this.#root, styles);
    this.#lanes = makeLanes(
      source,
      () => this.#colours(),
      () => this.#frame(),
      scope,
    );
    el.append(this.#host);
    scope.defer(() => {
      render(nothing, this.#root);
      this.#host.remove();
    });
    // What is painted keeps its colours until it is painted again.
    followTheme(this.#host, this.#lanes.wake, scope);
    this.#hold = new Hold(source, this.#host, scope);
    scope.on(this.#host, "keydown", (event: KeyboardEvent) => this.#key(event));
    scope.on(this.#host, "keyup", (event: KeyboardEvent) => {
      event.stopPropagation();
      if (this.#talks(event)) this.#hold.key(event);
    });
    scope.on(this.#host, "keypress", (event: Event) => event.stopPropagation());
    scope.on(document, "pointerdown", (event: Event) => {
      const inside = event.composedPath().some((at) => (at as Element).matches?.(".popover, .toggle"));
      // The focus goes where the click goes.
      if (this.#open && !inside) this.#show(false, false);
    });
    scope.every(1000, () => {
      const over = ["disconnected", "error"].includes(source.traits.connection_state);
      // What counts up or down.
      if (source.local.stage !== "none" || !over) this.#changed();
    });
    source.attach({ changed: () => this.#changed(), stir: this.#lanes.wake }, scope);
    this.#draw();
    const scroll = this.#root.querySelector(".scroll") as Element;
    const size = new ResizeObserver(() => this.#follow(scroll));
    size.observe(scroll);
    scope.defer(() => size.disconnect());
  }

  #changed(): void {
    if (this.#queued || this.#scope.closed) return;
    this.#queued = true;
    const draw = () => {
      this.#queued = false;
      this.#draw();
    };
    if (document.hidden) this.#scope.after(HIDDEN_MS, draw);
    else this.#scope.frame(draw);
  }

  #draw(): void {
    const source = this.#source;
    const now = situation(source, performance.now(), Date.now() / 1000);
    this.#ours = now.ours;
    const focused = this.#root.activeElement !== null;
    render(this.#view(now), this.#root);
    this.#followConsent(focused);
    // What had it has gone or was switched off: the keys must go on.
    const active = this.#root.activeElement;
    if (focused && (active === null || active.matches(":disabled"))) this.#focus(".panel");
    this.#follow(this.#root.querySelector(".scroll") as Element);
    this.#lanes.wake();
  }

  /** The question takes the focus, where the panel had it, and gives it to Call. */
  #followConsent(focused: boolean): void {
    const { consenting } = this.#source.local;
    if (consenting === this.#consenting) return;
    this.#consenting = consenting;
    if (focused) this.#focus(consenting ? ".consent" : ".main");
  }

  #focus(selector: string): void {
    this.#root.querySelector<HTMLElement>(selector)?.focus({ preventScroll: true });
  }

  #follow(scroll: Element): void {
    if (this.#atEnd) scroll.scrollTop = scroll.scrollHeight;
    this.#top = scroll.scrollTop;
  }

  #view(now: Situation): TemplateResult {
    const source = this.#source;
    const { traits } = source;
    const turns = this.#turns ? this.#turns.wanted : traits.turn_detection;
    if (turns) this.#ways[String(turns["type"])] = turns;
    const strip_ = strip(source, now);
    return html`<section class="panel" aria-label="Voice call" tabindex="-1" data-state=${now.name}>
      <div class="all" ?inert=${source.local.consenting}>
      ${this.#header(now)}
      <div class="lanes">
        <div class="names" aria-hidden="true">
          <span class="user"><i class="lamp ${traits.user_speaking ? "on" : ""}"></i>You</span>
          <span class="assistant"><i class="lamp ${traits.assistant_speaking ? "on" : ""}"></i>Assistant</span>
        </div>
        <div class="picture">${this.#lanes.canvas}</div>
      </div>
      <div class="talk">
        <div class="scroll" role="region" aria-label="Transcript" tabindex="0" @scroll=${this.#onScroll}>
          ${
            source.lines.length + this.#typed.length > 0
              ? transcript(source, this.#typed, now.name === "thinking" || now.name === "tool")
              : this.#empty(now)
          }
        </div>
        ${this.#atEnd ? nothing : html`<button class="plain latest" @click=${this.#toEnd}>↓ Latest</button>`}
      </div>
      ${stripView(
        strip_ && strip_.key !== null && strip_.key === this.#dismissed ? null : strip_,
        this.#copied,
        (deed) => this.#act(deed),
        (key) => this.#dismiss(key),
      )}
      ${controls(source, now, this.#hold, (text) => this.#send(text))}
      ${this.#open ? settings(turns, traits.transport, this.#ways, (value) => this.#setTurns(value)) : nothing}
      </div>
      ${source.local.consenting ? consentDialog(source) : nothing}
      <div class="unseen" role="status">${announced(now)}</div>
    </section>`;
  }

  #header(now: Situation): TemplateResult {
    const { traits } = this.#source;
    const { voice, voices, call_started_at, service_name, model } = traits;
    const names = voice === null || voices.includes(voice) ? voices : [voice, ...voices];
    const running = now.inCall && call_started_at > 0;
    return html`<header>
      <i class="lamp ${now.lamp ? "on" : ""} ${now.lamp}"></i>
      <span class="state" aria-hidden="true">${now.words}</span>
      <span class="detail" aria-hidden="true">${now.detail}</span>
      ${recordingMark(this.#source, now)}
      <span class="about"><span class="service" title=${model}>${service_name}${names.length > 0 ? " · " : ""}</span>${
        names.length > 0
          ? html`<select
              class="voice"
              aria-label="Voice"
              ?disabled=${!now.ours}
              @change=${async ({ target }: Event) => {
                const select = target as HTMLSelectElement;
                // A choice that was refused is taken back in the picture, too.
                if (await this.#set("voice", select.value)) select.value = this.#source.traits.voice ?? "";
              }}
            >
              ${names.map((name) => html`<option value=${name} .selected=${name === voice}>${name}</option>`)}
            </select>`
          : nothing
      }</span>
      <time aria-label="Length of the call">${running ? clock(Date.now() / 1000 - call_started_at) : ""}</time>
      <button
        class="bare toggle"
        aria-label="Settings"
        title="Settings and keys (?)"
        aria-expanded=${this.#open}
        @click=${() => this.#show(!this.#open)}
      >
        ${icon("settings")}
      </button>
    </header>`;
  }

  #empty(now: Situation): TemplateResult {
    const { examples, earlier_turns } = this.#source.traits;
    const [title, text] = opening(now, this.#source.traits);
    return html`<div class="empty">
      <h2>${title}</h2>
      <p>${coded(text)}</p>
      ${earlier_turns > 0 ? html`<p class="earlier">${goesOn(earlier_turns)}</p>` : nothing}
      <div class="examples">
        ${examples
          .slice(0, now.ours && now.name !== "following" ? EXAMPLES : 0)
          .map((example) => html`<button class="example" @click=${() => this.#send(example)}>${example}</button>`)}
      </div>
    </div>`;
  }

  // --- what a person does ------------------------------------------------------------------------

  #key(event: KeyboardEvent): void {
    if (ofHost(event)) {
      // JupyterLab looks for the mark while the event bubbles past it.
      const { lmSuppressShortcuts: mark = "" } = this.#host.dataset;
      delete this.#host.dataset["lmSuppressShortcuts"];
      this.#scope.after(0, () => {
        this.#host.dataset["lmSuppressShortcuts"] = mark;
      });
      return;
    }
    event.stopPropagation();
    const field = event.composedPath()[0] as Element;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && this.#source.local.consenting) this.#source.answerConsent(false);
    else if (event.key === "Escape" && this.#open) this.#show(false);
    else if (this.#talks(event)) this.#hold.key(event);
    else if (/^(input|select|textarea)$/i.test(field.tagName)) return;
    else if (event.key === "Escape" && this.#ours && canInterrupt(this.#source)) this.#source.interrupt();
    else if (event.key === "?") this.#show(!this.#open);
    else if (event.key.toLowerCase() === "m" && this.#source.local.stage === "open" && !event.repeat) {
      this.#source.mute(!this.#source.local.muted);
    } else return;
    event.preventDefault();
  }

  /** Space, where it would do nothing better. */
  #talks(event: KeyboardEvent): boolean {
    const field = event.composedPath()[0] as Element;
    const { traits, local } = this.#source;
    return (
      event.key === " " &&
      traits.turn_detection === null &&
      local.stage === "open" &&
      !field.matches("input, select, textarea, .popover *, button:focus-visible:not(.hold, .main)")
    );
  }

  #send(text: string): void {
    if (!text.trim()) return;
    this.#atEnd = true;
    const typed = { text: text.trim(), after: this.#source.lines.length };
    this.#typed = [...this.#typed, typed];
    void this.#source.sendText(typed.text).then((refusal) => {
      this.#typed = this.#typed.filter((one) => one !== typed);
      const input = this.#root.querySelector<HTMLInputElement>("form input");
      // Nothing typed is lost.
      if (refusal && input && !input.value) input.value = text;
      this.#refused(refusal);
    });
    this.#changed();
  }

  /** True when it was refused. */
  async #set(name: "voice" | "turn_detection", value: unknown): Promise<boolean> {
    const refusal = await this.#source.set(name, value);
    this.#refused(refusal);
    return refusal !== null;
  }

  /** One setting more before the kernel has answered must not take the last one back. */
  async #setTurns(wanted: Traits["turn_detection"]): Promise<boolean> {
    const turns = { wanted };
    this.#turns = turns;
    this.#draw();
    const refused = await this.#set("turn_detection", wanted);
    if (this.#turns === turns) this.#turns = null;
    this.#changed();
    return refused;
  }

  #refused(refusal: ErrorInfo | null): void {
    if (refusal) this.#dismissed = null;
    this.#changed();
  }

  #dismiss(key: string): void {
    this.#dismissed = key;
    this.#changed();
  }

  #act(deed: Deed): void {
    if (deed.do === "call" || deed.do === "typeOnly") this.#source.call(deed.do === "call");
    else if (deed.do === "sound") this.#source.unblockSound();
    else if (deed.do === "microphone") this.#source.sound.regain();
    else if (deed.do === "hangUp") this.#source.hangUp();
    else if (deed.do === "copy") void copyText(deed.text, this.#root).then(() => this.#flash());
  }

  /** "Copied", for a moment. */
  #flash(): void {
    this.#copied = true;
    this.#changed();
    this.#scope.after(COPIED_MS, () => {
      this.#copied = false;
      this.#changed();
    });
  }

  /** `back`: the focus goes back to where it was. */
  #show(open: boolean, back = true): void {
    if (open) this.#focused = this.#root.activeElement as HTMLElement | null;
    this.#open = open;
    this.#draw();
    if (open) this.#focus(".popover");
    else if (back) this.#focused?.focus({ preventScroll: true });
  }

  readonly #onScroll = (event: Event): void => {
    const { scrollTop, scrollHeight, clientHeight } = event.target as Element;
    // Only a move upwards is a person's: what grows or is resized leaves the place where it was.
    const left = scrollTop < this.#top || !this.#atEnd;
    this.#top = scrollTop;
    const atEnd = !left || scrollHeight - scrollTop - clientHeight < AT_END_PX;
    if (atEnd === this.#atEnd) return;
    this.#atEnd = atEnd;
    this.#changed();
  };

  readonly #toEnd = (): void => {
    this.#atEnd = true;
    this.#changed();
  };

  // --- pictures ----------------------------------------------------------------------------------

  /** Between two frames a word may have been reached. */
  #frame(): void {
    const line = this.#source.lines.at(-1);
    if (!line) return;
    const { said, now } = parts(line, this.#source.heard(line.row.item_id));
    const lit = `${line.row.item_id} ${said.length} ${now.length}`;
    if (lit === this.#lit) return;
    this.#lit = lit;
    this.#changed();
  }

  #colours(): [string, string] {
    const colour = (role: string) => {
      const name = this.#root.querySelector(`.names .${role}`);
      return name ? getComputedStyle(name).color : "";
    };
    return [colour("user"), colour("assistant")];
  }
}

/** What stands where the transcript will be. */
function opening({ name, inCall, ours }: Situation, { turn_detection }: Traits): [string, string] {
  if (name === "asking") return ["Allow the microphone", "The browser asks for it, beside the address."];
  if (name === "connecting" || name === "reconnecting") return ["One moment", ""];
  if (name === "following") return ["Following a call", "What is said in it appears here."];
  if (name === "typing") return ["Type a message", "This call has no microphone. The answer is spoken."];
  if (inCall && ours && turn_detection === null) {
    return ["Hold to talk", "Hold the button or Space while you speak. Release to send."];
  }
  if (inCall && ours) return ["Say something", "Speak when it listens. You can talk over it at any time."];
  if (!ours) return ["No turns yet", ""];
  return [
    "Talk, and every turn becomes a row",
    "Press Call and speak, or type below. The rows are in `w.transcript_df`.",
  ];
}
