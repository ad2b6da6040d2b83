import { afterEach, expect, test } from "vitest";
import { Cells } from "../../src/cells.ts";
import { frontEnd } from "../../src/front_end.ts";
import type { Model } from "../../src/link.ts";
import { Scope } from "../../src/scope.ts";

const scopes: Scope[] = [];

afterEach(() => {
  for (const scope of scopes.splice(0)) scope.close();
  document.body.replaceChildren();
});

/** As marimo does it: what is set is sent when it is saved, and is there for the next page. */
class Marimo {
  readonly saved: Record<string, unknown>[] = [];
  readonly #state: Record<string, unknown>;
  readonly #listeners = new Map<string, Set<() => void>>();
  #changed: Record<string, unknown> = {};

  constructor(state: Record<string, unknown>, version: string | null = "0.25.2") {
    this.#state = state;
    if (version !== null) {
      const written = document.createElement("marimo-version");
      written.dataset.version = version;
      document.body.append(written);
    }
  }

  /** A page with the widget, which ends when it is loaded again. */
  load(): Scope {
    const scope = new Scope();
    scopes.push(scope);
    new Cells(this as unknown as Model, scope);
    return scope;
  }

  turn(turns: number): void {
    this.#state.turns = turns;
    for (const listener of this.#listeners.get("change:turns") ?? []) listener();
  }

  get(name: string): unknown {
    return this.#state[name];
  }

  set(name: string, value: unknown): void {
    this.#state[name] = value;
    this.#changed[name] = value;
  }

  save_changes(): void {
    this.saved.push(this.#changed);
    this.#changed = {};
  }

  on(name: string, listener: () => void): void {
    this.#listeners.set(name, (this.#listeners.get(name) ?? new Set()).add(listener));
  }

  off(name: string, listener: () => void): void {
    this.#listeners.get(name)?.delete(listener);
  }
}

test("in marimo each finished turn is written once, and nothing that the kernel owns", () => {
  const marimo = new Marimo({ turns: 0 });
  marimo.load();
  expect(marimo.saved).toEqual([]);
  marimo.turn(1);
  marimo.turn(1);
  marimo.turn(2);
  expect(marimo.saved).toEqual([{ turns_told: 1 }, { turns_told: 2 }]);
});

test("a page that is loaded again writes only what no page has written", () => {
  const marimo = new Marimo({ turns: 0 });
  const first = marimo.load();
  marimo.turn(1);
  first.close();
  marimo.load().close();
  expect(marimo.saved).toHaveLength(1);
  marimo.turn(2);
  marimo.load();
  expect(marimo.saved).toEqual([{ turns_told: 1 }, { turns_told: 2 }]);
});

test("elsewhere nothing is written", () => {
  const other = new Marimo({ turns: 0 }, null);
  other.load();
  other.turn(1);
  expect(other.saved).toEqual([]);
  expect(frontEnd().app).toBe("");
});

test("marimo and its version are told", () => {
  new Marimo({ turns: 0 });
  expect(frontEnd().app).toBe("marimo 0.25.2");
});
