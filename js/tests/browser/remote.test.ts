import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Scope } from "../../src/scope.ts";
import { packed, unpacked } from "../../src/tab/frames.ts";
import { type End, Remote } from "../../src/tab/remote.ts";

const ROOM = "http://127.0.0.1:5000/tab/room/";

/** Stands for the socket to the engine; a test plays what is behind it. */
class FakeSocket extends EventTarget {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 0;
  readonly sent: (string | Uint8Array<ArrayBuffer>)[] = [];

  constructor(readonly url: string) {
    super();
    FakeSocket.all.push(this);
  }

  send(frame: string | Uint8Array<ArrayBuffer>): void {
    this.sent.push(frame);
  }

  close(): void {
    this.readyState = 3;
  }

  opens(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  says(frame: string | ArrayBuffer): void {
    this.dispatchEvent(new MessageEvent("message", { data: frame }));
  }

  ends(code: number): void {
    this.readyState = 3;
    this.dispatchEvent(new CloseEvent("close", { code }));
  }
}

const newest = () => FakeSocket.all.at(-1) as FakeSocket;
const asked = (socket: FakeSocket) => socket.sent.map((frame) => unpacked(frame as string)[0]);

let scope: Scope;
let ends: End[];
let remote: Remote;
let answers: () => Promise<Response>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  FakeSocket.all = [];
  vi.stubGlobal("WebSocket", FakeSocket);
  answers = async () => new Response(null, { status: 204 });
  vi.stubGlobal("fetch", () => answers());
  scope = new Scope();
  ends = [];
  remote = new Remote(ROOM, scope, (why) => ends.push(why));
});
afterEach(() => {
  scope.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const update = (state: Record<string, unknown>) => JSON.stringify({ method: "update", state });

test("once open it asks for the state, tells of each change, and of nothing that stays", async () => {
  expect(newest().url).toBe("ws://127.0.0.1:5000/tab/room/socket");
  newest().opens();
  expect(asked(newest())).toEqual([{ method: "request_state" }]);
  newest().says(update({ voice: "a", muted: false }));
  await remote.there;
  const heard: string[] = [];
  for (const name of ["voice", "muted"]) remote.on(`change:${name}`, () => heard.push(name));
  newest().says(update({ voice: "a", muted: true }));
  expect(heard).toEqual(["muted"]);
  expect([remote.get("voice"), remote.get("muted")]).toEqual(["a", true]);
});

test("the panel has the whole page, however the notebook shows it", () => {
  newest().opens();
  newest().says(update({ view: "floating" }));
  expect(remote.get("view")).toBe("panel");
});

test("messages come with their buffers, and go with them", () => {
  const heard: unknown[] = [];
  remote.on("msg:custom", (...given) => heard.push(given));
  newest().opens();
  const sound = new Uint8Array([1, 2]).buffer;
  newest().says((packed({ method: "custom", content: { type: "audio" } }, [sound]) as Uint8Array<ArrayBuffer>).buffer);
  const [[content, [view]]] = heard as [[unknown, [DataView]]];
  expect(content).toEqual({ type: "audio" });
  expect([view.getUint8(0), view.getUint8(1), view.byteLength]).toEqual([1, 2, 2]);
  remote.send({ type: "audio" }, undefined, [sound]);
  const [data, [out]] = unpacked((newest().sent.at(-1) as Uint8Array<ArrayBuffer>).buffer);
  expect(data).toEqual({ method: "custom", content: { type: "audio" } });
  expect(out?.byteLength).toBe(2);
});

test("a way that was lost is opened again, and what was said meanwhile goes then", async () => {
  newest().opens();
  newest().ends(1006);
  remote.send({ type: "hello" });
  await vi.advanceTimersByTimeAsync(1000);
  expect(FakeSocket.all).toHaveLength(2);
  newest().opens();
  expect(asked(newest())).toEqual([{ method: "request_state" }, { method: "custom", content: { type: "hello" } }]);
  expect(ends).toEqual([]);
});

test("of what waits the oldest is dropped", async () => {
  for (let nth = 0; nth < 510; nth += 1) remote.send({ nth });
  newest().opens();
  const [, first] = asked(newest());
  expect(newest().sent).toHaveLength(501);
  expect(first).toMatchObject({ content: { nth: 10 } });
});

test.each([
  [4000, "taken over"],
  [4001, "over"],
] as const)("closed with %i it is %s, and it tries no more", async (code, why) => {
  let lost = 0;
  remote.on("comm_live_update", () => {
    lost += 1;
  });
  newest().opens();
  newest().ends(code);
  expect([ends, lost]).toEqual([[why], 1]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(FakeSocket.all).toHaveLength(1);
  expect(() => remote.send({})).toThrow();
});

test("an engine that knows it no more ends it", async () => {
  answers = async () => new Response(null, { status: 403 });
  newest().opens();
  newest().ends(1006);
  await vi.waitFor(() => expect(ends).toEqual(["over"]));
});

test("without a network it tries for a minute", async () => {
  answers = async () => {
    throw new TypeError("no network");
  };
  newest().opens();
  newest().ends(1006);
  for (let second = 0; second < 59; second += 1) {
    await vi.advanceTimersByTimeAsync(1000);
    newest().ends(1006);
    await vi.advanceTimersByTimeAsync(0);
  }
  expect(ends).toEqual([]);
  await vi.advanceTimersByTimeAsync(2000);
  newest().ends(1006);
  await vi.advanceTimersByTimeAsync(2000);
  expect(ends).toEqual(["lost"]);
});

test("with its page it lets go of the socket", () => {
  newest().opens();
  scope.close();
  expect(newest().readyState).toBe(3);
});
