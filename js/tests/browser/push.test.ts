import { describe, expect, test, vi } from "vitest";
import { TAIL_MS, TAP_MS } from "../../src/calls/push.ts";
import { useStage } from "./support/stage.ts";

const CLOCKS: ("setTimeout" | "clearTimeout" | "performance")[] = ["setTimeout", "clearTimeout", "performance"];

describe("by webrtc", () => {
  const stage = useStage({ turn_detection: null });
  const open = () => stage.now.media.peers[0]?.getSenders()[0]?.track?.enabled;
  const types = () => stage.now.kernel.of("client_event").map(({ event }) => event["type"]);
  const talking = () => stage.now.kernel.set({ connection_state: "connected", holder: stage.now.page.id });

  test("press clears and opens; 150 ms after release it closes, commits and asks for the answer", async () => {
    const { engine, kernel, page } = stage.now;
    await stage.now.call();
    talking();
    expect(open()).toBe(false);
    vi.useFakeTimers({ toFake: CLOCKS });
    page.push(true);
    expect([open(), page.local.pushed, types()]).toEqual([true, true, ["input_audio_buffer.clear"]]);
    vi.advanceTimersByTime(TAP_MS);
    page.push(false);
    expect([open(), page.local.pushed]).toEqual([true, false]);
    vi.advanceTimersByTime(TAIL_MS - 1);
    expect([open(), types().length]).toEqual([true, 1]);
    vi.advanceTimersByTime(1);
    expect(open()).toBe(false);
    vi.useRealTimers();
    const all = ["input_audio_buffer.clear", "input_audio_buffer.commit", "response.create"];
    expect(types()).toEqual(all);
    expect(kernel.of("client_event").every(({ call, sent }) => call === 1 && sent)).toBe(true);
    await vi.waitFor(() => expect(engine.events.map((event) => event["type"])).toEqual(all));
    expect(TAIL_MS).toBe(150);
  });

  test("pressed while it answers: the answer is stopped first", async () => {
    const { kernel, page } = stage.now;
    await stage.now.call();
    kernel.set({ connection_state: "connected", holder: page.id, activity: "speaking", assistant_speaking: true });
    page.push(true);
    expect(types()).toEqual(["response.cancel", "output_audio_buffer.clear", "input_audio_buffer.clear"]);
    expect(kernel.of("interrupt")).toHaveLength(1);
  });

  test("pressed again before it closed, it goes on: one turn", async () => {
    const { page } = stage.now;
    await stage.now.call();
    talking();
    vi.useFakeTimers({ toFake: CLOCKS });
    page.push(true);
    page.push(true);
    vi.advanceTimersByTime(TAP_MS);
    page.push(false);
    vi.advanceTimersByTime(100);
    page.push(true);
    vi.advanceTimersByTime(1000);
    expect([open(), types()]).toEqual([true, ["input_audio_buffer.clear"]]);
    page.push(false);
    page.push(false);
    vi.advanceTimersByTime(TAIL_MS);
    expect(types().slice(1)).toEqual(["input_audio_buffer.commit", "response.create"]);
  });

  test("a press too short to say anything is no turn, and the page says so for a while", async () => {
    const { page } = stage.now;
    await stage.now.call();
    talking();
    vi.useFakeTimers({ toFake: CLOCKS });
    page.push(true);
    vi.advanceTimersByTime(TAP_MS - 1);
    page.push(false);
    expect([open(), page.local.pushed, page.local.tapped]).toEqual([false, false, true]);
    vi.advanceTimersByTime(2900);
    expect([types(), page.local.tapped]).toEqual([Array(2).fill("input_audio_buffer.clear"), true]);
    vi.advanceTimersByTime(200);
    expect(page.local.tapped).toBe(false);
    page.push(true);
    vi.advanceTimersByTime(10);
    page.push(false);
    page.push(true);
    expect(page.local.tapped).toBe(false);
  });

  test("hung up, lost, muted or switched to automatic: nothing is sent any more", async () => {
    const { kernel, page } = stage.now;
    await stage.now.call();
    talking();
    vi.useFakeTimers({ toFake: CLOCKS });
    page.push(true);
    kernel.set({ turn_detection: { type: "server_vad" } });
    expect([open(), page.local.pushed]).toEqual([true, false]);
    page.push(false);
    kernel.set({ turn_detection: null });
    expect(open()).toBe(false);
    page.push(true);
    kernel.set({ muted: true });
    page.push(false);
    expect([open(), page.local.pushed]).toEqual([false, false]);
    page.push(true);
    expect(page.local.pushed).toBe(false);
    kernel.set({ muted: false });
    page.push(true);
    vi.advanceTimersByTime(TAP_MS);
    page.push(false);
    page.hangUp();
    vi.advanceTimersByTime(1000);
    expect(types()).toEqual(Array(3).fill("input_audio_buffer.clear"));
  });

  test("without a microphone there is nothing to hold", async () => {
    await stage.now.call(false);
    talking();
    stage.now.page.push(true);
    expect([stage.now.page.local.pushed, types()]).toEqual([false, []]);
  });
});

describe("by comm", () => {
  const stage = useStage({ turn_detection: null, transport: "comm" });

  test("the kernel sends the events, in their place among the sound", async () => {
    const { kernel, page } = stage.now;
    await stage.now.call();
    kernel.set({ connection_state: "connected", holder: page.id, activity: "speaking", assistant_speaking: true });
    await vi.waitFor(() => expect(kernel.of("audio").length).toBeGreaterThan(3));
    page.push(true);
    const [first] = kernel.of("client_event");
    expect(first).toMatchObject({ call: 1, sent: false, event: { type: "input_audio_buffer.clear" } });
    expect(kernel.of("client_event")).toHaveLength(1);
    const told = kernel.sent.map(({ type }) => type);
    expect(told.indexOf("interrupt")).toBeLessThan(told.indexOf("client_event"));
    const from = kernel.sound.length;
    const begin = performance.now();
    await vi.waitFor(() => expect(kernel.sound.length - from).toBeGreaterThan(24_000), 4000);
    page.push(false);
    const released = (performance.now() - begin) / 1000;
    await vi.waitFor(() => expect(kernel.of("client_event")).toHaveLength(3), 2000);
    const held = (performance.now() - begin) / 1000;
    expect(
      kernel
        .of("client_event")
        .slice(1)
        .map(({ event }) => event["type"]),
    ).toEqual(["input_audio_buffer.commit", "response.create"]);
    // All that was said by then is before the commit, and some of it is not silence.
    const commit = kernel.sent.findLastIndex(({ type }) => type === "client_event") - 1;
    const said = kernel.soundBefore(commit).subarray(from);
    expect(said.length / 24_000).toBeGreaterThan(released + TAIL_MS / 1000 - 0.06);
    expect(said.length / 24_000).toBeLessThan(held + 0.06);
    expect(Math.max(...said)).toBeGreaterThan(500);
    const then = kernel.sound.length;
    await vi.waitFor(() => expect(kernel.sound.length - then).toBeGreaterThan(24_000), 4000);
    expect(kernel.sound.subarray(then + 4800).every((value) => value === 0)).toBe(true);
  });
});
