import { expect, test, vi } from "vitest";
import { PageFailure } from "../../src/failure.ts";
import type { PageMessage } from "../../src/model.gen.ts";
import { seal } from "../support/seal.ts";
import { usePermission } from "./support/media.ts";
import { useStage } from "./support/stage.ts";

usePermission("granted");
const stage = useStage({ has_ice_servers: true });
// Nobody is there: the page finds its own addresses all the same.
const SERVERS = [{ urls: ["turn:127.0.0.1:9?transport=tcp"], username: "me", credential: "pa55word" }];
const LATE_MS = 8_000;

type Wanted = Extract<PageMessage, { type: "ice.wanted" }>;

async function wanted(number = 0): Promise<Wanted> {
  const { kernel } = stage.now;
  await vi.waitFor(() => expect(kernel.of("ice.wanted").length).toBeGreaterThan(number));
  return kernel.of("ice.wanted")[number] as Wanted;
}

/** The kernel gives them, sealed as a token is. */
async function given(servers: RTCIceServer[] = SERVERS, number = 0): Promise<void> {
  const { key, request_id } = await wanted(number);
  const sealed = await seal(JSON.stringify(servers), key, { request_id, url: "", call: 0 });
  const { call: _, ...message } = sealed;
  stage.now.kernel.say({ ...message, type: "ice.servers" });
}

/** What comes after a path is there takes a moment. */
function hurry(): void {
  const later = globalThis.setTimeout;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((act: () => void, ms?: number) =>
    later(act, ms === LATE_MS ? 1500 : ms)) as never);
}

/** What the page says it failed at, once the engine's answer was changed so. */
async function failedBy(change: (sdp: string) => string): Promise<string> {
  const { kernel, engine, page } = stage.now;
  hurry();
  stage.now.answers = false;
  page.call();
  await given([]);
  await vi.waitFor(() => expect(kernel.of("call.open")).toHaveLength(1), { timeout: 8000 });
  const { sdp, request_id } = kernel.of("call.open")[0] as Extract<PageMessage, { type: "call.open" }>;
  kernel.say({
    type: "answer",
    request_id,
    call: 1,
    connect_ms: 1_500,
    sdp: change(await engine.answer(sdp.replace(/a=candidate.*\r\n/g, ""))),
  });
  await vi.waitFor(() => expect(kernel.of("call.failed")).toHaveLength(1), { timeout: 8000 });
  return kernel.of("call.failed")[0]?.code ?? "";
}

test("the page asks for the servers of its offer, and the offer says what it has found", async () => {
  const { page, kernel, media } = stage.now;
  page.call();
  const { talk } = await wanted();
  await given();
  await stage.now.connected();
  expect(media.peers[0]?.getConfiguration().iceServers).toEqual(SERVERS);
  const open = kernel.of("call.open")[0];
  expect(open?.talk).toBe(talk);
  expect(open?.sdp).toMatch(/a=candidate:.* typ host/);
  expect(JSON.stringify(kernel.sent)).not.toContain("pa55word");
  expect(JSON.stringify(kernel.state)).not.toContain("pa55word");
});

test("so it is for an offer that is made ahead, for no talk, and the call goes with it", async () => {
  const { page, kernel, media } = stage.now;
  page.prepare();
  expect((await wanted()).talk).toBe("");
  await given();
  await vi.waitFor(() => expect(kernel.of("call.prepare")).toHaveLength(1), { timeout: 8000 });
  page.call();
  await stage.now.connected();
  expect([kernel.of("ice.wanted").length, media.peers.length]).toEqual([1, 1]);
  expect(kernel.of("call.open")[0]?.sdp).toBe(kernel.of("call.prepare")[0]?.sdp);
});

test("without any it asks nothing", async () => {
  stage.now.kernel.state.has_ice_servers = false;
  await stage.now.call();
  expect(stage.now.kernel.of("ice.wanted")).toEqual([]);
});

test("a page that is not secure gets them as they are", async () => {
  vi.spyOn(crypto.subtle, "generateKey").mockRejectedValue(new Error("not secure"));
  const { page, kernel, media } = stage.now;
  page.call();
  const { key, request_id } = await wanted();
  expect(key).toBe("");
  kernel.say({ type: "ice.servers", request_id, url: "", key: "", nonce: "", sealed: JSON.stringify(SERVERS) });
  await stage.now.connected();
  expect(media.peers[0]?.getConfiguration().iceServers).toEqual(SERVERS);
});

test("what the kernel asks of the connection is looked for at the servers", async () => {
  const { kernel, page } = stage.now;
  page.load();
  await vi.waitFor(() => expect(page.sound).not.toBeNull());
  kernel.say({ type: "connection.wanted", page: "", request_id: "r1" });
  expect((await wanted()).talk).toBe("");
  await given();
  await vi.waitFor(() => expect(kernel.of("connection")).toHaveLength(1), { timeout: 8000 });
  const facts = kernel.of("connection")[0]?.facts;
  expect(facts).toMatchObject({ wanted: "relay", gathered: true });
  expect(JSON.stringify(facts)).not.toContain("pa55word");
});

test("where the kernel has none after all, the kernel says what becomes of the call", async () => {
  const { page, kernel, media } = stage.now;
  page.call();
  const { request_id, talk } = await wanted();
  const error = { code: "ice_servers_failed", message: "It failed.", next_step: "Mend it." };
  kernel.say({ type: "request.failed", request_id, error });
  // It says whether there is another way, for which the microphone is kept.
  await vi.waitFor(() => expect(media.openPeers).toBe(0));
  kernel.say({ type: "call.close", talk, keep_microphone: false });
  await vi.waitFor(() => expect(media.live).toBe(0));
  expect([page.local.failure, kernel.of("call.failed").length, kernel.of("call.open").length]).toEqual([null, 0, 0]);
});

test("an offer made ahead for which there were none is forgotten, and the call asks again", async () => {
  const { page, kernel } = stage.now;
  page.prepare();
  const { request_id } = await wanted();
  const error = { code: "ice_servers_failed", message: "It failed.", next_step: "Mend it." };
  kernel.say({ type: "request.failed", request_id, error });
  await vi.waitFor(() => expect(stage.now.media.openPeers).toBe(0));
  page.call();
  await given(SERVERS, 1);
  await stage.now.connected();
  expect(page.refusal).toBeNull();
});

test("no way to the other end is a failure by its name", async () => {
  expect(await failedBy((sdp) => sdp.replace(/a=candidate.*\r\n/g, ""))).toBe("ice_failed");
});

test("a channel that never opens is another one", async () => {
  const refused = (sdp: string) => sdp.replace("m=application 9", "m=application 0").replace("BUNDLE 0 1", "BUNDLE 0");
  expect(await failedBy(refused)).toBe("channel_not_open");
});

test("media that stop are a third one, which the kernel names", async () => {
  const { page, kernel, media } = stage.now;
  page.call();
  await given();
  await stage.now.connected();
  const [peer] = media.peers;
  vi.spyOn(peer as RTCPeerConnection, "connectionState", "get").mockReturnValue("failed");
  peer?.dispatchEvent(new Event("connectionstatechange"));
  await vi.waitFor(() => expect(kernel.of("call.peer").map(({ state }) => state)).toEqual(["connected", "failed"]));
  expect(kernel.of("call.failed")).toEqual([]);
});

test("what a TURN server has answered goes with the failure", async () => {
  const { media, page } = stage.now;
  page.call();
  await wanted();
  const [peer] = media.peers;
  const told = (errorCode: number, errorText: string) =>
    peer?.dispatchEvent(Object.assign(new Event("icecandidateerror"), { errorCode, errorText, url: "turn:t.org" }));
  told(701, "timed out");
  told(401, "Unauthorized");
  told(701, "timed out");
  await given();
  vi.spyOn(peer as RTCPeerConnection, "connectionState", "get").mockReturnValue("failed");
  await vi.waitFor(() => expect(stage.now.kernel.of("call.open")).toHaveLength(1), { timeout: 8000 });
  await vi.waitFor(() => {
    peer?.dispatchEvent(new Event("connectionstatechange"));
    expect(stage.now.kernel.of("call.failed")[0]).toMatchObject({
      code: "ice_failed",
      detail: "401 turn:t.org Unauthorized",
    });
  });
});

test("a failure of another copy of the bundle, which another widget of the page brought, keeps its name", () => {
  const theirs = Object.assign(new Error("401"), { ofPage: true, code: "channel_not_open" });
  expect(theirs).toBeInstanceOf(PageFailure);
  for (const other of [new Error("401"), new DOMException("x"), null, "x"])
    expect(other instanceof PageFailure).toBe(false);
});
