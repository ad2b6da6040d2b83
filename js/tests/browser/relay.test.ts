import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  BATCH_BYTES,
  BATCH_EVENTS,
  BATCH_MS,
  KEPT_BYTES,
  KEPT_EVENTS,
  Relay,
  type RelayedEvents,
} from "../../src/calls/relay.ts";
import { Scope } from "../../src/scope.ts";

/** A data channel between two peers of this page: `near` is the page's end. */
class Line {
  readonly peers = [new RTCPeerConnection(), new RTCPeerConnection()] as const;
  readonly near = this.peers[0].createDataChannel("oai-events");
  readonly heard: string[] = [];
  far: RTCDataChannel | null = null;

  constructor() {
    const [a, b] = this.peers;
    a.onicecandidate = ({ candidate }) => void b.addIceCandidate(candidate ?? undefined);
    b.onicecandidate = ({ candidate }) => void a.addIceCandidate(candidate ?? undefined);
    b.ondatachannel = ({ channel }) => {
      this.far = channel;
      channel.onmessage = ({ data }) => this.heard.push(data);
    };
  }

  async open(): Promise<RTCDataChannel> {
    const [a, b] = this.peers;
    await a.setLocalDescription();
    await b.setRemoteDescription(a.localDescription as RTCSessionDescription);
    await b.setLocalDescription();
    await a.setRemoteDescription(b.localDescription as RTCSessionDescription);
    await vi.waitFor(() => expect([this.near.readyState, this.far?.readyState]).toEqual(["open", "open"]));
    return this.far as RTCDataChannel;
  }

  get limit(): number {
    return this.peers[0].sctp?.maxMessageSize ?? 0;
  }
}

let line: Line;
let scope: Scope;
let relay: Relay;
let batches: RelayedEvents[];
/** Said when there is nothing to say. */
let answers: RelayedEvents[];
let tooLarge: string[];
let heard: number[];
/** Told of every message that the relay has taken. */
let arrived: () => void;

beforeEach(() => {
  line = new Line();
  scope = new Scope();
  batches = [];
  answers = [];
  tooLarge = [];
  heard = [];
  arrived = () => {};
  const host = {
    heard: (call: number) => heard.push(call),
    events: (batch: RelayedEvents) => (batch.events.length > 0 ? batches : answers).push(batch),
    tooLarge: (detail: string) => tooLarge.push(detail),
  };
  relay = new Relay(line.near, () => line.limit, host, scope);
  // After the relay's own listener.
  line.near.addEventListener("message", () => arrived());
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  scope.close();
  for (const peer of line.peers) peer.close();
});

/** The service sends these, and the page has them. */
async function send(far: RTCDataChannel, ...texts: (string | ArrayBuffer)[]): Promise<void> {
  // Not `vi.waitFor`: that turns the clock on.
  await new Promise<void>((resolve) => {
    let missing = texts.length;
    arrived = () => --missing === 0 && resolve();
    for (const text of texts) far.send(text as string);
  });
}

const on = (after: number, call = 1) => relay.take({ type: "relay", seq: 1, call, on: true, after });
const off = () => relay.take({ type: "relay", seq: 1, call: 1, on: false, after: 0 });
const say = (...events: Record<string, unknown>[]) => relay.take({ type: "relay.send", seq: 1, call: 1, events });
const events = () => batches.flatMap((batch) => batch.events);
const names = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => `e${first + i}`);

/** Each batch goes on where the one before ended. */
function gapless(): void {
  for (const [i, batch] of batches.entries()) {
    const before = batches[i - 1];
    if (before) expect([batch.first, batch.lost]).toEqual([before.first + before.events.length, 0]);
  }
}

test("what came before it was asked for is kept, from the channel's first message on", async () => {
  const far = await line.open();
  relay.call = 1;
  await send(far, "e1", "e2", "e3");
  expect(batches).toEqual([]);
  on(1);
  expect(batches).toEqual([{ call: 1, first: 2, lost: 0, events: ["e2", "e3"] }]);
  on(0);
  expect(batches.at(-1)).toEqual({ call: 1, first: 1, lost: 0, events: ["e1", "e2", "e3"] });
});

test("the first event is told of once, at the latest with the call's number", async () => {
  const far = await line.open();
  await send(far, "e1");
  expect(heard).toEqual([]);
  relay.call = 1;
  expect(heard).toEqual([1]);
  await send(far, "e2");
  expect(heard).toEqual([1]);
});

test("asked for before the call has its number: handed over with it", async () => {
  const far = await line.open();
  await send(far, "e1");
  on(0);
  on(0, 2);
  expect(batches).toEqual([]);
  relay.call = 1;
  expect(batches).toEqual([{ call: 1, first: 1, lost: 0, events: ["e1"] }]);
});

test("an event alone goes at once, those right behind it together", async () => {
  const far = await line.open();
  relay.call = 1;
  on(0);
  let now = performance.now();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.spyOn(performance, "now").mockImplementation(() => now);
  await send(far, "e1");
  expect(batches.map((batch) => batch.events)).toEqual([["e1"]]);
  await send(far, "e2", "e3");
  now += BATCH_MS - 1;
  vi.advanceTimersByTime(BATCH_MS - 1);
  expect(batches).toHaveLength(1);
  now += 1;
  vi.advanceTimersByTime(1);
  expect(batches[1]).toEqual({ call: 1, first: 2, lost: 0, events: ["e2", "e3"] });
  // A timer that is late (a hidden page) holds nothing up.
  await send(far, "e4");
  now += BATCH_MS;
  await send(far, "e5");
  expect(batches[2]?.events).toEqual(["e4", "e5"]);
  now += 1000;
  vi.advanceTimersByTime(1000);
  expect(batches).toHaveLength(3);
});

test("a batch has at most 64 events", async () => {
  const far = await line.open();
  relay.call = 1;
  await send(far, ...names(1, 150));
  on(0);
  expect(batches.map((batch) => [batch.first, batch.events.length])).toEqual([
    [1, BATCH_EVENTS],
    [65, BATCH_EVENTS],
    [129, 22],
  ]);
});

test("64 events, or 64 kB, wait for nothing", async () => {
  const far = await line.open();
  relay.call = 1;
  on(0);
  vi.spyOn(performance, "now").mockReturnValue(performance.now());
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await send(far, ...names(1, 1 + BATCH_EVENTS));
  expect(batches.map((batch) => batch.events.length)).toEqual([1, BATCH_EVENTS]);
  await send(far, "x".repeat(30_000), "x".repeat(30_000));
  expect(batches).toHaveLength(2);
  await send(far, "ü".repeat(2500));
  expect(batches.slice(2).map((batch) => batch.events.length)).toEqual([2, 1]);
});

test("a batch has at most 64 kB; a larger event goes alone", async () => {
  const far = await line.open();
  relay.call = 1;
  const [small, large] = ["x".repeat(30_000), "y".repeat(BATCH_BYTES + 1)];
  await send(far, small, small, small, large, small);
  on(0);
  expect(batches.map((batch) => batch.events.length)).toEqual([2, 1, 1, 1]);
  expect(events()).toEqual([small, small, small, large, small]);
  gapless();
});

test("the oldest of more than 2,000 are forgotten, and counted for who asks", async () => {
  const far = await line.open();
  relay.call = 1;
  await send(far, ...names(1, KEPT_EVENTS + 10));
  on(3);
  expect(batches[0]).toMatchObject({ first: 11, lost: 7 });
  expect(events()).toEqual(names(11, KEPT_EVENTS + 10));
  gapless();
});

test("no more than 4 MB is kept", async () => {
  const far = await line.open();
  relay.call = 1;
  const size = 200_000;
  const texts = Array.from({ length: 25 }, (_, i) => `${i}`.padEnd(size, "x"));
  // One by one: the other end's buffer is bounded, too.
  for (const text of texts) await send(far, text);
  on(0);
  const kept = KEPT_BYTES / size;
  expect(batches[0]).toMatchObject({ first: 25 - kept + 1, lost: 25 - kept });
  expect(events()).toEqual(texts.slice(-kept));
});

test("10,000 events in a run: each once, in order, none lost", async () => {
  const far = await line.open();
  relay.call = 1;
  on(0);
  const texts = names(1, 10_000).map((name) => JSON.stringify({ type: "response.output_text.delta", delta: name }));
  for (let i = 0; i < texts.length; i += 1000) await send(far, ...texts.slice(i, i + 1000));
  await vi.waitFor(() => expect(events()).toHaveLength(10_000));
  expect(events()).toEqual(texts);
  gapless();
  expect(Math.max(...batches.map((batch) => batch.events.length))).toBeLessThanOrEqual(BATCH_EVENTS);
});

test("switched off it counts on and says nothing; nothing is said twice", async () => {
  const far = await line.open();
  relay.call = 1;
  on(0);
  await send(far, "e1");
  // Still to be sent when it is switched off.
  await send(far, "e2");
  off();
  await send(far, "e3");
  vi.spyOn(performance, "now").mockReturnValue(performance.now() + 1000);
  await send(far, "e4");
  on(batches.reduce((sum, batch) => sum + batch.events.length, 0));
  expect(events()).toEqual(names(1, 4));
  gapless();
});

test("frames that are no text are not numbered", async () => {
  const far = await line.open();
  relay.call = 1;
  await send(far, new ArrayBuffer(8), "e1", new ArrayBuffer(0), "e2");
  on(0);
  expect(batches).toEqual([{ call: 1, first: 1, lost: 0, events: ["e1", "e2"] }]);
});

test("what is meant for another call is nothing for this one", async () => {
  const far = await line.open();
  relay.call = 2;
  await send(far, "e1");
  on(0, 1);
  say({ type: "x" });
  expect(batches).toEqual([]);
  relay.take({ type: "relay.send", seq: 1, call: 2, events: [{ type: "y" }] });
  await vi.waitFor(() => expect(line.heard).toEqual(['{"type":"y"}']));
});

test("the kernel's events go out in order, also those from before the channel was open", async () => {
  say({ type: "a" });
  relay.call = 1;
  say({ type: "b" }, { type: "c" });
  await line.open();
  say({ type: "d" });
  await vi.waitFor(() => expect(line.heard.map((text) => JSON.parse(text).type)).toEqual(["a", "b", "c", "d"]));
});

test("an event that the service would not take is told of and costs only itself", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  await line.open();
  relay.call = 1;
  const rest = line.limit - JSON.stringify({ type: "x", image: "" }).length;
  // In bytes: two for each of these.
  say({ type: "x", image: "ü".repeat(rest / 2 + 1) }, { type: "b" }, { type: "x", image: "u".repeat(rest) });
  await vi.waitFor(
    () => expect(line.heard.map((text) => text.length)).toEqual(['{"type":"b"}'.length, line.limit]),
    5000,
  );
  expect(tooLarge).toHaveLength(1);
  expect(tooLarge[0]).toMatch(/^x: \d+ > \d+$/);
  expect(warn).toHaveBeenCalledOnce();
  expect(line.near.readyState).toBe("open");
});

test("events for a channel that is closed are warned of, no more", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  await line.open();
  relay.call = 1;
  line.near.close();
  say({ type: "a" });
  expect(warn).toHaveBeenCalledOnce();
  expect(tooLarge).toEqual([]);
});

test("what waits for its batch goes before the channel's end is known elsewhere", async () => {
  const far = await line.open();
  relay.call = 1;
  on(0);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.spyOn(performance, "now").mockReturnValue(performance.now());
  const atEnd = new Promise<string[]>((resolve) => line.near.addEventListener("close", () => resolve(events())));
  await send(far, "e1", "e2");
  expect(events()).toEqual(["e1"]);
  far.close();
  expect(await atEnd).toEqual(["e1", "e2"]);
});

test("with its scope it ends: no timer, no listener, no word", async () => {
  const far = await line.open();
  relay.call = 1;
  on(0);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.spyOn(performance, "now").mockReturnValue(performance.now());
  await send(far, "e1", "e2");
  scope.close();
  expect([vi.getTimerCount(), scope.size]).toEqual([0, 0]);
  await send(far, ...names(3, 100));
  expect(events()).toEqual(["e1"]);
});

test("asked to relay it answers at once, also when there is nothing to relay yet", async () => {
  on(0);
  expect(answers).toEqual([]);
  relay.call = 1;
  expect(answers).toEqual([{ call: 1, first: 1, lost: 0, events: [] }]);
  const far = await line.open();
  await send(far, "e1", "e2");
  await vi.waitFor(() => expect(events()).toEqual(["e1", "e2"]));
  on(2);
  on(7);
  expect(answers.slice(1)).toEqual([
    { call: 1, first: 3, lost: 0, events: [] },
    { call: 1, first: 3, lost: 0, events: [] },
  ]);
  on(1);
  off();
  expect(events()).toEqual(["e1", "e2", "e2"]);
  expect(answers).toHaveLength(3);
});
