import type { Scope } from "../scope.ts";

/** What a key does: true where it meant something. With Control or Command its name begins with `Ctrl+`, with Alt with `Alt+`. */
export type Does = (key: string, event: KeyboardEvent) => boolean;

/** Keys while the focus is in `host`. They do not leak to the notebook, but its own, with Control or Command, pass where they mean nothing here. */
export function listen(host: HTMLElement, does: Does, scope: Scope): void {
  // JupyterLab's own remedy against its shortcuts, which it looks for while the event bubbles past.
  host.dataset["lmSuppressShortcuts"] = "true";
  scope.on(host, "keydown", (event: KeyboardEvent) => {
    // Where [ and ] are written with AltGr, that is no command.
    const ctrl = event.ctrlKey || event.metaKey;
    const command = (ctrl || event.altKey) && !event.getModifierState("AltGraph");
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (command && ((ctrl && event.altKey) || !does(`${ctrl ? "Ctrl" : "Alt"}+${key}`, event))) {
      delete host.dataset["lmSuppressShortcuts"];
      scope.after(0, () => {
        host.dataset["lmSuppressShortcuts"] = "true";
      });
      return;
    }
    event.stopPropagation();
    if (command || does(key, event)) event.preventDefault();
  });
  for (const type of ["keyup", "keypress"]) scope.on(host, type, (event: Event) => event.stopPropagation());
}

/** Where the focus is, also in a root of its own. */
export function target(event: Event): Element {
  return event.composedPath()[0] as Element;
}
