import { type Mock, vi } from "vitest";
import { recorded } from "../../../dev/recorded.ts";
import type { Step } from "../../../dev/scenes.ts";
import { STATES, type State } from "../../../dev/states.ts";
import { drag, put } from "../../../dev/taken.ts";
import type { Colors, View } from "../../../src/model.gen.ts";
import { mountPanel } from "../../../src/view/panel.ts";
import type { PanelSource } from "../../../src/view/source.ts";

export interface Shown {
  readonly cell: HTMLElement;
  readonly root: ShadowRoot;
  readonly host: HTMLElement;
  readonly acts: Record<
    | "hangUp"
    | "interrupt"
    | "call"
    | "push"
    | "mute"
    | "sendText"
    | "unblockSound"
    | "pauseRecording"
    | "useMicrophone"
    | "decide"
    | "answer",
    Mock
  >;
  /** Another state, or other looks; `until` it is drawn, where that is not what else is due. */
  turn(state: string | State, looks?: { view?: View; colors?: Colors }, until?: () => Promise<void>): Promise<void>;
}

/** A panel whose state changes, until `signal`. */
export function shown(state: string | State, signal: AbortSignal, view: View = "panel", colors: Colors = {}): Shown {
  const of = (name: string | State, looks: object) => {
    const state = typeof name === "string" ? STATES[name] : name;
    if (!state) throw new Error(`no state ${name}`);
    return recorded({ ...state, traits: { ...state.traits, view, colors, ...looks } });
  };
  const acts = {
    hangUp: vi.fn(),
    interrupt: vi.fn(),
    call: vi.fn(),
    push: vi.fn(),
    mute: vi.fn(),
    unblockSound: vi.fn(),
    pauseRecording: vi.fn(),
    useMicrophone: vi.fn(),
    sendText: vi.fn(async () => null),
    decide: vi.fn(async () => null),
    answer: vi.fn(async () => null),
  };
  let now = of(state, {});
  let changed = () => {};
  const source = new Proxy({} as PanelSource, {
    get: (_, name) => {
      if (name === "attach") return (of: { changed(): void }) => (changed = () => of.changed());
      return acts[name as keyof typeof acts] ?? now[name as keyof PanelSource];
    },
  });
  // It needs the notebook's own page.
  if (view === "overlay") lab();
  const cell = document.body.appendChild(document.createElement("div"));
  const panels = () => [...document.querySelectorAll<HTMLElement>("[data-voice-widget]")];
  const before = panels();
  mountPanel(cell, source, signal);
  const host = panels().find((one) => !before.includes(one));
  if (!host?.shadowRoot) throw new Error("no panel");
  const turn = async (name: string | State, looks: object = {}, until = drawn) => {
    now = of(name, looks);
    changed();
    await until();
  };
  return { cell, root: host.shadowRoot, host, acts, turn };
}

/** What was due is drawn, and laid out: those who observe sizes know. */
export async function frame(): Promise<void> {
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}

/** What is due is drawn, and laid out. */
export async function drawn(): Promise<void> {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}

/** JupyterLab's own page: tests run in a frame, where nothing floats. */
export function lab(): void {
  if (document.getElementById("jupyter-config-data")) return;
  document.body.append(
    Object.assign(document.createElement("script"), { id: "jupyter-config-data", type: "text/json" }),
  );
}

/** What a screen reader says. */
export function nameOf(one: Element): string {
  return (one.getAttribute("aria-label") || one.closest("label")?.textContent || one.textContent || "").trim();
}

export function button(root: ShadowRoot, name: string | RegExp): HTMLButtonElement {
  const found = [...root.querySelectorAll("button")].find((one) =>
    typeof name === "string" ? nameOf(one) === name : name.test(nameOf(one)),
  );
  if (!found) throw new Error(`no button "${name}"`);
  return found;
}

/** What a person does in the gallery's scenes. */
export async function take(root: ShadowRoot, step: Step): Promise<void> {
  if ("click" in step) {
    const named = [...root.querySelectorAll("button")].filter((one) => nameOf(one).startsWith(step.click));
    if (!named.length) throw new Error(`no button "${step.click}"`);
    named.at(-1)?.click();
  } else if ("press" in step) {
    const at = root.activeElement ?? root.querySelector(".panel");
    const press = { key: step.press, bubbles: true, composed: true, cancelable: true };
    at?.dispatchEvent(new KeyboardEvent("keydown", press));
  } else if ("send" in step) {
    const field = root.querySelector<HTMLInputElement>("form input");
    if (field) field.value = step.send;
    root.querySelector("form")?.requestSubmit();
  } else if ("into" in step) put(root, step.into, step.put);
  else if ("drops" in step) await drag(root, step.drops);
  else root.querySelector(step.scroll)?.scrollBy(0, step.by);
  await drawn();
}
