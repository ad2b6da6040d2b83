import { expect, inject, test, vi } from "vitest";
import type { OpenMessage } from "../../src/model.gen.ts";
import { seal } from "../support/seal.ts";
import type { Reply, Seen } from "../support/service.ts";
import { useStage } from "./support/stage.ts";

const TOKEN = `ek_${"0123456789abcdef".repeat(2)}`;
const HEADERS = { Location: "/v1/realtime/calls/rtc_1", "Access-Control-Expose-Headers": "Location" };
const stage = useStage({ flow: "ephemeral" });
let id = "";
let ids = 0;

const seen = async (): Promise<Seen | null> => (await fetch(`${inject("service")}/seen/${id}`)).json();

/** The kernel hands a sealed token over, and the service replies so; `put`: by the engine's answer. */
function handOver(reply: Reply, call = 1): void {
  const { kernel, engine } = stage.now;
  id = `ephemeral_${++ids}`;
  const url = `${inject("service")}/calls/${id}?${encodeURIComponent(JSON.stringify(reply))}`;
  stage.now.answers = false;
  kernel.onMessage = async (message) => {
    if (message.type !== "call.open") return;
    kernel.say(await seal(TOKEN, message.key, { request_id: message.request_id, url, call }));
    if (reply.wait !== "put") return;
    await vi.waitFor(async () => expect(await seen()).not.toBeNull());
    const body = await engine.answer((await seen())?.body ?? "");
    await fetch(`${inject("service")}/answers/${id}`, { method: "PUT", body });
  };
}

test("the page calls the service by a token of its own, and the kernel hears the call's id first", async () => {
  const { kernel, page } = stage.now;
  handOver({ wait: "put", headers: HEADERS });
  await stage.now.call();
  expect(page.local.stage).toBe("open");
  const types = kernel.sent.map(({ type }) => type).filter((type) => type !== "devices");
  expect(types.slice(0, 5)).toEqual(["hello", "call.pending", "call.open", "call.posted", "call.peer"]);
  expect(kernel.of("call.posted")).toEqual([
    { type: "call.posted", seq: expect.any(Number), page: page.id, talk: stage.now.talk, call: 1, call_id: "rtc_1" },
  ]);
  const request = await seen();
  expect(request?.headers["authorization"]).toBe(`Bearer ${TOKEN}`);
  expect(request?.body).toBe(kernel.of("call.open")[0]?.sdp);
  expect(JSON.stringify(kernel.sent)).not.toContain(TOKEN);
});

test("each offer has a key of its own", async () => {
  const { kernel } = stage.now;
  await stage.now.call();
  kernel.say({ type: "call.close", talk: stage.now.talk, keep_microphone: true });
  stage.now.wanted();
  await stage.now.connected(2);
  const keys = kernel.of("call.open").map(({ key }) => key);
  expect(keys.map((key) => atob(key).length)).toEqual([65, 65]);
  expect(keys[0]).not.toBe(keys[1]);
});

test("where the kernel hands the offer over there is no key, and a token has no business", async () => {
  const { kernel } = stage.now;
  kernel.set({ flow: "unified" });
  stage.now.answers = false;
  kernel.onMessage = ({ type, ...message }) => {
    const request_id = "request_id" in message ? message.request_id : "";
    if (type === "call.open")
      kernel.say({ type: "secret", request_id, call: 1, url: "", key: "", nonce: "", sealed: "", connect_ms: 2500 });
  };
  stage.now.page.call();
  await vi.waitFor(() => expect(kernel.of("call.failed").map(({ code }) => code)).toEqual(["answer_invalid"]), 5000);
  expect(kernel.of("call.open").map(({ key }) => key)).toEqual([""]);
});

test("where the page can make no key the kernel is told by an empty one, and the kernel's answer will do", async () => {
  vi.spyOn(SubtleCrypto.prototype, "generateKey").mockRejectedValue(new DOMException("no", "NotSupportedError"));
  await stage.now.call();
  expect(stage.now.kernel.of("call.open")[0]?.key).toBe("");
});

test("a secret for another page's request is nothing to this one", async () => {
  const { kernel } = stage.now;
  const fetched = vi.spyOn(globalThis, "fetch");
  stage.now.answers = false;
  stage.now.page.call();
  await vi.waitFor(() => expect(kernel.of("call.open")).toHaveLength(1));
  const { key } = kernel.of("call.open")[0] as OpenMessage;
  kernel.say(await seal(TOKEN, key, { request_id: "req_other", url: inject("service"), call: 1 }));
  expect(fetched).not.toHaveBeenCalled();
  await stage.now.answer(kernel.of("call.open")[0] as OpenMessage);
  await stage.now.connected();
});

test.each<[string, Reply, string, string]>([
  ["refuses", { status: 401, body: '{"error": {"message": "expired"}}' }, "post_refused", "401 expired"],
  ["lets no page in", { closed: true, body: "v=0" }, "post_failed", "TypeError: Failed to fetch"],
  ["answers by no SDP", { body: "hello" }, "answer_invalid", "201 hello"],
])("a service that %s: the kernel is told why, and everything is released", async (_, reply, code, detail) => {
  const { kernel, media, page } = stage.now;
  handOver(reply);
  page.call();
  await vi.waitFor(() => expect(kernel.of("call.failed")).toHaveLength(1), 5000);
  expect(kernel.of("call.failed")[0]).toEqual({
    type: "call.failed",
    page: page.id,
    seq: expect.any(Number),
    talk: stage.now.talk,
    code,
    detail,
  });
  expect(kernel.of("call.posted")).toEqual([]);
  expect([media.live, media.openPeers, page.local.failure]).toEqual([0, 0, code]);
});

test("an SDP that the browser does not understand is named so", async () => {
  const { kernel } = stage.now;
  handOver({ headers: HEADERS, body: "v=0\r\nnonsense" });
  stage.now.page.call();
  await vi.waitFor(() => expect(kernel.of("call.failed").map(({ code }) => code)).toEqual(["answer_invalid"]), 5000);
});

test("hung up while the service is asked: the request ends and nobody is told of a failure", async () => {
  const { kernel, media, page } = stage.now;
  handOver({ wait: "answer" });
  page.call();
  await vi.waitFor(async () => expect(await seen()).not.toBeNull(), 5000);
  page.hangUp();
  expect([media.live, media.openPeers]).toEqual([0, 0]);
  await vi.waitFor(async () => expect((await seen())?.gone).toBe(true));
  expect(kernel.sent.map(({ type }) => type).filter((type) => /failed|posted/.test(type))).toEqual([]);
});

test("relayed from the first event on, also when it is asked for with the answer", async () => {
  const { kernel, engine, page } = stage.now;
  engine.greeting = [{ type: "session.created" }, { type: "x", text: "ü" }];
  const { answer } = stage.now;
  stage.now.answer = async (open) => {
    await answer.call(stage.now, open);
    // Before the page has gone on with its answer.
    kernel.say({ type: "relay", call: 1, on: true, after: 0 });
    kernel.say({ type: "relay.send", call: 1, events: [{ type: "session.update" }] });
  };
  await stage.now.call();
  const relayed = () => kernel.of("relay.events").flatMap(({ events }) => events.map((text) => JSON.parse(text)));
  await vi.waitFor(() => expect(relayed()).toEqual(engine.greeting));
  await vi.waitFor(() => expect(engine.events).toEqual([{ type: "session.update" }]));
  engine.send({ type: "late" });
  await vi.waitFor(() => expect(relayed().at(-1)).toEqual({ type: "late" }));
  expect(kernel.of("relay.events")[0]).toMatchObject({ page: page.id, call: 1, first: 1, lost: 0 });
});

test("a sideband that drops in mid-call: the page still has what the kernel missed", async () => {
  const { kernel, engine } = stage.now;
  engine.greeting = [{ type: "a" }, { type: "b" }];
  await stage.now.call();
  kernel.say({ type: "relay", call: 1, on: true, after: 0 });
  await vi.waitFor(() => {
    expect(kernel.of("relay.events").flatMap(({ events }) => events)).toEqual(['{"type":"a"}', '{"type":"b"}']);
  });
});

test("each call has numbers of its own, and the old call's are over with it", async () => {
  const { kernel, engine } = stage.now;
  engine.greeting = [{ type: "a" }];
  await stage.now.call();
  kernel.say({ type: "relay", call: 1, on: true, after: 0 });
  await vi.waitFor(() => expect(kernel.of("relay.events")).toHaveLength(1));
  kernel.say({ type: "call.close", talk: stage.now.talk, keep_microphone: true });
  stage.now.wanted();
  await stage.now.connected(2);
  kernel.say({ type: "relay", call: 1, on: true, after: 0 });
  kernel.say({ type: "relay", call: 2, on: true, after: 0 });
  await vi.waitFor(() => expect(kernel.of("relay.events").map(({ call, first }) => [call, first])).toHaveLength(2));
  expect(kernel.of("relay.events").map(({ call, first }) => [call, first])).toEqual([
    [1, 1],
    [2, 1],
  ]);
});

test("an event too large for the service is told of, and the call goes on", async () => {
  const { kernel, engine, page } = stage.now;
  vi.spyOn(console, "warn").mockImplementation(() => {});
  await stage.now.call();
  kernel.say({ type: "relay.send", call: 1, events: [{ type: "x", image: "i".repeat(300_000) }, { type: "y" }] });
  await vi.waitFor(() => expect(engine.events).toEqual([{ type: "y" }]));
  expect(kernel.of("call.failed")).toMatchObject([{ talk: stage.now.talk, code: "message_too_large" }]);
  expect([page.local.stage, page.local.failure]).toEqual(["open", null]);
});
