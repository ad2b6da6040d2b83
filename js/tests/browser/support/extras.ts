import { afterEach, beforeEach } from "vitest";
import extras from "../../../src/extras.ts";
import { given } from "../../../src/given.ts";
import type { Page } from "../../../src/page.ts";
import type { SoundSource } from "../../../src/view/source.ts";

declare const EXTRAS: string;
const SHARED = Symbol.for("voice_widget.extras");

/** What is seldom used is there, as if another widget of the page had brought it. To be called before `useStage`. */
export function useExtras(): void {
  const forget = () => {
    Reflect.deleteProperty(globalThis, SHARED);
    localStorage.removeItem("voice_widget.sound");
  };
  beforeEach(() => {
    forget();
    Reflect.set(globalThis, SHARED, { [EXTRAS]: extras(given) });
  });
  afterEach(forget);
}

/** A page's sound devices, which are there then. */
export function soundOf({ sound }: Page): SoundSource {
  if (!sound) throw new Error("no devices");
  return sound;
}
