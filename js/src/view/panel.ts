import { html, nothing, render, type TemplateResult } from "lit-html";
import { guard } from "lit-html/directives/guard.js";
import type { Extras } from "../extras.ts";
import { isOver } from "../known.ts";
import type { ErrorInfo, SetMessage, Traits } from "../model.gen.ts";
import { Scope } from "../scope.ts";
import * as words from "../words.ts";
import { makeLanes } from "./canvas.ts";
import { controls } from "./controls.ts";
import { Copying } from "./copying.ts";
import { Disclosure } from "./disclosure.ts";
import { Drawer } from "./drawer.ts";
import { extra, missing } from "./extra.ts";
import { floatingButton } from "./floating_button.ts";
import { header } from "./header.ts";
import { Hold } from "./hold.ts";
import { Keyboard } from "./keyboard.ts";
import { lanes } from "./lanes.ts";
import { OFFERING_MS, Pace } from "./pace.ts";
import { parts, plain } from "./parts.ts";
import { Place } from "./place.ts";
import { Results } from "./results.ts";
import { opened, type Situation, situation, talks } from "./situation.ts";
import type { PanelSource } from "./source.ts";
import { announced, type Deed, type Strip, strip, stripView } from "./strip.ts";
import { styles } from "./styles.ts";
import { adopt, followTheme } from "./theme.ts";
import { Thread } from "./thread.ts";

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
  readonly #settings: Disclosure;
  readonly #help: Disclosure;
  readonly #drawer: Drawer;
  readonly #results: Results;
  readonly #place: Place;
  /** What floats, or lies over the page. */
  readonly #over: Disclosure;
  #talking = false;
  #sound: ReturnType<Extras["makeSound"]> | null = null;
  readonly #copying: Copying;
  readonly #thread: Thread;
  #images: InstanceType<Extras["Images"]> | null = null;
  #turns: InstanceType<Extras["Turns"]> | null = null;
  #aloud: InstanceType<Extras["Aloud"]> | null = null;
  #tab: InstanceType<Extras["OwnTab"]> | null = null;
  readonly #pace: Pace;
  /** The styles of the sides' names, which stay true to what they are in force. */
  #sides: readonly CSSStyleDeclaration[] = [];
  #consenting = false;
  /** This page may act on the call. */
  #ours = false;
  #open: boolean;
  readonly #dismissed = new Set<string>();
  #lit = "";

  constructor(el: HTMLElement, source: PanelSource, scope: Scope) {
    this.#source = source;
    this.#scope = scope;
    this.#open = opened(source);
    this.#host.dataset["voiceWidget"] = "";
    this.#root = this.#host.attachShadow({ mode: "open" });
    adopt(this.#root, styles);
    // Also what is about to lie over the page.
    const open = () => this.#over.open || (this.#place.view === "overlay" && talks(source) !== this.#talking);
    this.#pace = new Pace(this.#host, { open, shut: () => this.#shut }, () => this.#draw(), scope);
    this.#lanes = makeLanes(
      source,
      () => this.#colours(),
      () => this.#frame(),
      open,
      (brush, view) => this.#drawer.paint(brush, view),
      scope,
    );
    scope.defer(() => render(nothing, this.#root));
    this.#place = new Place(el, this.#host, scope);
    this.#over = new Disclosure(this.#root, ".panel", () => this.#draw());
    // What is painted keeps its colours until it is painted again.
    followTheme(this.#host, () => this.#changed(), scope);
    this.#hold = new Hold(source, this.#host, scope);
    const loaded = () => {
      source.load();
      this.#draw();
    };
    this.#settings = new Disclosure(this.#root, ".popover", loaded);
    this.#settings.shutByClicks(".popover, .toggle, .help", scope);
    this.#help = new Disclosure(this.#root, ".help", loaded);
    this.#copying = new Copying(this.#root, this.#pace.changed, scope);
    const host = {
      root: this.#root,
      draw: () => this.#draw(),
      changed: () => this.#changed(),
      pace: this.#pace,
      copying: this.#copying,
      turns: () => this.#turns?.of(source.traits) ?? null,
    };
    this.#drawer = new Drawer(source, host, scope);
    this.#results = new Results(source, this.#root, host.changed, scope);
    this.#thread = new Thread(
      source,
      {
        ...host,
        events: () => (this.#drawer.disclosure.open && source.loaded.extras ? this.#drawer.showItem : null),
        results: this.#results.of,
        images: () => this.#images,
        refused: (refusal) => this.#refused(refusal),
      },
      this.#copying,
    );
    const on = {
      settings: this.#settings,
      events: this.#drawer.disclosure,
      help: this.#help,
      hold: this.#hold,
      ours: () => this.#ours,
      collapse: () => this.#collapse(),
    };
    new Keyboard(source, this.#host, on, scope);
    source.attach({ changed: () => this.#changed(), stir: this.#lanes.wake }, scope);
    this.#draw();
    const scroll = this.#root.querySelector(".scroll") as Element;
    const size = new ResizeObserver(() => this.#thread.follow.keep(scroll));
    size.observe(scroll);
    scope.defer(() => size.disconnect());
  }

  #changed(): void {
    const before = this.#open;
    this.#open = opened(this.#source);
    // From now on one may speak.
    if (this.#open && !before) this.#pace.now();
    else this.#pace.changed(this.#source.local.stage === "offering" ? OFFERING_MS : 0);
  }

  #draw(): void {
    const source = this.#source;
    const now = situation(source, performance.now(), Date.now() / 1000);
    this.#ours = now.ours;
    const before = this.#root.activeElement as HTMLElement | null;
    const within = before?.closest<HTMLElement>("dialog, .popover, .drawer");
    this.#followPlace();
    this.#equip();
    render(this.#view(now), this.#root);
    this.#followConsent(before !== null);
    // What had it has moved, has gone or was switched off: the keys must go on.
    if (!this.#root.activeElement) before?.focus({ preventScroll: true });
    const active = this.#root.activeElement;
    if (before && (active === null || active.matches(":disabled") || !active.checkVisibility())) {
      if (within?.isConnected) within.focus({ preventScroll: true });
      else this.#focus(this.#shut ? ".float" : ".panel");
    }
    this.#thread.follow.keep(this.#root.querySelector(".scroll") as Element);
    this.#drawer.drawn();
    for (const dialog of this.#root.querySelectorAll<HTMLDialogElement>("dialog:not([open])")) {
      dialog.showModal();
      dialog.focus();
    }
    // Of a long answer the word that is being spoken.
    this.#root.querySelector("dialog .now")?.scrollIntoView({ block: "nearest" });
    this.#lanes.wake();
    const { stage } = source.local;
    const over = isOver(source.traits);
    // What is waited for is said aloud after a while, and how long a call lasts is not.
    if (stage !== "none" || !over) this.#pace.counts(stage === "asking" || stage === "offering");
  }

  /** With what has come from the kernel now. */
  #equip(): void {
    const { extras } = this.#source.loaded;
    if (!extras || this.#turns) return;
    const changed = () => this.#changed();
    adopt(this.#root, extras.rare);
    this.#images = new extras.Images(this.#source, this.#host, () => this.#ours, changed, this.#scope);
    const set = (value: Traits["turn_detection"]) => this.#set("turn_detection", value);
    this.#turns = new extras.Turns(set, () => this.#draw(), changed, this.#scope);
    this.#aloud = new extras.Aloud(this.#source, changed, this.#scope);
    this.#tab = new extras.OwnTab(this.#source, changed, this.#scope);
  }

  /** Another view begins shut; the overlay is of a call on this page, comes and goes with that, and is one, where it is seen. */
  #followPlace(): void {
    const { traits } = this.#source;
    const before = this.#place.view;
    this.#place.follow(traits);
    const { view } = this.#place;
    const talking = talks(this.#source);
    if (view !== before || (view === "overlay" && talking !== this.#talking)) {
      const overlay =
        view === "overlay" && talking && this.#host.checkVisibility() && !document.querySelector("[data-over]");
      if (overlay) this.#source.load();
      this.#over.set(overlay);
    }
    this.#talking = talking;
    this.#host.toggleAttribute("data-over", this.#covered);
  }

  /** The overlay lies over it. */
  get #covered(): boolean {
    return this.#place.view === "overlay" && this.#over.open;
  }

  /** There is but the button that opens it, and what must be told. */
  get #shut(): boolean {
    return this.#place.view === "floating" && !this.#over.open;
  }

  /** What follows lies in it. */
  #reveal(): void {
    if (this.#shut) this.#over.show(true);
  }

  #collapse(): boolean {
    if (!this.#over.open) return false;
    this.#over.show(false);
    return true;
  }

  /** The question takes the focus, where the panel had it, and gives it to Call. */
  #followConsent(focused: boolean): void {
    const { consenting } = this.#source.local;
    if (consenting === this.#consenting) return;
    this.#consenting = consenting;
    if (consenting) {
      this.#reveal();
      this.#source.load();
    }
    if (focused) this.#focus(consenting ? ".consent" : ".main");
  }

  #focus(selector: string): void {
    this.#root.querySelector<HTMLElement>(selector)?.focus({ preventScroll: true });
  }

  #view(now: Situation): TemplateResult {
    const source = this.#source;
    // Also while nobody looks: it keeps what each way was set to.
    this.#turns?.of(source.traits);
    const shut = this.#shut;
    const told = this.#images?.problem ?? strip(source, now, this.#dismissed, shut);
    const aloud = this.#aloud?.view();
    const recorded = source.loaded.extras?.recordingBadge(source, now) ?? ["", nothing];
    return html`<section
        class="panel"
        aria-label=${words.headerPanel}
        tabindex="-1"
        data-state=${now.name}
        ?hidden=${shut}
      >
      <div class="all" ?inert=${source.local.consenting}>
      ${
        // What is hidden stays as it was.
        guard([this.#shut || {}], () => this.#all(now, told))
      }
      </div>
      ${source.local.consenting ? extra(source, ({ consentDialog }) => consentDialog(source)) : nothing}
    </section>
    <div class="unseen" role="status">${announced(now)}${shut ? recorded[0] : ""}</div>${this.#covered ? nothing : aloud}
    ${shut && told?.tone !== "info" ? this.#strip(told) : nothing}${shut ? this.#results.cards() : nothing}
    ${this.#place.view === "floating" ? floatingButton(now, this.#over, recorded) : nothing}${this.#covered ? this.#overlay(now, told, aloud) : nothing}${this.#helpView()}`;
  }

  #all(now: Situation, told: Strip | null): TemplateResult {
    const source = this.#source;
    const overlay = this.#place.view === "overlay" && this.#talking && !this.#covered ? this.#over : null;
    const opens = { settings: this.#settings, events: this.#drawer.disclosure, overlay };
    return html`${header(source, now, opens, (voice) => this.#set("voice", voice))}
      ${lanes(source, this.#lanes.canvas)}
      ${this.#thread.view(now)}
      ${this.#shut || this.#covered ? nothing : this.#results.cards()}
      ${this.#shut ? nothing : this.#strip(told)}
      ${this.#tab?.view()}${this.#images?.view()}
      ${controls(source, now, this.#hold, this.#thread.send, this.#images)}
      ${this.#drawer.view()}
      ${this.#popover()}`;
  }

  #helpView(): TemplateResult | typeof nothing | undefined {
    // What nothing will draw is not open: it would swallow an Escape.
    if (missing(this.#source)) this.#help.set(false);
    if (!this.#help.open) return nothing;
    const { loaded, traits } = this.#source;
    return loaded.extras?.help(traits.turn_detection === null, () => this.#help.show(false));
  }

  #overlay(now: Situation, told: Strip | null, aloud: unknown): TemplateResult | undefined {
    return this.#source.loaded.extras?.overlay(
      this.#source,
      now,
      told,
      this.#copying.of("strip"),
      this.#results.cards(),
      this.#hold,
      (deed) => this.#act(deed),
      (key) => this.#dismiss(key),
      () => this.#over.show(false),
      aloud,
    );
  }

  #popover(): TemplateResult | typeof nothing {
    if (!this.#settings.open) return nothing;
    const { traits } = this.#source;
    return html`<div class="popover" role="dialog" aria-label=${words.settingsName} tabindex="-1">
      ${extra(this.#source, ({ settings, makeSound }) => {
        const { sound } = this.#source;
        this.#sound ??= sound && makeSound(this.#source, sound, this.#pace, this.#scope);
        const turns = this.#turns;
        if (!turns) return nothing;
        return settings(
          turns.of(traits),
          traits.transport,
          turns,
          [this.#sound?.(), this.#tab?.button()],
          this.#help.toggle,
          () => {
            this.#settings.show(false);
            this.#drawer.disclosure.show(true);
          },
        );
      })}
    </div>`;
  }

  #strip(told: Strip | null): ReturnType<typeof stripView> {
    return stripView(
      told,
      this.#copying.of("strip"),
      (deed) => this.#act(deed),
      (key) => this.#dismiss(key),
    );
  }

  // --- what a person does ------------------------------------------------------------------------

  /** True when it was refused. */
  async #set(name: SetMessage["name"], value: unknown): Promise<boolean> {
    const refusal = await this.#source.set(name, value);
    this.#refused(refusal);
    return refusal !== null;
  }

  #refused(refusal: ErrorInfo | null): void {
    if (refusal) this.#dismissed.clear();
    this.#changed();
  }

  #dismiss(key: string): void {
    if (this.#images?.problem) this.#images.problem = null;
    else this.#dismissed.add(key);
    this.#changed();
  }

  #act(deed: Deed): void {
    if (deed.do === "call" || deed.do === "typeOnly") this.#source.call(deed.do === "call");
    else if (deed.do === "sound") this.#source.unblockSound();
    else if (deed.do === "hangUp") this.#source.hangUp();
    else if (deed.do === "microphone") this.#source.useMicrophone();
    else if (deed.do === "settings") {
      this.#reveal();
      this.#settings.show(true);
    } else void this.#copying.copy("strip", deed.do === "copy" ? deed.text : plain(this.#source.lines));
  }

  // --- pictures ----------------------------------------------------------------------------------

  /** Between two frames a word may have been reached. */
  #frame(): void {
    if (this.#over.open) {
      const { lanes, traits } = this.#source;
      const { levels, newest } = traits.assistant_speaking ? lanes.assistant : lanes.user;
      this.#host.style.setProperty("--level", String(Math.min(1, 4 * (levels[newest % levels.length] ?? 0))));
    }
    const line = this.#source.lines.at(-1);
    if (!line) return;
    const { said, now } = parts(line, this.#source.heard(line.row.item_id));
    const lit = `${line.row.item_id} ${said.length} ${now.length}`;
    if (lit === this.#lit) return;
    this.#lit = lit;
    this.#changed();
  }

  #colours(): readonly string[] {
    if (this.#sides.length === 0) {
      const names = this.#root.querySelectorAll(".names > *");
      this.#sides = Array.from(names, (name) => getComputedStyle(name));
    }
    return this.#sides.map(({ color }) => color);
  }
}
