import { afterEach, beforeEach, expect, inject, test, vi } from "vitest";
import { exchange, POST_MS } from "../../src/calls/exchange.ts";
import { makeKey } from "../../src/calls/seal.ts";
import { PageFailure } from "../../src/failure.ts";
import type { SecretMessage } from "../../src/model.gen.ts";
import { Scope } from "../../src/scope.ts";
import { seal } from "../support/seal.ts";
import type { Reply, Seen } from "../support/service.ts";

const TOKEN = `ek_${"0123456789abcdef".repeat(2)}`;
const OFFER = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n";
const ANSWER = "v=0\r\no=- 3 4 IN IP4 127.0.0.1\r\n";
const OPEN = { "Access-Control-Expose-Headers": "Location" };

let scope: Scope;
let ids = 0;

beforeEach(() => {
  scope = new Scope();
  ids += 1;
});

afterEach(() => {
  scope.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const path = () => `calls/${ids}`;
const seen = async (): Promise<Seen> => (await fetch(`${inject("service")}/seen/${ids}`)).json();

/** Post the offer to a server that replies so. */
function ask(reply: Reply, { token = TOKEN, url = "" } = {}) {
  const posted = vi.fn();
  const open = vi.fn(async (_: string, key: string) => {
    const place = {
      request_id: "req_1",
      call: 7,
      url: url || `${inject("service")}/${path()}?${encodeURIComponent(JSON.stringify(reply))}`,
    };
    return { seq: 1, ...(await seal(token, key, place)) } as SecretMessage;
  });
  return { posted, open, answer: exchange(OFFER, makeKey(), { open, posted }, scope) };
}

async function failure(reply: Reply, options = {}): Promise<[string, string]> {
  const { answer, posted } = ask(reply, options);
  const error = await answer.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(PageFailure);
  expect(posted).not.toHaveBeenCalled();
  const { code, message, stack } = error as PageFailure;
  expect(stack).not.toContain(TOKEN);
  return [code, message];
}

test("the kernel's answer is the answer: nothing is posted", async () => {
  const fetched = vi.spyOn(globalThis, "fetch");
  const posted = vi.fn();
  const reply = { type: "answer", seq: 1, request_id: "req_1", call: 2, sdp: ANSWER, connect_ms: 2500 } as const;
  const open = vi.fn(async () => reply);
  expect(await exchange(OFFER, makeKey(), { open, posted }, scope)).toMatchObject({ call: 2, sdp: ANSWER });
  expect([fetched, posted].map((spy) => spy.mock.calls.length)).toEqual([0, 0]);
});

test("with a secret the page posts the offer and tells the kernel the call's id", async () => {
  const headers = { ...OPEN, Location: "/v1/realtime/calls/rtc_1?region=eu" };
  const { answer, posted, open } = ask({ headers, body: ANSWER });
  expect(await answer).toEqual({ call: 7, sdp: ANSWER, connect_ms: 2_500 });
  expect(posted.mock.calls).toEqual([[7, "rtc_1"]]);
  expect(open.mock.calls[0]?.[0]).toBe(OFFER);
  const request = await seen();
  expect([request.method, request.body]).toEqual(["POST", OFFER]);
  expect(request.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, "content-type": "application/sdp" });
});

test.each<[string, Reply["headers"], string]>([
  ["is not to be read", { Location: "/v1/realtime/calls/rtc_1" }, ""],
  ["is missing", OPEN, ""],
  ["is absolute", { ...OPEN, Location: "https://service.example/v1/realtime/calls/rtc_2" }, "rtc_2"],
  ["ends in a slash", { ...OPEN, Location: "/v1/realtime/calls/rtc_3/" }, "rtc_3"],
  ["is only an id", { ...OPEN, Location: "rtc_4" }, "rtc_4"],
])("a Location that %s", async (_, headers, call_id) => {
  const { answer, posted } = ask({ status: 200, body: ANSWER, ...(headers && { headers }) });
  await answer;
  expect(posted.mock.calls).toEqual([[7, call_id]]);
});

test.each<[string, Reply, string]>([
  [
    "the message of its JSON",
    { status: 401, body: '{"error": {"message": "No such\\nkey.", "code": "k"}}' },
    "401 No such key.",
  ],
  ["an error that is text", { status: 404, body: '{"error": "no model"}' }, "404 no model"],
  ["JSON that says nothing", { status: 500, body: "null" }, "500 null"],
  [
    "only the title of a page",
    { status: 502, body: "<!doctype html><html><title>Bad Gateway</title><body>10.0.0.7" },
    "502 Bad Gateway",
  ],
  ["a page without a title", { status: 503, body: "<html><body>10.0.0.7</body></html>" }, "503"],
  ["text", { status: 429, body: "  slow\n down " }, "429 slow down"],
  ["no body", { status: 500 }, "500"],
  ["a long text, cut", { status: 500, body: "x".repeat(5000) }, `500 ${"x".repeat(296)}`],
  ["the token itself, left out", { status: 401, body: `{"error": {"message": "bad ${TOKEN}!"}}` }, "401 bad …!"],
  ["the token across the cut", { status: 401, body: `${"x".repeat(290)}${TOKEN}` }, `401 ${"x".repeat(290)}…`],
])("a refusal tells its status and %s", async (_, reply, detail) => {
  expect(await failure(reply)).toEqual(["post_refused", detail]);
});

test.each<[string, Reply, string]>([
  ["JSON", { body: '{"sdp": "v=0"}' }, "201"],
  ["a page", { status: 200, body: "<html><title>Log in</title></html>" }, "200 Log in"],
  ["nothing", { status: 204 }, "204"],
])("an answer that is no SDP but %s", async (_, reply, detail) => {
  expect(await failure(reply)).toEqual(["answer_invalid", detail]);
});

test("a server that lets no page in, or is not there", async () => {
  const closed = await failure({ closed: true, body: ANSWER });
  expect(closed[0]).toBe("post_failed");
  expect(closed[1]).toContain("fetch");
  expect((await failure({}, { url: "http://127.0.0.1:9/calls" }))[0]).toBe("post_failed");
  expect((await failure({}, { url: "nonsense://" }))[0]).toBe("post_failed");
});

test("a token that no header can carry is not told either", async () => {
  const [code, detail] = await failure({}, { token: `${TOKEN}\nx` });
  expect(code).toBe("post_failed");
  expect(detail).not.toContain("ek_");
});

test("a browser's word on the token is not passed on", async () => {
  vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError(`Bearer ${TOKEN} is an invalid header value.`));
  expect((await failure({}))[1]).toBe("TypeError: Bearer … is an invalid header value.");
});

test.each(["answer", "body"] as const)("a server that never ends its %s is given up, and told so", async (wait) => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const failed = failure({ wait });
  await vi.waitFor(async () => expect(await seen()).not.toBeNull());
  vi.advanceTimersByTime(POST_MS);
  expect(await failed).toEqual(["post_failed", "no answer within 10 s"]);
  await vi.waitFor(async () => expect((await seen()).gone).toBe(true));
});

test("ended while the server is asked: the request ends, too", async () => {
  const { answer, posted } = ask({ wait: "answer" });
  const ended = expect(answer).rejects.toThrow("ended");
  await vi.waitFor(async () => expect(await seen()).not.toBeNull());
  scope.close();
  await ended;
  await vi.waitFor(async () => expect((await seen()).gone).toBe(true));
  expect(posted).not.toHaveBeenCalled();
});

test("ended at any await before: nothing is posted", async () => {
  const never = new Promise<never>(() => {});
  const fetched = vi.spyOn(globalThis, "fetch");
  const posted = vi.fn();
  const open = vi.fn(() => never);
  const secret = {
    type: "secret",
    seq: 1,
    request_id: "r",
    call: 1,
    url: "",
    key: "",
    nonce: "",
    sealed: "",
    connect_ms: 2500,
  } as const;
  const ways = [
    exchange(OFFER, never, { open, posted }, scope),
    exchange(OFFER, makeKey(), { open, posted }, scope),
    exchange(OFFER, Promise.resolve({ public: "", open: () => never }), { open: async () => secret, posted }, scope),
  ];
  const ended = Promise.all(ways.map((way) => expect(way).rejects.toThrow("ended")));
  await vi.waitFor(() => expect(open).toHaveBeenCalledOnce());
  scope.close();
  await ended;
  expect([fetched, posted].map((spy) => spy.mock.calls.length)).toEqual([0, 0]);
});
