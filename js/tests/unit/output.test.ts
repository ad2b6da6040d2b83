import { readdirSync, readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";

const SOURCES = new URL("../../src/", import.meta.url);

afterEach(() => vi.unstubAllGlobals());

test.each([
  ["Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", [0, {}]],
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    [0.03, { contextTime: 1, performanceTime: 1000 }],
  ],
])("%s is asked what its output says only where that does not make it stand still", async (userAgent, told) => {
  vi.stubGlobal("navigator", { userAgent });
  vi.resetModules();
  const { latencyOf, timestampOf } = await import("../../src/audio/output.ts");
  const context = {
    outputLatency: 0.03,
    getOutputTimestamp: () => ({ contextTime: 1, performanceTime: 1000 }),
  } as unknown as AudioContext;
  expect([latencyOf(context), timestampOf(context)]).toEqual(told);
});

test("it is asked in one place", () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const asking = files.filter((name) =>
    /outputLatency|getOutputTimestamp/.test(readFileSync(new URL(name, SOURCES), "utf8")),
  );
  expect(asking).toEqual(["audio/output.ts"]);
});
