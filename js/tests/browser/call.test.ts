import { expect, test, vi } from "vitest";
import { useStage } from "./support/stage.ts";

const stage = useStage();

test("Call takes the microphone, hands the offer to the kernel and reports the connection", async () => {
  const { kernel, media, page } = stage.now;
  await stage.now.call();
  const types = kernel.sent.map(({ type }) => type).filter((type) => type !== "devices");
  expect(types.slice(0, 4)).toEqual(["hello", "call.pending", "call.open", "call.peer"]);
  expect(kernel.of("call.open")[0]?.microphone).toBe(true);
  expect(kernel.of("call.peer")[0]).toMatchObject({ call: 1, state: "connected", page: page.id });
  expect(page.local).toMatchObject({ stage: "open", hasMicrophone: true });
  expect(media.live).toBeGreaterThan(0);
});

test("Call pressed twice is one call", async () => {
  stage.now.page.call();
  stage.now.page.call();
  await stage.now.connected();
  expect(stage.now.kernel.of("call.pending")).toHaveLength(1);
  expect(stage.now.media.asked).toBe(1);
});

test("without a microphone nobody is asked for one, and a recording can be played into the call", async () => {
  const { kernel, media, page } = stage.now;
  await stage.now.call(false);
  expect(media.asked).toBe(0);
  expect(kernel.of("call.open")[0]?.microphone).toBe(false);
  expect(page.local.hasMicrophone).toBe(false);

  const pcm = new Int16Array(8000 / 2);
  for (let i = 0; i < pcm.length; i++) pcm[i] = i % 20 < 10 ? 8000 : -8000;
  kernel.say({ type: "play", request_id: "r1", sample_rate: 8000 }, [new DataView(pcm.buffer)]);
  await vi.waitFor(() => expect(kernel.of("played").map((message) => message.request_id)).toEqual(["r1"]), 5000);
  await vi.waitFor(
    () =>
      expect(kernel.of("voiced").map(({ side, voiced }) => [side, voiced])).toEqual([
        ["user", true],
        ["user", false],
      ]),
    5000,
  );
  const [on, off] = kernel.of("voiced");
  // The recording is 500 ms long; what a resampler rings is less than 5 ms.
  expect(Math.abs((off?.at_ms ?? 0) - (on?.at_ms ?? 0) - 500)).toBeLessThan(5);
});

test("with a microphone the mix replaces it while a recording plays, and the microphone comes back", async () => {
  const { kernel, media } = stage.now;
  await stage.now.call();
  const sender = media.peers[0]?.getSenders()[0];
  const microphone = sender?.track;
  const seen: (MediaStreamTrack | null | undefined)[] = [];
  const replace = vi.spyOn(RTCRtpSender.prototype, "replaceTrack");
  replace.mockImplementation(async (track) => void seen.push(track));
  const pcm = new Int16Array(800);
  kernel.say({ type: "play", request_id: "r1", sample_rate: 8000 }, [new DataView(pcm.buffer)]);
  await vi.waitFor(() => expect(kernel.of("played")).toHaveLength(1), 5000);
  expect(seen).toHaveLength(2);
  expect(seen[0]).not.toBe(microphone);
  expect(seen[1]).toBe(microphone);
});

test("a recording that cannot be played is told, and the next one plays", async () => {
  const { kernel } = stage.now;
  await stage.now.call();
  const broken = vi.spyOn(AudioBufferSourceNode.prototype, "start");
  broken.mockImplementationOnce(() => {
    throw new DOMException("no such sound", "InvalidStateError");
  });
  const pcm = () => [new DataView(new Int16Array(800).buffer)];
  kernel.say({ type: "play", request_id: "r1", sample_rate: 8000 }, pcm());
  await vi.waitFor(() => expect(kernel.of("play.failed")).toHaveLength(1), 5000);
  const [failed] = kernel.of("play.failed");
  expect(failed).toMatchObject({ request_id: "r1", code: "play_failed" });
  expect(failed?.detail).toContain("no such sound");
  kernel.say({ type: "play", request_id: "r2", sample_rate: 8000 }, pcm());
  await vi.waitFor(() => expect(kernel.of("played").map((message) => message.request_id)).toEqual(["r2"]), 5000);
});

test("the assistant's sound makes marks on the page's clock", async () => {
  const { kernel, engine } = stage.now;
  await stage.now.call();
  const marks = () => kernel.of("voiced").filter((message) => message.side === "assistant");
  engine.speak(true);
  await vi.waitFor(() => expect(marks().map((mark) => mark.voiced)).toEqual([true]), 5000);
  engine.speak(false);
  await vi.waitFor(() => expect(marks().map((mark) => mark.voiced)).toEqual([true, false]), 5000);
  const [on, off] = marks();
  expect(off?.at_ms).toBeGreaterThan(on?.at_ms ?? Number.NaN);
  expect(on?.call).toBe(1);
});

test("mute acts on the track at once and is a request to the kernel; the trait has the last word", async () => {
  const { kernel, media, page } = stage.now;
  await stage.now.call();
  const track = media.peers[0]?.getSenders()[0]?.track;
  page.mute(true);
  expect(track?.enabled).toBe(false);
  // The device stays open, for the meter alone: who talks is told that nobody hears it.
  expect(media.tracks.map(({ readyState, enabled }) => [readyState, enabled])).toEqual([
    ["live", false],
    ["live", true],
  ]);
  expect(page.local.muted).toBe(true);
  const [request] = kernel.of("set");
  expect(request).toMatchObject({ name: "muted", value: true });
  kernel.say({
    type: "request.failed",
    request_id: request?.request_id ?? "",
    error: { code: "x", message: "", next_step: "" },
  });
  await vi.waitFor(() => expect(page.local.muted).toBe(false));
  expect(track?.enabled).toBe(true);
  kernel.set({ muted: true });
  expect(track?.enabled).toBe(false);
});

test("Interrupt goes to the service over the data channel, and a copy to the kernel", async () => {
  const { kernel, engine, page } = stage.now;
  await stage.now.call();
  page.interrupt();
  const types = ["response.cancel", "output_audio_buffer.clear"];
  await vi.waitFor(() => expect(engine.events.map((event) => event["type"])).toEqual(types));
  expect(kernel.of("client_event").map(({ call, event, sent }) => [call, event["type"], sent])).toEqual(
    types.map((type) => [1, type, true]),
  );
  expect(kernel.of("interrupt")).toHaveLength(1);
});

test("the engine is replaced: a new call with the same microphone and no new question", async () => {
  const { kernel, media, page } = stage.now;
  await stage.now.call();
  kernel.set({ connection_state: "connected", holder: page.id });
  kernel.set({ connection_state: "reconnecting" });
  kernel.say({ type: "call.close", talk: stage.now.talk, keep_microphone: true });
  expect(media.openPeers).toBe(0);
  expect(media.live).toBeGreaterThan(0);
  stage.now.wanted();
  await stage.now.connected(2);
  expect(kernel.of("call.peer").at(-1)).toMatchObject({ call: 2, state: "connected" });
  expect(media.asked).toBe(1);
  expect(kernel.of("call.pending")).toHaveLength(1);
});

test("a talk that only waits for a new call ends with the state", async () => {
  const { kernel, media, page } = stage.now;
  await stage.now.call();
  kernel.set({ connection_state: "reconnecting", holder: page.id });
  kernel.say({ type: "call.close", talk: stage.now.talk, keep_microphone: true });
  kernel.set({ connection_state: "error", holder: "" });
  expect(media.live).toBe(0);
});

test("a close that is late does not end the next call", async () => {
  const { kernel, page } = stage.now;
  await stage.now.call();
  const { talk } = stage.now;
  page.hangUp();
  page.call();
  kernel.say({ type: "call.close", talk, keep_microphone: false });
  await stage.now.connected(2);
  expect(page.local.stage).toBe("open");
});

test("Python's connect() and typed text make the page call; typing needs no microphone", async () => {
  const { kernel, media, page } = stage.now;
  const typed = page.sendText("hello");
  kernel.say({
    type: "call.offer_wanted",
    page: page.id,
    talk: "talk_of_python",
    reason: "connect",
    transport: "webrtc",
  });
  await stage.now.connected();
  expect(media.asked).toBe(0);
  kernel.say({ type: "request.done", request_id: kernel.of("send_text")[0]?.request_id ?? "" });
  expect(await typed).toBeNull();
  page.hangUp();
  kernel.say({ type: "call.offer_wanted", page: "", talk: "talk_of_python", reason: "connect", transport: "webrtc" });
  expect(media.asked).toBe(1);
  await stage.now.connected(2);
});

test("Call, Hang up, Call while the kernel is slow: its last word on the first talk leaves the second alone", async () => {
  const { kernel, page } = stage.now;
  stage.now.answers = false;
  page.call();
  const first = stage.now.talk;
  page.hangUp();
  page.call();
  expect(kernel.of("call.hang_up").map(({ talk }) => talk)).toEqual([first]);
  kernel.set({ connection_state: "connecting", holder: page.id });
  kernel.set({ connection_state: "disconnected", holder: "" });
  kernel.say({ type: "call.close", talk: first, keep_microphone: false });
  kernel.set({ connection_state: "connecting", holder: page.id });
  await vi.waitFor(() => expect(kernel.of("call.open")).toHaveLength(1));
  expect(kernel.of("call.open")[0]?.talk).toBe(stage.now.talk);
  expect(page.local.stage).toBe("offering");
});

test("the talk that Python asked for has Python's name", async () => {
  const { kernel } = stage.now;
  kernel.say({ type: "call.offer_wanted", page: "", talk: "talk_of_python", reason: "connect", transport: "webrtc" });
  await stage.now.connected();
  expect([stage.now.talk, kernel.of("call.open")[0]?.talk]).toEqual(["talk_of_python", "talk_of_python"]);
});

test("a call that was hung up is ending until the kernel says that it is over, or the next one begins", async () => {
  const { kernel, page } = stage.now;
  await stage.now.call();
  kernel.set({ connection_state: "connected", holder: page.id });
  page.hangUp();
  expect(page.local.ending).toBe(true);
  kernel.set({ connection_state: "disconnected", holder: "" });
  expect(page.local.ending).toBe(false);
  page.hangUp();
  expect(page.local.ending).toBe(false);
  await stage.now.call();
  kernel.set({ connection_state: "connected", holder: page.id });
  page.hangUp();
  kernel.set({ holder: "page_other" });
  // Whatever this page has missed: another one's call is not ending.
  expect(page.local.ending).toBe(false);
  kernel.set({ holder: page.id });
  expect(page.local.ending).toBe(true);
  page.call();
  expect(page.local.ending).toBe(false);
});

test("another page's call that is hung up here is ending, too: its next one is not", () => {
  const { kernel, page } = stage.now;
  kernel.set({ connection_state: "connected", holder: "page_other" });
  expect(page.local.ending).toBe(false);
  page.hangUp();
  expect(kernel.of("call.hang_up")).toMatchObject([{ talk: "", reason: "user" }]);
  expect(page.local.ending).toBe(true);
  kernel.set({ connection_state: "disconnected", holder: "" });
  kernel.set({ connection_state: "connected", holder: "page_other" });
  expect(page.local.ending).toBe(false);
});

test("hung up between two calls: the kernel is told which talk", async () => {
  const { kernel, media, page } = stage.now;
  await stage.now.call();
  kernel.say({ type: "call.close", talk: stage.now.talk, keep_microphone: true });
  page.hangUp();
  expect(kernel.of("call.hang_up")[0]?.talk).toBe(stage.now.talk);
  expect(media.live).toBe(0);
});

test("a try that is refused, fails or is closed keeps the microphone for the next one", async () => {
  const { kernel, media, page } = stage.now;
  await stage.now.call();
  const again = (calls: number) => {
    kernel.say({ type: "call.close", talk: stage.now.talk, keep_microphone: true });
    expect(media.openPeers).toBe(0);
    stage.now.wanted();
    return vi.waitFor(() => expect(kernel.of("call.open")).toHaveLength(calls));
  };
  stage.now.answers = false;
  await again(2);
  const error = { code: "service_gone", message: "", next_step: "" };
  kernel.say({ type: "request.failed", request_id: kernel.of("call.open")[1]?.request_id ?? "", error });
  await vi.waitFor(() => expect(media.openPeers).toBe(0));
  await again(3);
  kernel.say({
    type: "answer",
    request_id: kernel.of("call.open")[2]?.request_id ?? "",
    call: 2,
    sdp: "nonsense",
    connect_ms: 2500,
  });
  await vi.waitFor(() => expect(kernel.of("call.failed").map(({ code }) => code)).toEqual(["answer_invalid"]));
  await again(4);
  stage.now.answers = true;
  await again(5);
  await stage.now.connected(2);
  expect([media.asked, page.local.failure, page.refusal]).toEqual([1, null, null]);
});

test("a talk that Python ended while it was placed is no failure", async () => {
  const { kernel, page } = stage.now;
  stage.now.answers = false;
  page.call();
  await vi.waitFor(() => expect(kernel.of("call.open")).toHaveLength(1));
  const error = { code: "call_ended", message: "The call has ended.", next_step: "Press Call again." };
  kernel.say({ type: "request.failed", request_id: kernel.of("call.open")[0]?.request_id ?? "", error });
  await vi.waitFor(() => expect(page.local.stage).toBe("none"));
  expect(page.refusal).toBeNull();
});

test("sound that was blocked and plays after all is told", async () => {
  const { kernel, page } = stage.now;
  const play = vi.spyOn(HTMLMediaElement.prototype, "play");
  // In the click, and when there is something to hear.
  for (let i = 0; i < 2; i++) play.mockRejectedValueOnce(new DOMException("click first", "NotAllowedError"));
  await stage.now.call();
  await vi.waitFor(() => expect(page.local.soundBlocked).toBe(true));
  expect(kernel.of("call.failed").map(({ code }) => code)).toEqual(["playback_blocked"]);
  page.unblockSound();
  await vi.waitFor(() => expect(kernel.of("call.plays")).toHaveLength(1));
  expect(page.local.soundBlocked).toBe(false);
});

test("an offer wanted from another page is none of ours", () => {
  stage.now.kernel.say({
    type: "call.offer_wanted",
    page: "page_other",
    talk: "talk_of_python",
    reason: "connect",
    transport: "webrtc",
  });
  expect(stage.now.page.local.stage).toBe("none");
});

test("the other end hangs up: the kernel is told once", async () => {
  const { kernel, engine } = stage.now;
  await stage.now.call();
  engine.hangUp();
  await vi.waitFor(() => expect(kernel.of("call.peer").at(-1)?.state).toBe("closed"), 8000);
});

test("a refused offer shows the kernel's sentence and releases everything", async () => {
  const { kernel, media, page } = stage.now;
  stage.now.answers = false;
  page.call();
  await vi.waitFor(() => expect(kernel.of("call.open")).toHaveLength(1));
  const error = { code: "held_elsewhere", message: "Another page holds the call.", next_step: "Hang up there." };
  kernel.say({ type: "request.failed", request_id: kernel.of("call.open")[0]?.request_id ?? "", error });
  await vi.waitFor(() => expect(page.refusal).toEqual({ what: "call", error }));
  expect(kernel.of("call.failed")).toEqual([]);
  expect([media.live, media.openPeers]).toEqual([0, 0]);
});
