import { afterEach, expect, test, vi } from "vitest";
import { READY_MS } from "../../src/calls/ready.ts";
import type { PageMessage } from "../../src/model.gen.ts";
import { mountPanel } from "../../src/view/panel.ts";
import { usePermission, watchContexts } from "./support/media.ts";
import { useStage } from "./support/stage.ts";

usePermission("granted");
const stage = useStage();
afterEach(() => vi.unstubAllGlobals());

/** The sound that the page makes from now on. */
function contexts(clicked = true): AudioContext[] {
  vi.spyOn(navigator, "userActivation", "get").mockReturnValue({ hasBeenActive: clicked, isActive: false });
  const made: AudioContext[] = [];
  watchContexts((context) => made.push(context));
  return made;
}

type Prepare = Extract<PageMessage, { type: "call.prepare" }>;

/** Somebody points at Call; what the kernel is asked then. */
async function pointed(): Promise<Prepare> {
  const { page, kernel } = stage.now;
  page.prepare();
  await vi.waitFor(() => expect(kernel.of("call.prepare")).toHaveLength(1));
  return kernel.of("call.prepare")[0] as Prepare;
}

/** The kernel has the answer before the call. */
async function answered(): Promise<string> {
  const { kernel, engine } = stage.now;
  const { sdp, request_id } = await pointed();
  const answer = await engine.answer(sdp);
  kernel.say({ type: "answer", request_id, call: 0, sdp: answer, connect_ms: 2500 });
  return answer;
}

test("pointing at Call makes an offer and asks for no microphone, and the call goes with it", async () => {
  const { page, media, kernel } = stage.now;
  const { sdp } = await pointed();
  expect([media.openPeers, media.asked, page.local.stage]).toEqual([1, 0, "none"]);
  page.prepare();
  page.call();
  await stage.now.connected();
  expect(kernel.of("call.open")[0]).toMatchObject({ sdp });
  expect(media.peers).toHaveLength(1);
  page.hangUp();
  await vi.waitFor(() => expect([media.live, media.openPeers]).toEqual([0, 0]));
});

test("with an answer ahead it connects before the kernel has said anything of the call", async () => {
  const { page, kernel, engine, media } = stage.now;
  const answer = await answered();
  stage.now.answers = false;
  page.call();
  await vi.waitFor(() => expect(media.peers[0]?.connectionState).toBe("connected"));
  expect([page.local.stage, kernel.of("call.peer")]).toEqual(["offering", []]);
  const request_id = kernel.of("call.open")[0]?.request_id ?? "";
  kernel.say({ type: "answer", request_id, call: 7, sdp: answer, connect_ms: 2500 });
  await stage.now.connected();
  expect(kernel.of("call.peer")[0]).toMatchObject({ call: 7, state: "connected" });
  expect([page.local.stage, engine.peers.length]).toEqual(["open", 1]);
});

test("a kernel that has forgotten it, and asked for another one, gets no call", async () => {
  const { page, kernel, media } = stage.now;
  await answered();
  page.call();
  await vi.waitFor(() =>
    expect(kernel.of("call.failed")[0]).toMatchObject({ code: "answer_invalid", talk: stage.now.talk }),
  );
  await vi.waitFor(() => expect([media.live, media.openPeers, page.local.stage]).toEqual([0, 0, "none"]));
});

test("whoever does not call leaves nothing behind, and may point again", async () => {
  const { page, media, kernel } = stage.now;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  page.prepare();
  expect(media.openPeers).toBe(1);
  vi.advanceTimersByTime(READY_MS);
  vi.useRealTimers();
  expect(media.openPeers).toBe(0);
  page.prepare();
  expect(media.openPeers).toBe(1);
  await stage.now.call();
  expect([media.openPeers, kernel.of("call.open")]).toEqual([1, [expect.objectContaining({ microphone: true })]]);
});

test("what the kernel refuses after the call began does not end it", async () => {
  const { page, kernel, media } = stage.now;
  const { request_id } = await pointed();
  await stage.now.call();
  kernel.say({ type: "request.failed", request_id, error: { code: "closed", message: "No.", next_step: "" } });
  await vi.waitFor(() => expect(page.local.hasMicrophone).toBe(true));
  expect([media.openPeers, page.local.stage]).toEqual([1, "open"]);
});

test("a call that is there, by comm or posted by the page, has no use for it", async () => {
  const { page, kernel, media } = stage.now;
  for (const other of [{ transport: "comm" }, { transport: "webrtc", flow: "ephemeral" }] as const) {
    kernel.set(other);
    page.prepare();
  }
  expect(media.peers).toEqual([]);
  kernel.set({ flow: "unified" });
  await stage.now.call();
  page.prepare();
  expect([media.peers.length, kernel.of("call.prepare")]).toEqual([1, []]);
});

test.each(["pointermove", "pointerdown", "focus"])("a %s on Call is pointing at it", (type) => {
  const { page, media, life } = stage.now;
  const el = document.body.appendChild(document.createElement("div"));
  mountPanel(el, page, life.signal);
  const call = el.firstElementChild?.shadowRoot?.querySelector(".main");
  call?.dispatchEvent(new Event(type));
  expect(media.peers).toHaveLength(1);
  el.remove();
});

test("sound runs from the pointing on, and is the talk's own until it ends", async () => {
  const { page } = stage.now;
  const made = contexts();
  await pointed();
  await vi.waitFor(() => expect(made[0]?.state).toBe("running"));
  await stage.now.call();
  expect(made).toHaveLength(1);
  page.hangUp();
  await vi.waitFor(() => expect(made.map(({ state }) => state)).toEqual(["closed"]));
});

test("sound that nobody calls with ends, and before the first click on a page none is made", async () => {
  const { page } = stage.now;
  const made = contexts(false);
  page.prepare();
  expect(made).toEqual([]);
  vi.spyOn(navigator, "userActivation", "get").mockReturnValue({ hasBeenActive: true, isActive: false });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  page.prepare();
  expect(made).toHaveLength(1);
  vi.advanceTimersByTime(READY_MS);
  vi.useRealTimers();
  await vi.waitFor(() => expect(made[0]?.state).toBe("closed"));
});
