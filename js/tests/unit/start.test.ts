import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Start } from "../../src/audio/start.ts";
import { Scope } from "../../src/scope.ts";

let scope: Scope;
let context: { currentTime: number };
let start: Start;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("navigator", { userActivation: { hasBeenActive: true } });
  scope = new Scope();
  context = { currentTime: 0 };
  start = new Start(context);
});

afterEach(() => {
  scope.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** How long it waits, on the fake clock; null: longer than `ms`. */
async function waits(ms = 60_000): Promise<number | null> {
  const begin = Date.now();
  let end: number | null = null;
  const ended = () => {
    end = Date.now() - begin;
  };
  start.wait(scope).then(ended, () => {});
  await vi.advanceTimersByTimeAsync(0);
  while (end === null && Date.now() - begin < ms) await vi.advanceTimersByTimeAsync(10);
  return end;
}

test("waits until sound runs for good", async () => {
  context.currentTime = 0.02;
  setTimeout(() => {
    context.currentTime = 0.1;
  }, 3000);
  expect(await waits()).toBeCloseTo(3000, -2);
});

test("sound that runs already needs no timer, which a hidden tab would give late", async () => {
  context.currentTime = 60;
  expect(await waits(0)).toBe(0);
});

test("sound that never runs is waited for once, and not again when a lost call is got back", async () => {
  expect(await waits()).toBe(5000);
  expect(await waits(0)).toBe(0);
});

test("does not wait where the browser wants a click first", async () => {
  vi.stubGlobal("navigator", { userActivation: { hasBeenActive: false } });
  expect(await waits(0)).toBe(0);
  vi.stubGlobal("navigator", {});
  expect(await waits(0)).toBe(0);
});

test("ends with the call, leaves nothing behind, and the next call waits", async () => {
  const call = scope.child();
  const waiting = start.wait(call);
  call.close("over");
  await expect(waiting).rejects.toBe("over");
  expect(vi.getTimerCount()).toBe(0);
  expect(await waits(4000)).toBeNull();
});
