import type { Scope } from "../scope.ts";
import type { keys } from "../words.ts";
import type { Disclosure } from "./disclosure.ts";
import type { Hold } from "./hold.ts";
import { canInterrupt } from "./situation.ts";
import type { PanelSource } from "./source.ts";

/** What the help tells of, but for the one that the browser itself knows. */
type Key = Exclude<keyof typeof keys, "Enter">;

/** What keys act on, beside the call. */
export interface Handles {
  readonly settings: Disclosure;
  readonly events: Disclosure;
  readonly help: Disclosure;
  readonly hold: Hold;
  /** This page may act on the call. */
  ours(): boolean;
  /** Put away what floats or lies over the page; false: there is no such thing. */
  collapse(): boolean;
}

/** What keys do while the panel has the focus. They do not leak to the notebook, but its own pass. */
export class Keyboard {
  readonly #source: PanelSource;
  readonly #host: HTMLElement;
  readonly #on: Handles;
  readonly #scope: Scope;
  /** True: the key meant something. */
  readonly #deeds: Readonly<Record<Key, (event: KeyboardEvent) => boolean>> = {
    " ": (event) => this.#talk(event),
    Escape: (event) => this.#escape(event),
    m: (event) => this.#mute(event),
    e: (event) => this.#inspect(event),
    "?": (event) => this.#toggle(event, this.#on.help),
  };

  constructor(source: PanelSource, host: HTMLElement, on: Handles, scope: Scope) {
    this.#source = source;
    this.#host = host;
    this.#on = on;
    this.#scope = scope;
    // JupyterLab's own remedy against its shortcuts: without it, choosing a voice by typing "d d" deletes the cell.
    host.dataset["lmSuppressShortcuts"] = "true";
    scope.on(host, "keydown", (event: KeyboardEvent) => this.#down(event));
    scope.on(host, "keyup", (event: KeyboardEvent) => {
      event.stopPropagation();
      if (this.#talks(event)) this.#on.hold.key(event);
    });
    scope.on(host, "keypress", (event: Event) => event.stopPropagation());
  }

  #down(event: KeyboardEvent): void {
    if (ofHost(event)) this.#pass();
    else {
      event.stopPropagation();
      if (!(event.ctrlKey || event.metaKey || event.altKey) && this.#does(event)) event.preventDefault();
    }
  }

  /** JupyterLab looks for the mark while the event bubbles past it. */
  #pass(): void {
    const { lmSuppressShortcuts: mark = "" } = this.#host.dataset;
    delete this.#host.dataset["lmSuppressShortcuts"];
    this.#scope.after(0, () => {
      this.#host.dataset["lmSuppressShortcuts"] = mark;
    });
  }

  /** True when the key means something here. */
  #does(event: KeyboardEvent): boolean {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    return this.#deeds[key as Key]?.(event) ?? false;
  }

  #escape(event: KeyboardEvent): boolean {
    const source = this.#source;
    const { consenting } = source.local;
    // One that is held is one, and a dialog would take the next as its own.
    if (event.repeat) return true;
    if (consenting) source.answerConsent(false);
    else if (this.#on.help.open) this.#on.help.show(false);
    else if (this.#on.settings.open) this.#on.settings.show(false);
    else if (fieldOf(event).closest(".drawer")) this.#on.events.show(false);
    // A list has one of its own, as has what composes letters.
    else if (event.isComposing || fieldOf(event).matches("select")) return false;
    else if (this.#on.ours() && canInterrupt(source)) source.interrupt();
    else return this.#on.collapse();
    return true;
  }

  #mute(event: KeyboardEvent): boolean {
    const { stage, muted, hasMicrophone } = this.#source.local;
    if (writes(event) || event.repeat || stage !== "open") return false;
    if (hasMicrophone) this.#source.mute(!muted);
    else this.#source.useMicrophone();
    return true;
  }

  #toggle(event: KeyboardEvent, what: Disclosure): boolean {
    if (writes(event) || event.repeat) return false;
    what.toggle();
    return true;
  }

  /** Never where nobody would see it: under a dialog or a question, or in what is shut. */
  #inspect(event: KeyboardEvent): boolean {
    if (this.#host.shadowRoot?.querySelector("dialog, [inert], .panel[hidden]")) return false;
    const { settings, events } = this.#on;
    if (!settings.open || writes(event)) return this.#toggle(event, events);
    // They lie over it, and have a button for it.
    settings.show(false);
    events.show(true);
    return true;
  }

  #talk(event: KeyboardEvent): boolean {
    if (!this.#talks(event)) return false;
    this.#on.hold.key(event);
    return true;
  }

  /** Space, where it would do nothing better. */
  #talks(event: KeyboardEvent): boolean {
    const { traits, local } = this.#source;
    return (
      event.key === " " &&
      traits.turn_detection === null &&
      local.stage === "open" &&
      !fieldOf(event).matches(
        "input, select, textarea, summary, .popover *, .drawer *, button:focus-visible:not(.hold, .main)",
      )
    );
  }
}

/** Where it is text, or chooses. */
function writes(event: Event): boolean {
  return fieldOf(event).matches("input, select, textarea");
}

function fieldOf(event: Event): Element {
  return event.composedPath()[0] as Element;
}

/** A key of the host's own, such as save or its palette: with Control or Command, but what a text field needs. */
function ofHost(event: KeyboardEvent): boolean {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.length !== 1) return false;
  const key = event.key.toLowerCase();
  const edits = "avxyz".includes(key) || (key === "c" && !event.shiftKey);
  return !(edits && fieldOf(event).matches("input, textarea"));
}
