import { expect, test, vi } from "vitest";
import { ON_ITS_WAY_MS } from "../../src/audio/credit.ts";
import { RATE } from "../../src/audio/speaker.ts";
import { useStage } from "./support/stage.ts";

const stage = useStage({ transport: "comm" });

function tone(ms: number, loud = 16_000): DataView {
  const pcm = Int16Array.from(
    { length: (ms * RATE) / 1000 },
    (_, i) => loud * Math.sin((2 * Math.PI * 440 * i) / RATE),
  );
  return new DataView(pcm.buffer);
}

function say(ms: number, call = 1): void {
  stage.now.kernel.say({ type: "audio", call }, [tone(ms)]);
}

function played(): number[] {
  return stage.now.kernel.of("audio.played").map((message) => message.played_ms);
}

function seconds(): number {
  return stage.now.kernel.sound.length / RATE;
}

test("Call opens no peer: an empty offer, an empty answer, and connected", async () => {
  const { kernel, media, page } = stage.now;
  await stage.now.call();
  expect(kernel.of("call.open")[0]).toMatchObject({ sdp: "", microphone: true });
  expect(kernel.of("call.peer")).toMatchObject([{ page: page.id, call: 1, state: "connected" }]);
  expect(media.peers).toEqual([]);
  expect(page.local).toMatchObject({ stage: "open", hasMicrophone: true });
});

test("connected is told behind the first of the microphone's sound: who is told to speak is heard", async () => {
  const { kernel } = stage.now;
  await stage.now.call();
  const types = kernel.sent.map(({ type }) => type);
  expect(types.indexOf("audio")).toBeGreaterThan(-1);
  expect(types.indexOf("audio")).toBeLessThan(types.indexOf("call.peer"));
});

test("it works where there is no WebRTC at all", async () => {
  vi.stubGlobal("RTCPeerConnection", undefined);
  await stage.now.call(false);
  vi.unstubAllGlobals();
  expect(stage.now.kernel.of("call.failed")).toEqual([]);
});

test("the microphone's sound comes in small pieces, as much as time goes on", async () => {
  const { kernel } = stage.now;
  await stage.now.call();
  const begin = performance.now();
  const before = seconds();
  await vi.waitFor(() => expect(seconds() - before).toBeGreaterThan(2), { timeout: 6000 });
  // What a busy page has not sent yet comes with the next piece.
  expect(Math.abs(seconds() - before - (performance.now() - begin) / 1000)).toBeLessThan(0.5);
  const pieces = kernel.of("audio").length;
  // About 40 ms each; a busy machine makes them fewer.
  expect(pieces).toBeGreaterThan(10);
  expect(pieces).toBeLessThan(80);
  // Chromium's fake microphone beeps.
  expect(Math.max(...kernel.sound)).toBeGreaterThan(500);
});

test("muted it is silence, and as long", async () => {
  const { kernel, page } = stage.now;
  await stage.now.call();
  page.mute(true);
  await vi.waitFor(() => expect(seconds()).toBeGreaterThan(0.3));
  const from = kernel.sound.length;
  await vi.waitFor(() => expect(kernel.sound.length - from).toBeGreaterThan(1.5 * RATE), { timeout: 5000 });
  // What was on its way when it was muted is out by then.
  const silence = kernel.sound.subarray(from + RATE / 5);
  expect(silence.every((value) => value === 0)).toBe(true);
});

test("a recording that is played into the call arrives whole", async () => {
  const { kernel } = stage.now;
  await stage.now.call(false);
  const pcm = tone(500);
  kernel.say({ type: "play", request_id: "r1", sample_rate: RATE }, [pcm]);
  await vi.waitFor(() => expect(kernel.of("played")).toHaveLength(1), 5000);
  const { sound } = kernel;
  const loud = (value: number) => Math.abs(value) > 1000;
  const [first, last] = [sound.findIndex(loud), sound.findLastIndex(loud)];
  expect(Math.abs((last - first) / RATE - 0.5)).toBeLessThan(0.005);
  const c = 2 * Math.cos((2 * Math.PI * 440) / RATE);
  const middle = sound.subarray(first + 100, last - 100);
  let worst = 0;
  for (let i = 2; i < middle.length; i++) {
    worst = Math.max(worst, Math.abs((middle[i] ?? 0) - c * (middle[i - 1] ?? 0) + (middle[i - 2] ?? 0)));
  }
  // No gap, no double: what is left is rounding and the browser's own resampling.
  expect(worst).toBeLessThan(160);
});

test("the assistant's sound makes marks, and what was played is told while it plays and when it is dry", async () => {
  const { kernel } = stage.now;
  await stage.now.call(false);
  for (let i = 0; i < 8; i++) say(100);
  await vi.waitFor(() => expect(played().at(-1)).toBe(800), 5000);
  const told = played();
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(told.length).toBeGreaterThan(2);
  expect(told.length).toBeLessThan(14);
  expect(kernel.of("audio.played").every(({ call, cleared }) => call === 1 && !cleared)).toBe(true);
  const marks = () => kernel.of("voiced").filter(({ side }) => side === "assistant");
  await vi.waitFor(() => expect(marks().map(({ voiced }) => voiced)).toEqual([true, false]), 3000);
  const [on, off] = marks();
  expect(Math.abs((off?.at_ms ?? 0) - (on?.at_ms ?? 0) - 800)).toBeLessThan(30);
  // Dry, it has no more to tell.
  const count = played().length;
  say(100, 7);
  await vi.waitFor(() => expect(seconds()).toBeGreaterThan(1.5), 3000);
  expect(played()).toHaveLength(count);
});

test("hung up in the midst of an answer: how far that was heard is told, and then the end", async () => {
  const { kernel, page } = stage.now;
  await stage.now.call(false);
  say(3000);
  const marks = () => kernel.of("voiced").filter(({ side }) => side === "assistant");
  await vi.waitFor(() => expect(marks()).toHaveLength(1), 5000);
  await vi.waitFor(() => expect(played().at(-1)).toBeGreaterThan(400), 5000);
  const clock = page.clock ?? Number.NaN;
  page.hangUp();
  const [, off] = marks();
  expect(off?.voiced).toBe(false);
  expect(Math.abs((off?.at_ms ?? Number.NaN) - clock)).toBeLessThan(60);
  const told = kernel.sent.map(({ type }) => type);
  expect(told.lastIndexOf("voiced")).toBeLessThan(told.indexOf("call.hang_up"));
});

test("closed by the kernel in the midst of an answer: how far that was heard is told, and that it is closed", async () => {
  const { kernel, page } = stage.now;
  await stage.now.call(false);
  say(3000);
  await vi.waitFor(() => expect(played().at(-1)).toBeGreaterThan(400), 5000);
  kernel.say({ type: "call.close", talk: stage.now.talk, keep_microphone: false });
  expect(page.local.stage).toBe("none");
  const told = kernel.sent.filter(({ type }) => type === "voiced" || type === "call.hang_up");
  expect(told.slice(-2)).toMatchObject([
    { side: "assistant", voiced: false },
    { type: "call.hang_up", talk: stage.now.talk, reason: "closed" },
  ]);
  kernel.say({ type: "call.close", talk: stage.now.talk, keep_microphone: false });
  expect(kernel.of("call.hang_up")).toHaveLength(1);
});

test("audio.clear: silent at once, answered once with where, and the next answer is heard", async () => {
  const { kernel } = stage.now;
  await stage.now.call(false);
  say(3000);
  await vi.waitFor(() => expect(played().at(-1)).toBeGreaterThan(300), 5000);
  const at = performance.now();
  kernel.say({ type: "audio.clear", call: 1 });
  const answer = kernel.of("audio.played").at(-1);
  expect(answer?.cleared).toBe(true);
  const rest = 3000 - (answer?.played_ms ?? 0);
  const ends = () => kernel.of("voiced").filter(({ side, voiced }) => side === "assistant" && !voiced);
  await vi.waitFor(() => expect(ends()).toHaveLength(1), 3000);
  expect(performance.now() - at).toBeLessThan(rest / 2);
  expect(played().at(-1)).toBe(answer?.played_ms);
  say(200);
  await vi.waitFor(() => expect(played().at(-1)).toBeCloseTo((answer?.played_ms ?? 0) + 200, 6), 3000);
  expect(kernel.of("audio.played").filter(({ cleared }) => cleared)).toHaveLength(1);
});

test("audio.pause: stands still, tells where, takes what comes meanwhile, and goes on with every sample", async () => {
  const { kernel } = stage.now;
  await stage.now.call(false);
  const pause = (on: boolean) => kernel.say({ type: "audio.pause", call: 1, on });
  const marks = () => kernel.of("voiced").filter(({ side }) => side === "assistant");
  say(1000);
  await vi.waitFor(() => expect(played().at(-1)).toBeGreaterThan(200), 5000);
  pause(true);
  pause(true);
  say(200);
  // Silent, although most of it was queued.
  await vi.waitFor(() => expect(marks().map(({ voiced }) => voiced)).toEqual([true, false]), 3000);
  const stood = played().at(-1) ?? 0;
  expect(stood).toBeLessThan(1000);
  const from = kernel.sound.length;
  await vi.waitFor(() => expect(kernel.sound.length - from).toBeGreaterThan(0.3 * RATE), 3000);
  expect(played().at(-1)).toBe(stood);
  pause(false);
  pause(false);
  await vi.waitFor(() => expect(played().at(-1)).toBeCloseTo(1200, 6), 5000);
  await vi.waitFor(() => expect(marks()).toHaveLength(4), 3000);
  const [on, off, again, end] = marks().map(({ at_ms }) => at_ms);
  const heard = (off ?? 0) - (on ?? 0) + (end ?? 0) - (again ?? 0);
  expect(Math.abs(heard - 1200)).toBeLessThan(60);
});

test("audio.clear ends a pause, and forgets what waited in it", async () => {
  const { kernel } = stage.now;
  await stage.now.call(false);
  say(3000);
  await vi.waitFor(() => expect(played().at(-1)).toBeGreaterThan(200), 5000);
  kernel.say({ type: "audio.pause", call: 1, on: true });
  say(500);
  kernel.say({ type: "audio.clear", call: 1 });
  const cut = kernel.of("audio.played").at(-1);
  expect(cut?.cleared).toBe(true);
  say(200);
  await vi.waitFor(() => expect(played().at(-1)).toBeCloseTo((cut?.played_ms ?? 0) + 200, 6), 3000);
  kernel.say({ type: "audio.pause", call: 1, on: false });
  expect(kernel.of("audio.played").filter(({ cleared }) => cleared)).toHaveLength(1);
});

test("Interrupt is silent at once and is the kernel's to do; what still comes of that answer is not heard", async () => {
  const { kernel, page } = stage.now;
  await stage.now.call(false);
  say(3000);
  await vi.waitFor(() => expect(played().at(-1)).toBeGreaterThan(200), 5000);
  page.interrupt();
  const cut = played().at(-1) ?? 0;
  expect(kernel.of("interrupt")).toHaveLength(1);
  expect(kernel.of("client_event")).toEqual([]);
  say(500);
  kernel.say({ type: "audio.clear", call: 1 });
  expect(kernel.of("audio.played").at(-1)).toMatchObject({ played_ms: cut, cleared: true });
  say(100);
  await vi.waitFor(() => expect(played().at(-1)).toBeCloseTo(cut + 100, 6), 3000);
});

test("hung up: nothing goes out any more, and the microphone is off", async () => {
  const { kernel, media, page } = stage.now;
  await stage.now.call();
  await vi.waitFor(() => expect(kernel.of("audio").length).toBeGreaterThan(3));
  say(3000);
  page.hangUp();
  expect(media.live).toBe(0);
  const count = kernel.sent.length;
  say(100);
  kernel.say({ type: "audio.clear", call: 1 });
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  expect(kernel.sent.length).toBe(count);
});

test("a second call of the same talk: sound of the first one is not taken, the microphone is the same", async () => {
  const { kernel, media } = stage.now;
  await stage.now.call();
  say(3000);
  await vi.waitFor(() => expect(played().at(-1)).toBeGreaterThan(100), 5000);
  kernel.say({ type: "call.close", talk: stage.now.talk, keep_microphone: true });
  kernel.say({ type: "call.offer_wanted", page: "", talk: stage.now.talk, reason: "reconnect", transport: "comm" });
  await stage.now.connected(2);
  const count = kernel.of("audio.played").length;
  say(500, 1);
  kernel.say({ type: "audio.clear", call: 1 });
  say(200, 2);
  await vi.waitFor(() => expect(kernel.of("audio.played").at(-1)).toMatchObject({ call: 2, played_ms: 200 }), 3000);
  expect(
    kernel
      .of("audio.played")
      .slice(count)
      .every(({ call }) => call === 2),
  ).toBe(true);
  expect(kernel.of("audio").at(-1)?.call).toBe(2);
  expect(media.asked).toBe(1);
});

test("what is delivered twice is known on either side: by the page's numbers, and by the kernel's", async () => {
  const { kernel, page } = stage.now;
  await stage.now.call();
  const pieces = [100, 150].map((ms) => tone(ms));
  const deliver = () => {
    for (const [i, pcm] of pieces.entries())
      kernel.emit("msg:custom", { type: "audio", seq: 1000 + i, call: 1 }, [pcm]);
  };
  kernel.emit("msg:custom", { type: "snapshot", seq: 999, page: page.id, rows: [] }, []);
  deliver();
  deliver();
  await vi.waitFor(() => expect(played().at(-1)).toBe(250), 3000);
  await vi.waitFor(() =>
    expect(kernel.of("voiced").some(({ side, voiced }) => side === "assistant" && !voiced)).toBe(true),
  );
  kernel.emit("msg:custom", { type: "audio.clear", seq: 1002, call: 1 }, []);
  kernel.emit("msg:custom", { type: "audio.clear", seq: 1002, call: 1 }, []);
  expect(kernel.of("audio.played").filter(({ cleared }) => cleared)).toMatchObject([{ played_ms: 250 }]);
  expect(kernel.of("audio").length).toBeGreaterThan(3);
  expect(kernel.sent.map(({ seq }) => seq)).toEqual(kernel.sent.map((_, i) => i + 1));
});

test("sound that comes right behind the answer is heard from its beginning", async () => {
  const { kernel, page } = stage.now;
  stage.now.answers = false;
  page.call(false);
  await vi.waitFor(() => expect(kernel.of("call.open")).toHaveLength(1));
  kernel.say({
    type: "answer",
    request_id: kernel.of("call.open")[0]?.request_id ?? "",
    call: 5,
    sdp: "",
    connect_ms: 2500,
  });
  say(100, 4);
  say(150, 5);
  await vi.waitFor(() => expect(played().at(-1)).toBe(150), 3000);
});

test("a kernel that takes no more is sent no more, and what is dropped meanwhile is told", async () => {
  const { kernel } = stage.now;
  stage.now.takes = false;
  await stage.now.call();
  await vi.waitFor(() => expect(kernel.of("missed")).not.toEqual([]), 15_000);
  const most = ON_ITS_WAY_MS / 1000;
  expect(seconds()).toBeGreaterThanOrEqual(most);
  expect(seconds()).toBeLessThan(most + 0.7);
  const { call, from_ms, to_ms } = kernel.of("missed")[0] ?? { call: 0, from_ms: 0, to_ms: 0 };
  expect(call).toBe(1);
  expect(to_ms).toBeGreaterThan(from_ms);
  expect(to_ms).toBeLessThanOrEqual(stage.now.page.clock ?? 0);
  stage.now.take(1);
  // What was kept, and what comes now.
  await vi.waitFor(() => expect(seconds()).toBeGreaterThan(most + 1), 3000);
}, 30_000);

test("a peer without a path: the microphone is kept, and the call goes on by comm in the same talk", async () => {
  const { kernel, media, page } = stage.now;
  kernel.set({ transport: "webrtc" });
  stage.now.patience = 300;
  stage.now.engine.deaf = true;
  page.call();
  await vi.waitFor(() => expect(kernel.of("call.failed")).toMatchObject([{ code: "ice_failed" }]), 8000);
  expect([media.live > 0, media.openPeers, page.local.stage, page.local.failure]).toEqual([true, 0, "offering", null]);
  const talk = stage.now.talk;
  kernel.say({ type: "call.offer_wanted", page: page.id, talk, reason: "reconnect", transport: "comm" });
  await stage.now.connected(1);
  expect(kernel.of("call.open").map(({ talk, sdp }) => [talk, sdp === ""])).toEqual([
    [talk, false],
    [talk, true],
  ]);
  await vi.waitFor(() => expect(seconds()).toBeGreaterThan(0.2), 3000);
  expect(media.asked).toBe(1);
  page.hangUp();
  expect(media.live).toBe(0);
});
