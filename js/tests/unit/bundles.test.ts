import { build } from "esbuild";
import { afterEach, expect, test, vi } from "vitest";
import { extras } from "../../bundles.mjs";
import type { Extras } from "../../src/extras.ts";
import { PageFailure } from "../../src/failure.ts";
import { type Given, given } from "../../src/given.ts";
import { Scope } from "../../src/scope.ts";
import { lanes } from "../../src/view/lanes.ts";
import type { PanelSource } from "../../src/view/source.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** The second bundle as it ships: a module of its own, made with what the first one hands over. */
async function shipped(): Promise<Extras> {
  const { outputFiles } = await build({ ...extras, write: false });
  const source = Buffer.from(outputFiles?.[0]?.contents ?? []).toString("base64");
  const { default: make }: { default: (given: Given) => Extras } = await import(
    `data:text/javascript;base64,${source}`
  );
  return make(given);
}

test("what fails in the second bundle has its name in the first one", async () => {
  const { exchange } = await shipped();
  const refused = { ok: false, status: 401, text: async () => '{"error": {"message": "expired"}}' };
  vi.spyOn(globalThis, "fetch").mockResolvedValue(refused as Response);
  const secret = { type: "secret", url: "http://127.0.0.1/v1/realtime/calls", call: 1 } as never;
  const key = { public: "", open: async () => "ek_1" } as never;
  const asked = exchange("v=0", Promise.resolve(key), { open: async () => secret, posted() {} }, new Scope());
  const error = await asked.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(PageFailure);
  expect(error).toMatchObject({ code: "post_refused", message: "401 expired" });
});

test("its templates ship without the source's indentation, and as the lines that they are", async () => {
  const { outputFiles } = await build({ ...extras, write: false });
  const text = outputFiles?.[0]?.text ?? "";
  expect(text.match(/\n +/g)).toBeNull();
  expect(text).toMatch(/<dialog class="overlay"[^>]+>\n/);
});

test("what is tested has the templates that ship", () => {
  const { strings } = lanes({ traits: {}, local: {} } as PanelSource, null as never);
  expect(strings.join("").match(/\n */g)).toEqual(Array(6).fill("\n"));
});
