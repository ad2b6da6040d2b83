import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const RAW =
  /\b(addEventListener|setTimeout|setInterval|requestAnimationFrame|requestIdleCallback)\s*\(|\.(save_changes|set)\(["']/;

test("listeners, timers and frames are made in scope.ts only, and no trait is set by the page", () => {
  const root = fileURLToPath(new URL("../../src", import.meta.url));
  const found = sources(root).filter((file) => !file.endsWith("scope.ts") && RAW.test(readFileSync(file, "utf8")));
  expect(found).toEqual([]);
});

test("the rule sees what it must see", () => {
  expect(RAW.test('window.addEventListener("x", f)')).toBe(true);
  expect(RAW.test('model.set("transcript", [])')).toBe(true);
  expect(RAW.test("scope.on(window, 'x', f)")).toBe(false);
});

function sources(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(root, file));
}
