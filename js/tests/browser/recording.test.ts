import { describe, expect, test, vi } from "vitest";
import { RATE } from "../../src/audio/speaker.ts";
import type { Consent, RecordedPart, Side } from "../../src/model.gen.ts";
import { soundOf, useExtras } from "./support/extras.ts";
import { type Stage, useStage } from "./support/stage.ts";

interface Heard extends RecordedPart {
  readonly pcm: Int16Array;
}

/** What a side's pieces hold that has its place, in the order in which they came. */
function heard({ kernel }: Stage, side: Side): Heard[] {
  return kernel.sent.flatMap((message, i) =>
    message.type !== "recording.piece"
      ? []
      : message.parts.flatMap((part, at) => {
          const buffer = kernel.buffers[i]?.[at] as ArrayBuffer;
          const pcm = buffer.byteLength > 0 ? new Int16Array(buffer) : new Int16Array(part.samples);
          return part.side === side && part.alignment !== "pending" ? [{ ...part, pcm }] : [];
        }),
  );
}

function length(stage: Stage, side: Side): number {
  return heard(stage, side).reduce((sum, { pcm }) => sum + pcm.length, 0) / RATE;
}

function acknowledge({ kernel, page }: Stage): void {
  const number = Math.max(0, ...kernel.of("recording.piece").map((message) => message.number));
  kernel.say({ type: "recording.kept", page: page.id, number, again: false });
}

useExtras();

describe.each(["webrtc", "comm"] as const)("by %s", (transport) => {
  const stage = useStage({ transport, recording: "recording" });

  async function call(): Promise<void> {
    await stage.now.call();
    stage.now.kernel.set({ connection_state: "connected", holder: stage.now.page.id });
  }

  test("both sides come as they sound, without a hole, on one clock", async () => {
    const { kernel, engine } = stage.now;
    engine.speak(true);
    await call();
    await vi.waitFor(() => expect(length(stage.now, "user")).toBeGreaterThan(1.5), { timeout: 8000 });
    const messages = kernel.of("recording.piece");
    expect(new Set(messages.map((message) => message.clock)).size).toBe(1);
    expect(messages.every((message) => message.call === 1)).toBe(true);
    expect(messages[0]?.microphone).toMatchObject({ echoCancellation: true });
    expect(messages[0]?.microphone).not.toHaveProperty("deviceId");
    expect(messages[0]?.front_end).toEqual({ app: "", browser: navigator.userAgent });
    expect(messages.slice(1).some((message) => message.microphone ?? message.front_end)).toBe(false);
    for (const { now, parts } of messages) {
      // Told at once, on the clock that they are counted by.
      for (const part of parts) expect(now - part.start - part.samples).toBeGreaterThan(-0.05 * RATE);
      for (const part of parts) expect(now - part.start - part.samples).toBeLessThan(2 * RATE);
    }
    for (const side of ["user", "assistant"] as const) {
      const parts = heard(stage.now, side);
      for (const [i, part] of parts.entries()) {
        const before = parts[i - 1];
        if (before) expect(part.start).toBe(before.start + before.samples);
        expect(part.pcm.length).toBe(part.samples);
        expect(part.holes).toEqual([]);
      }
    }
    // Chromium's fake microphone beeps; a peer's other end speaks.
    expect(Math.max(...heard(stage.now, "user").flatMap(({ pcm }) => [...pcm]))).toBeGreaterThan(500);
    if (transport === "webrtc") {
      await vi.waitFor(() => {
        expect(Math.max(...heard(stage.now, "assistant").flatMap(({ pcm }) => [...pcm]))).toBeGreaterThan(2000);
      });
    }
  });

  test("a pause holds at once, and what was missed is told when it goes on", async () => {
    const { kernel, page } = stage.now;
    await call();
    await vi.waitFor(() => expect(length(stage.now, "user")).toBeGreaterThan(0.4), { timeout: 8000 });
    page.pauseRecording(true);
    expect(page.local.recording).toBe("paused");
    const [asked] = kernel.of("recording.pause");
    expect(asked?.on).toBe(true);
    // All that was heard before went before the question.
    const before = kernel.sent.filter(({ type }) => type === "recording.piece" || type === "recording.pause");
    expect(before.slice(-2).map(({ type }) => type)).toEqual(["recording.piece", "recording.pause"]);
    expect(kernel.of("recording.piece").at(-1)?.last).toBe(true);
    kernel.set({ recording: "paused" });
    kernel.say({ type: "request.done", request_id: asked?.request_id ?? "" });
    const count = kernel.of("recording.piece").length;
    const paused = page.clock ?? 0;
    await vi.waitFor(() => expect((page.clock ?? 0) - paused).toBeGreaterThan(700), { timeout: 8000 });
    expect(kernel.of("recording.piece")).toHaveLength(count);
    page.pauseRecording(false);
    // The kernel decides when it goes on.
    expect(page.local.recording).toBe("paused");
    kernel.set({ recording: "recording" });
    await vi.waitFor(() => expect(kernel.of("recording.piece").length).toBeGreaterThan(count), { timeout: 8000 });
    const holes = () => heard(stage.now, "user").flatMap((part) => part.holes);
    await vi.waitFor(() => expect(holes()).toHaveLength(1), { timeout: 8000 });
    const [hole] = holes();
    expect(hole?.reason).toBe("paused");
    expect(hole?.samples).toBeGreaterThan(0.6 * RATE);
  });

  test("another microphone in mid-call: what is done to its sound is told, and no hole is made", async () => {
    const { kernel, page } = stage.now;
    await call();
    await vi.waitFor(() => expect(length(stage.now, "user")).toBeGreaterThan(0.4), { timeout: 8000 });
    soundOf(page).choose({ microphone: "Fake Audio Input 2", noiseSuppression: false });
    const facts = () => kernel.of("recording.piece").flatMap(({ microphone }) => microphone ?? []);
    await vi.waitFor(
      () => expect(facts().map(({ noiseSuppression }) => noiseSuppression)).toEqual([true, false]),
      8000,
    );
    expect(facts()[1]).not.toHaveProperty("deviceId");
    const before = length(stage.now, "user");
    await vi.waitFor(() => expect(length(stage.now, "user")).toBeGreaterThan(before + 0.5), { timeout: 8000 });
    expect(heard(stage.now, "user").flatMap(({ holes }) => holes)).toEqual([]);
  });

  test("what a kernel does not acknowledge is kept over the end of the call, and comes again", async () => {
    const { kernel, page } = stage.now;
    await call();
    await vi.waitFor(() => expect(length(stage.now, "user")).toBeGreaterThan(0.8), { timeout: 8000 });
    page.hangUp();
    const all = kernel.of("recording.piece");
    expect(all.at(-1)?.last).toBe(true);
    const whole = heard(stage.now, "user").flatMap(({ pcm }) => [...pcm]);
    kernel.say({ type: "recording.kept", page: "another", number: 99, again: true });
    kernel.say({ type: "recording.kept", page: page.id, number: 1, again: true });
    const again = kernel.of("recording.piece").slice(all.length);
    expect(again.map(({ number }) => number)).toEqual(all.slice(1).map(({ number }) => number));
    const twice = heard(stage.now, "user").flatMap(({ pcm }) => [...pcm]);
    const first = heard(stage.now, "user")[0]?.samples ?? 0;
    expect(twice.slice(whole.length)).toEqual(whole.slice(first));
    acknowledge(stage.now);
    kernel.say({ type: "recording.kept", page: page.id, number: 1, again: true });
    expect(kernel.of("recording.piece")).toHaveLength(all.length + again.length);
  });

  test("a call that is got back goes on, on the same clock", async () => {
    const { kernel } = stage.now;
    await call();
    await vi.waitFor(() => expect(length(stage.now, "assistant")).toBeGreaterThan(0.4), { timeout: 8000 });
    kernel.say({ type: "call.close", talk: stage.now.talk, keep_microphone: true });
    const before = heard(stage.now, "assistant").length;
    kernel.say({
      type: "call.offer_wanted",
      page: stage.now.page.id,
      talk: stage.now.talk,
      reason: "reconnect",
      transport: "webrtc",
    });
    await stage.now.connected(2);
    await vi.waitFor(() => expect(heard(stage.now, "assistant").length).toBeGreaterThan(before + 1), { timeout: 8000 });
    expect(heard(stage.now, "assistant").flatMap((part) => part.holes.map(({ reason }) => reason))).toEqual([
      "no_call",
    ]);
    expect(heard(stage.now, "user").flatMap((part) => part.holes)).toEqual([]);
    expect(kernel.of("recording.piece").at(-1)?.call).toBe(2);
    expect(new Set(kernel.of("recording.piece").map((message) => message.clock)).size).toBe(1);
  });
});

describe("nothing is recorded", () => {
  const stage = useStage({ transport: "comm" });

  test("unless the kernel wants it; then from that moment on", async () => {
    const { kernel } = stage.now;
    await stage.now.call();
    await vi.waitFor(() => expect(kernel.sound.length).toBeGreaterThan(0.6 * RATE));
    expect(kernel.of("recording.piece")).toEqual([]);
    kernel.set({ recording: "recording" });
    await vi.waitFor(() => expect(kernel.of("recording.piece").length).toBeGreaterThan(1), { timeout: 8000 });
    kernel.set({ recording: "failed" });
    expect(kernel.of("recording.piece").at(-1)?.last).toBe(true);
  });
});

describe("consent", () => {
  const consent: Consent = { text: "May we?", answer: "", at: "" };
  const stage = useStage({ transport: "comm", recording: "recording", consent });

  test("no microphone before a person agrees, and then at once", async () => {
    const { kernel, media, page } = stage.now;
    page.call();
    expect(page.local).toMatchObject({ consenting: true, stage: "none" });
    page.call();
    expect(media.asked).toBe(0);
    expect(kernel.of("call.pending")).toEqual([]);
    page.answerConsent(true);
    expect(page.local).toMatchObject({ consenting: false, stage: "asking" });
    expect(media.asked).toBe(1);
    await stage.now.connected();
    expect(kernel.of("consent")).toMatchObject([{ agreed: true }]);
    const told = kernel.sent.map(({ type }) => type);
    expect(told.indexOf("consent")).toBeLessThan(told.indexOf("call.pending"));
    // Who has agreed is not asked again.
    kernel.set({ consent: { ...consent, answer: "agreed", at: "" } });
    page.hangUp();
    page.call();
    expect(page.local.consenting).toBe(false);
  });

  test("who declines has no call, and is asked again", () => {
    const { kernel, media, page } = stage.now;
    page.call();
    page.answerConsent(false);
    page.answerConsent(true);
    expect(kernel.of("consent")).toMatchObject([{ agreed: false }]);
    expect(page.local).toMatchObject({ consenting: false, stage: "none" });
    kernel.set({ consent: { ...consent, answer: "declined", at: "" } });
    page.call();
    expect(page.local.consenting).toBe(true);
    expect(media.asked).toBe(0);
  });

  test("a call that Python wants waits for the answer, and goes with the call or another page's answer", async () => {
    const { kernel, page } = stage.now;
    const wanted = {
      type: "call.offer_wanted",
      page: "",
      talk: "talk_9",
      reason: "connect",
      transport: "webrtc",
    } as const;
    kernel.say(wanted);
    expect(page.local.consenting).toBe(true);
    kernel.say({ type: "call.close", talk: "talk_9", keep_microphone: false });
    expect(page.local.consenting).toBe(false);
    kernel.say(wanted);
    page.answerConsent(true);
    await stage.now.connected();
    expect(kernel.of("call.open")[0]?.talk).toBe("talk_9");
    page.hangUp();
    page.call();
    expect(page.local.consenting).toBe(true);
    kernel.set({ consent: { ...consent, answer: "agreed", at: "" } });
    expect(page.local.consenting).toBe(false);
  });
});
