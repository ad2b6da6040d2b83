import { expect, test, vi } from "vitest";
import { Scope } from "../../src/scope.ts";

/** Counts what is left. */
class Counting extends EventTarget {
  listeners = 0;
  override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
    this.listeners += 1;
    super.addEventListener(...args);
  }
  override removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
    this.listeners -= 1;
    super.removeEventListener(...args);
  }
}

test("after the end nothing listens, nothing is timed, nothing is drawn", async () => {
  vi.useFakeTimers();
  const target = new Counting();
  const scope = new Scope();
  const ran = vi.fn();
  scope.on(target, "x", ran);
  scope.child().on(target, "x", ran);
  scope.after(10, ran);
  scope.every(10, ran);
  scope.frame(ran);
  expect(target.listeners).toBe(2);
  scope.close();
  expect(target.listeners).toBe(0);
  expect(scope.size).toBe(0);
  target.dispatchEvent(new Event("x"));
  vi.advanceTimersByTime(100);
  expect(ran).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test("a child ends with its parent, and lets go of it when it ends first", () => {
  const parent = new AbortController();
  const remove = vi.spyOn(parent.signal, "addEventListener");
  const child = new Scope(parent.signal);
  const undone = vi.fn();
  child.defer(undone);
  parent.abort();
  expect(undone).toHaveBeenCalledOnce();
  expect(child.closed).toBe(true);
  expect(remove.mock.calls[0]?.[2]).toMatchObject({ once: true, signal: child.signal });
});

test("undoes the last thing first, each once, and goes on after a failure", () => {
  const order: number[] = [];
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const scope = new Scope();
  scope.defer(() => order.push(1));
  scope.defer(() => {
    throw new Error("cannot");
  });
  const early = scope.defer(() => order.push(3));
  early();
  early();
  scope.close();
  scope.close();
  expect(order).toEqual([3, 1]);
  expect(warn).toHaveBeenCalledOnce();
  warn.mockRestore();
});

test("a scope that has ended undoes at once and starts nothing", () => {
  const scope = new Scope(AbortSignal.abort());
  const undone = vi.fn();
  scope.defer(undone);
  expect(undone).toHaveBeenCalledOnce();
  const target = new Counting();
  scope.on(target, "x", undone);
  expect(target.listeners).toBe(0);
});

test("a race is lost as soon as the scope ends", async () => {
  const scope = new Scope();
  const race = scope.race(new Promise(() => {}));
  scope.close();
  await expect(race).rejects.toThrow("ended");
  await expect(new Scope().race(Promise.resolve(7))).resolves.toBe(7);
});
