import type { Scope } from "../scope.ts";
import type { Disclosure } from "./disclosure.ts";
import type { Hold } from "./hold.ts";
import { canInterrupt } from "./situation.ts";
import type { PanelSource } from "./source.ts";

/** What keys do while the panel has the focus. They do not leak to the notebook, but its own pass. */
export class Keyboard {
  readonly #source: PanelSource;
  readonly #host: HTMLElement;
  readonly #settings: Disclosure;
  readonly #events: Disclosure;
  readonly #hold: Hold;
  readonly #scope: Scope;
  readonly #ours: () => boolean;
  readonly #collapse: () => boolean;

  /** `ours`: this page may act on the call. */
  constructor(
    source: PanelSource,
    host: HTMLElement,
    on: {
      readonly settings: Disclosure;
      readonly events: Disclosure;
      readonly hold: Hold;
      readonly ours: () => boolean;
      /** Put away what floats or lies over the page; false: there is no such thing. */
      readonly collapse: () => boolean;
    },
    scope: Scope,
  ) {
    this.#source = source;
    this.#host = host;
    this.#settings = on.settings;
    this.#events = on.events;
    this.#hold = on.hold;
    this.#ours = on.ours;
    this.#collapse = on.collapse;
    this.#scope = scope;
    // JupyterLab's own remedy against its shortcuts: without it, choosing a voice by typing "d d" deletes the cell.
    host.dataset["lmSuppressShortcuts"] = "true";
    scope.on(host, "keydown", (event: KeyboardEvent) => this.#down(event));
    scope.on(host, "keyup", (event: KeyboardEvent) => {
      event.stopPropagation();
      if (this.#talks(event)) this.#hold.key(event);
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
    const source = this.#source;
    const { key } = event;
    const { stage, muted, hasMicrophone, consenting } = source.local;
    if (key === "Escape" && consenting) source.answerConsent(false);
    else if (key === "Escape" && this.#settings.open) this.#settings.show(false);
    else if (key === "Escape" && fieldOf(event).closest(".drawer")) this.#events.show(false);
    else if (this.#talks(event)) this.#hold.key(event);
    else if (/^(input|select|textarea)$/i.test(fieldOf(event).tagName)) return false;
    else if (key === "Escape" && this.#ours() && canInterrupt(source)) source.interrupt();
    else if (key === "Escape" && this.#collapse()) return true;
    else if (key === "?") this.#settings.toggle();
    else if (key.toLowerCase() === "e" && !event.repeat) this.#events.toggle();
    else if (key.toLowerCase() === "m" && stage === "open" && !event.repeat) {
      if (hasMicrophone) source.mute(!muted);
      else source.useMicrophone();
    } else return false;
    return true;
  }

  /** Space, where it would do nothing better. */
  #talks(event: KeyboardEvent): boolean {
    const { traits, local } = this.#source;
    return (
      event.key === " " &&
      traits.turn_detection === null &&
      local.stage === "open" &&
      !fieldOf(event).matches("input, select, textarea, .popover *, .drawer *, button:focus-visible:not(.hold, .main)")
    );
  }
}

function fieldOf(event: Event): Element {
  return event.composedPath()[0] as Element;
}

/** A key of the host's own, such as save or its palette: with Control or Command, but what a text field needs. */
function ofHost(event: KeyboardEvent): boolean {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.length !== 1) return false;
  const field = event.composedPath()[0] as Element;
  const key = event.key.toLowerCase();
  const edits = "avxyz".includes(key) || (key === "c" && !event.shiftKey);
  return !(edits && field.matches("input, textarea"));
}
