import { afterEach, expect, test, vi } from "vitest";
import { makeKey, sealKey } from "../../src/calls/seal.ts";
import { PageFailure } from "../../src/failure.ts";
import type { SecretMessage } from "../../src/model.gen.ts";
import { seal } from "../support/seal.ts";
import vector from "../vectors/seal.json";

const place = { request_id: "req_7", url: "https://service.example/calls", call: 3 };

afterEach(() => vi.unstubAllGlobals());

test("opens what Python sealed", async () => {
  const CURVE = { name: "ECDH", namedCurve: "P-256" };
  const { d, ...point } = vector.page;
  const key = await sealKey({
    publicKey: await crypto.subtle.importKey("jwk", point, CURVE, true, []),
    privateKey: await crypto.subtle.importKey("jwk", { ...point, d }, CURVE, false, ["deriveBits"]),
  });
  expect(key.public).toBe(vector.public);
  expect(await key.open(vector.secret as SecretMessage)).toBe(vector.token);
});

test("a key of its own for each offer: 65 bytes go out, and only its own token is opened", async () => {
  const [one, other] = await Promise.all([makeKey(), makeKey()]);
  expect(atob(one.public)).toHaveLength(65);
  expect(one.public).not.toBe(other.public);
  const secret = (await seal("ek_1", one.public, place)) as SecretMessage;
  expect(await one.open(secret)).toBe("ek_1");
  await expect(other.open(secret)).rejects.toMatchObject({ code: "post_failed" });
});

test.each([
  ["another address", { url: "https://thief.example/calls" }],
  ["another request", { request_id: "req_8" }],
  ["another key", { key: vector.secret.key }],
  ["what is no key", { key: "AAAA" }],
  ["what is no base64", { sealed: "?" }],
])("a secret with %s is not opened, and the failure tells nothing of it", async (_, change) => {
  const key = await makeKey();
  const secret = { ...((await seal("ek_1", key.public, place)) as SecretMessage), ...change };
  const error = await key.open(secret).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(PageFailure);
  expect(error).toMatchObject({ code: "post_failed", message: "The token is not for this page." });
});

test("without crypto.subtle there is no key, and no token can be opened", async () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  const key = await makeKey();
  expect(key.public).toBe("");
  await expect(key.open(vector.secret as SecretMessage)).rejects.toMatchObject({ code: "cannot_unseal" });
});

test("nothing of the key pair can be read", async () => {
  const key = await makeKey();
  expect(Object.keys(key).sort()).toEqual(["open", "public"]);
});
