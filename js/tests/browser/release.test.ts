import { expect, test, vi } from "vitest";
import type { Stage } from "./support/stage.ts";
import { useStage } from "./support/stage.ts";

const stage = useStage();

/** Nothing of a call is left: no microphone, no peer. */
function released({ media, page }: Stage): void {
  expect([media.live, media.openPeers, page.local.stage]).toEqual([0, 0, "none"]);
}

test("Hang up", async () => {
  const mixed: MediaStreamTrack[] = [];
  const Node = MediaStreamAudioDestinationNode;
  const Kept = class extends Node {
    constructor(...given: ConstructorParameters<typeof Node>) {
      super(...given);
      mixed.push(...this.stream.getTracks());
    }
  };
  vi.stubGlobal("MediaStreamAudioDestinationNode", Kept);
  await stage.now.call();
  vi.unstubAllGlobals();
  expect(mixed.map(({ readyState }) => readyState)).toEqual(["live"]);
  stage.now.page.hangUp();
  expect(mixed.map(({ readyState }) => readyState)).toEqual(["ended"]);
  released(stage.now);
  expect(stage.now.kernel.of("call.hang_up")).toEqual([
    {
      type: "call.hang_up",
      page: stage.now.page.id,
      seq: expect.any(Number),
      talk: stage.now.talk,
      reason: "user",
    },
  ]);
});

test("10 s after the last view has gone, and not when a new one came", async () => {
  const { Scope } = await import("../../src/scope.ts");
  const { page, view, kernel, media } = stage.now;
  await stage.now.call();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  view.close();
  vi.advanceTimersByTime(9000);
  const second = new Scope();
  page.attach({ changed() {}, stir() {} }, second);
  vi.advanceTimersByTime(20_000);
  expect(media.live).toBeGreaterThan(0);
  second.close();
  vi.advanceTimersByTime(9999);
  expect(media.live).toBeGreaterThan(0);
  vi.advanceTimersByTime(1);
  released(stage.now);
  expect(kernel.of("call.hang_up").at(-1)?.reason).toBe("view_gone");
});

test("the page goes", async () => {
  await stage.now.call();
  window.dispatchEvent(new PageTransitionEvent("pagehide"));
  released(stage.now);
  expect(stage.now.kernel.of("call.hang_up").at(-1)?.reason).toBe("page_gone");
});

test("model.send throws", async () => {
  const { kernel, page } = stage.now;
  vi.spyOn(console, "warn").mockImplementation(() => {});
  await stage.now.call();
  kernel.refuses = new Error("no comm");
  page.interrupt();
  released(stage.now);
  expect(page.local.failure).toBe("kernel_gone");
});

test("model.send throws at the click: the microphone is not even asked for", () => {
  const { kernel, page, media } = stage.now;
  vi.spyOn(console, "warn").mockImplementation(() => {});
  kernel.refuses = new Error("no comm");
  page.call();
  expect(media.asked).toBe(0);
  released(stage.now);
});

test("the kernel restarts or dies (the host says so)", async () => {
  await stage.now.call();
  stage.now.kernel.emit("comm_live_update");
  released(stage.now);
});

/** Time that goes by while the page looks at it. */
function useClock(): { pass(ms: number): Promise<void>; jump(ms: number): Promise<void> } {
  const real = performance.now.bind(performance);
  let ahead = 0;
  let looks = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    looks += 1;
    return real() + ahead;
  });
  const jump = async (ms: number) => {
    ahead += ms;
    const before = looks;
    // Who has no call does not look.
    await vi.waitFor(() => expect(stage.now.page.local.stage === "none" || looks > before + 2).toBe(true));
  };
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 2000) await jump(Math.min(2000, left));
  };
  return { pass, jump };
}

test("what was asked for when the kernel goes is refused: nothing waits for ever, nothing typed is lost", async () => {
  const { kernel, page } = stage.now;
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const gone = { code: "kernel_gone", message: expect.stringContaining("The kernel stopped answering") };
  const text = page.sendText("how many penguins");
  const turns = page.set("turn_detection", { type: "semantic_vad" });
  kernel.emit("comm_live_update");
  expect([await text, await turns]).toEqual([expect.objectContaining(gone), expect.objectContaining(gone)]);
  // The host may take it, though nobody hears it.
  expect(await page.set("voice", "en-gb")).toMatchObject(gone);
  kernel.refuses = new Error("no comm");
  expect(await page.set("voice", "en-gb")).toMatchObject(gone);
});

test("30 s without a beat; warned at 5 s; a beat in time keeps the call", async () => {
  const { kernel, page, media } = stage.now;
  await stage.now.call();
  const clock = useClock();
  await clock.pass(6000);
  await vi.waitFor(() => expect(page.local.kernelSlow).toBe(true));
  kernel.say({ type: "beat" });
  await vi.waitFor(() => expect(page.local.kernelSlow).toBe(false));
  await clock.pass(28_000);
  await vi.waitFor(() => expect(page.local.kernelSlow).toBe(true));
  expect(media.live).toBeGreaterThan(0);
  await clock.pass(3000);
  await vi.waitFor(() => released(stage.now));
  expect(kernel.of("call.hang_up").at(-1)?.reason).toBe("kernel_silent");
});

test("a page that has slept gives the kernel its time to be heard again", async () => {
  const { kernel, page, media } = stage.now;
  await stage.now.call();
  const clock = useClock();
  await clock.jump(600_000);
  expect([page.local.kernelSlow, page.local.failure, kernel.of("call.hang_up")]).toEqual([false, null, []]);
  expect(media.live).toBeGreaterThan(0);
  // The way to the kernel is gone: that is said, and then the call ends.
  await clock.pass(6000);
  await vi.waitFor(() => expect(page.local.kernelSlow).toBe(true));
  await clock.pass(26_000);
  await vi.waitFor(() => released(stage.now));
});

test("w.close(): the model ends, and nothing listens to it any more", async () => {
  await stage.now.call();
  stage.now.life.abort();
  released(stage.now);
  expect(stage.now.kernel.listeners).toBe(0);
});

test("w.disconnect(): the kernel closes the call", async () => {
  await stage.now.call();
  stage.now.kernel.say({ type: "call.close", talk: stage.now.talk, keep_microphone: false });
  released(stage.now);
});

test("another page was quicker", async () => {
  const { kernel, page } = stage.now;
  stage.now.answers = false;
  page.call();
  await vi.waitFor(() => expect(kernel.of("call.open")).toHaveLength(1));
  kernel.set({ connection_state: "connecting", holder: "page_other" });
  released(stage.now);
});

const STEPS: Record<string, (now: Stage, abort: () => void) => void> = {
  "the microphone": ({ media }, abort) => {
    media.answer = (real) => {
      // Nobody hangs up in the click's own task.
      queueMicrotask(abort);
      return real();
    };
  },
  "the offer": (_, abort) => {
    const real = RTCPeerConnection.prototype.createOffer;
    vi.spyOn(RTCPeerConnection.prototype, "createOffer").mockImplementation(function (this: RTCPeerConnection) {
      const offer = (real as () => Promise<RTCSessionDescriptionInit>).call(this);
      abort();
      return offer as never;
    });
  },
  "the local description": (_, abort) => {
    const real = RTCPeerConnection.prototype.setLocalDescription;
    const spy = vi.spyOn(RTCPeerConnection.prototype, "setLocalDescription");
    spy.mockImplementationOnce(function (this: RTCPeerConnection, description) {
      const done = (real as (description?: RTCLocalSessionDescriptionInit) => Promise<void>).call(this, description);
      abort();
      return done;
    });
  },
  "the answer": (now, abort) => {
    now.answers = false;
    now.kernel.onMessage = (message) => {
      if (message.type !== "call.open") return;
      queueMicrotask(abort);
      void now.answer(message);
    };
  },
  "the connection": ({ kernel }, abort) => {
    const say = kernel.say.bind(kernel);
    kernel.say = (message, buffers) => {
      say(message, buffers);
      if (message.type === "answer") queueMicrotask(abort);
    };
  },
};

test.each(Object.keys(STEPS))("hung up while waiting for %s: no track and no peer is left", async (step) => {
  const { page, kernel, media } = stage.now;
  let aborted = false;
  STEPS[step]?.(stage.now, () => {
    if (aborted) return;
    aborted = true;
    page.hangUp();
  });
  page.call();
  await vi.waitFor(() => expect(aborted).toBe(true), 5000);
  // What was under way still ends, and must leave nothing on.
  await vi.waitFor(() => expect(media.tracks.length).toBeGreaterThan(0));
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  released(stage.now);
  expect(kernel.of("call.failed")).toEqual([]);
  expect(kernel.of("call.peer")).toEqual([]);
});

test.each([
  ["NotAllowedError", "Permission denied", "microphone_denied"],
  ["NotAllowedError", "Permission dismissed", "permission_dismissed"],
  ["NotAllowedError", "Permission denied by permissions policy", "microphone_blocked_by_policy"],
  ["SecurityError", "", "microphone_blocked_by_policy"],
  ["NotFoundError", "Requested device not found", "microphone_missing"],
  ["NotReadableError", "Could not start audio source", "microphone_busy"],
  ["AbortError", "", "microphone_busy"],
])("%s (%s) is %s", async (name, message, code) => {
  const { media, page, kernel } = stage.now;
  vi.spyOn(navigator.permissions, "query").mockResolvedValue({ state: "denied" } as PermissionStatus);
  media.answer = () => Promise.reject(new DOMException(message, name));
  page.call();
  await vi.waitFor(() => expect(kernel.of("call.failed").map((failed) => failed.code)).toEqual([code]));
  expect(page.local.failure).toBe(code);
  released(stage.now);
});

test("an application that shows notebooks asks nobody, and has no icon by which to allow it", async () => {
  const { media, page } = stage.now;
  vi.spyOn(navigator, "userAgent", "get").mockReturnValue("Mozilla/5.0 Chrome/140.0.0.0 Electron/38.1.0 Safari/537.36");
  media.answer = () => Promise.reject(new DOMException("Permission denied", "NotAllowedError"));
  page.call();
  await vi.waitFor(() => expect(page.local.failure).toBe("microphone_blocked_by_policy"));
});

test("what failed here is old news once another page has had a call", async () => {
  const { media, page, kernel } = stage.now;
  media.answer = () => Promise.reject(new DOMException("Requested device not found", "NotFoundError"));
  page.call();
  await vi.waitFor(() => expect(page.local.failure).toBe("microphone_missing"));
  kernel.set({ connection_state: "connected", holder: "another" });
  expect(page.local.failure).toBe(null);
  kernel.set({ connection_state: "disconnected", holder: "" });
  expect(page.local.failure).toBe(null);
});

test("what Chromium calls denied is so, though the permission does not say it yet", async () => {
  const { media, page } = stage.now;
  vi.spyOn(navigator.permissions, "query").mockResolvedValue({ state: "prompt" } as PermissionStatus);
  media.answer = () => Promise.reject(new DOMException("Permission denied", "NotAllowedError"));
  page.call();
  await vi.waitFor(() => expect(page.local.failure).toBe("microphone_denied"));
});

test("a page that is not secure is told apart from a policy", () => {
  const { page, kernel } = stage.now;
  vi.spyOn(navigator, "mediaDevices", "get").mockReturnValue(undefined as never);
  const secure = vi.spyOn(globalThis, "isSecureContext", "get").mockReturnValue(false);
  page.call();
  secure.mockReturnValue(true);
  page.call();
  expect(kernel.of("call.failed").map((failed) => failed.code)).toEqual([
    "page_not_secure",
    "microphone_blocked_by_policy",
  ]);
  expect(kernel.of("call.pending")).toEqual([]);
});

test("a browser without WebRTC keeps the microphone for another way, until the kernel says that there is none", async () => {
  const { kernel, media, page } = stage.now;
  vi.stubGlobal("RTCPeerConnection", undefined);
  page.prepare();
  page.call();
  await vi.waitFor(() => expect(kernel.of("call.failed")[0]?.code).toBe("no_webrtc"));
  vi.unstubAllGlobals();
  await vi.waitFor(() => expect(media.live).toBeGreaterThan(0), 5000);
  expect(page.local.failure).toBe(null);
  kernel.say({ type: "call.close", talk: stage.now.talk, keep_microphone: false });
  released(stage.now);
});

test("an offer waits for its answer as long as the kernel beats, and 15 s longer", async () => {
  const { page, kernel } = stage.now;
  stage.now.answers = false;
  page.call();
  await vi.waitFor(() => expect(kernel.of("call.open")).toHaveLength(1));
  const clock = useClock();
  for (let i = 0; i < 3; i++) {
    await clock.pass(14_000);
    await vi.waitFor(() => expect(page.local.kernelSlow).toBe(true));
    kernel.say({ type: "beat" });
    await vi.waitFor(() => expect(page.local.kernelSlow).toBe(false));
  }
  expect(kernel.of("call.failed")).toEqual([]);
  await clock.pass(16_000);
  await vi.waitFor(() => expect(kernel.of("call.failed")[0]?.code).toBe("answer_timeout"));
  released(stage.now);
});

test("while the browser asks for the microphone the offer is made, and goes nowhere", async () => {
  const { page, kernel, media } = stage.now;
  let grant = () => {};
  const granted = new Promise<void>((resolve) => {
    grant = resolve;
  });
  media.answer = (real) => granted.then(real);
  page.call();
  await vi.waitFor(() => expect(media.peers[0]?.localDescription?.type).toBe("offer"));
  expect([page.local.stage, kernel.of("call.open")]).toEqual(["asking", []]);
  grant();
  await vi.waitFor(() => expect(kernel.of("call.open")[0]).toMatchObject({ microphone: true }));
});

test("a browser that gives no audio context is named, and the microphone it opens is let go of", async () => {
  vi.stubGlobal("AudioContext", function refuse() {
    throw new DOMException("too many", "NotSupportedError");
  });
  stage.now.page.call();
  vi.unstubAllGlobals();
  const [pending] = stage.now.kernel.of("call.pending");
  expect(stage.now.kernel.of("call.failed")[0]).toMatchObject({ code: "page_error", talk: pending?.talk });
  await vi.waitFor(() => expect(stage.now.media.tracks.length).toBeGreaterThan(0));
  await vi.waitFor(() => released(stage.now));
});

test("an answer that is no SDP", async () => {
  const { page, kernel } = stage.now;
  stage.now.answers = false;
  page.call();
  await vi.waitFor(() => expect(kernel.of("call.open")).toHaveLength(1));
  kernel.say({
    type: "answer",
    request_id: kernel.of("call.open")[0]?.request_id ?? "",
    call: 1,
    sdp: "nonsense",
    connect_ms: 2500,
  });
  await vi.waitFor(() => expect(kernel.of("call.failed")[0]?.code).toBe("answer_invalid"));
  released(stage.now);
});
