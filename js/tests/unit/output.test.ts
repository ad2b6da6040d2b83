import { afterEach, expect, test, vi } from "vitest";

afterEach(() => vi.unstubAllGlobals());

test.each([
  ["Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", 0],
  ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36", 1],
])("%s is asked what its output says only where that does not make it stand still", async (userAgent, times) => {
  vi.stubGlobal("navigator", { userAgent });
  vi.resetModules();
  const { Clocks } = await import("../../src/audio/ear.ts");
  const getOutputTimestamp = vi.fn(() => ({ contextTime: 1, performanceTime: 1000 }));
  new Clocks().read({ currentTime: 1.02, getOutputTimestamp } as unknown as AudioContext);
  expect(getOutputTimestamp).toHaveBeenCalledTimes(times);
});
