import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Entry {
  version: string;
  resolved?: string;
  dev?: boolean;
  optionalDependencies?: Record<string, string>;
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../${name}`, import.meta.url), "utf8"));
const packages: Record<string, Entry> = read("package-lock.json").packages;

test("the lock file names no host to download from", () => {
  expect(Object.values(packages).filter((entry) => entry.resolved)).toEqual([]);
});

test("it knows every platform's packages, or npm ci refuses it", () => {
  const optional = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  expect(optional.filter((name) => !packages[`node_modules/${name}`])).toEqual([]);
});

test("what reaches the page is lit-html, and wavesurfer.js where a recorded talk is shown", () => {
  const shipped = Object.keys(packages).filter((name) => name && !packages[name]?.dev);
  expect(shipped.filter((name) => !name.includes("trusted-types"))).toEqual([
    "node_modules/lit-html",
    "node_modules/wavesurfer.js",
  ]);
});

test("versions are pinned", () => {
  const { dependencies, devDependencies } = read("package.json");
  for (const version of Object.values({ ...dependencies, ...devDependencies }))
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});
