import { describe, expect, test, vi } from "vitest";
import { RATE } from "../../src/audio/speaker.ts";
import { TAP_MS } from "../../src/calls/push.ts";
import { soundOf, useExtras } from "./support/extras.ts";
import { type Stage, useStage } from "./support/stage.ts";

const DEFAULT = "Fake Default Audio Input";
const SECOND = "Fake Audio Input 2";

/** A call that goes on without a microphone, as a typed message opens it. */
async function typed(stage: Stage): Promise<void> {
  await stage.call(false);
  stage.kernel.set({ connection_state: "connected", holder: stage.page.id });
}

function sent({ media }: Stage): MediaStreamTrack | null {
  const peer = media.peers.find(({ connectionState }) => connectionState === "connected");
  return peer?.getSenders()[0]?.track ?? null;
}

/** What the user's side was said to be. */
function marks({ kernel }: Stage): boolean[] {
  return kernel.of("voiced").flatMap(({ side, voiced }) => (side === "user" ? [voiced] : []));
}

useExtras();

describe.each(["webrtc", "comm"] as const)("by %s", (transport) => {
  const stage = useStage({ transport });

  test("a call that began without a microphone takes one, and goes on", async () => {
    const { kernel, media, page } = stage.now;
    await typed(stage.now);
    expect([page.local.hasMicrophone, page.local.microphoneLost, media.asked]).toEqual([false, null, 0]);
    page.useMicrophone();
    // Asked for in the click's own task, and once.
    page.useMicrophone();
    expect([media.asked, page.local.takesMicrophone]).toEqual([1, true]);
    await vi.waitFor(() => expect(page.local.hasMicrophone).toBe(true));
    expect(page.local).toMatchObject({ takesMicrophone: false, microphoneLost: null, stage: "open" });
    // Chromium's fake microphone beeps: seen in the lane, marked, and sent.
    await vi.waitFor(() => expect(marks(stage.now).slice(0, 2)).toEqual([true, false]), 5000);
    expect(Math.max(...page.lanes.user.levels)).toBeGreaterThan(0.05);
    if (transport === "webrtc") expect(sent(stage.now)?.label).toBe(DEFAULT);
    else await vi.waitFor(() => expect(Math.max(...kernel.sound)).toBeGreaterThan(500));
    expect([kernel.of("call.open").length, kernel.of("call.failed").length, media.live]).toEqual([1, 0, 2]);
    // It can be muted as any, and goes with the call.
    page.mute(true);
    expect(media.tracks[0]?.enabled).toBe(false);
    page.hangUp();
    expect(media.live).toBe(0);
  });

  test("one that is refused is named, the call goes on, and another click asks again", async () => {
    const { kernel, media, page } = stage.now;
    await typed(stage.now);
    media.answer = async () => {
      throw new DOMException("Permission denied", "NotAllowedError");
    };
    vi.spyOn(navigator.permissions, "query").mockImplementation(async () => ({ state: "denied" }) as PermissionStatus);
    page.useMicrophone();
    await vi.waitFor(() => expect(page.local.microphoneLost).toBe("microphone_denied"));
    // Nothing else asks for it, whatever is plugged in.
    navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
    soundOf(page).choose({ microphone: SECOND });
    expect([page.local.stage, page.local.takesMicrophone, media.asked]).toEqual(["open", false, 1]);
    expect([kernel.of("call.failed"), kernel.of("call.hang_up")]).toEqual([[], []]);
    media.answer = null;
    page.useMicrophone();
    await vi.waitFor(() => expect(page.local).toMatchObject({ hasMicrophone: true, microphoneLost: null }));
    expect(media.tracks.map(({ label }) => label)).toEqual([SECOND, SECOND]);
  });

  test("hung up while the browser asks: what it grants then is stopped at once", async () => {
    const { media, page } = stage.now;
    await typed(stage.now);
    let grant = () => {};
    media.answer = async (real) => {
      await new Promise<void>((done) => {
        grant = done;
      });
      return real();
    };
    page.useMicrophone();
    page.hangUp();
    grant();
    await vi.waitFor(() => expect(media.tracks).toHaveLength(1));
    await vi.waitFor(() => expect(media.live).toBe(0));
    expect(page.local).toMatchObject({ stage: "none", takesMicrophone: false, microphoneLost: null });
  });
});

describe("with push to talk", () => {
  const stage = useStage({ turn_detection: null });

  test("it is heard only while it is held", async () => {
    const { kernel, page } = stage.now;
    await typed(stage.now);
    page.push(true);
    expect([page.local.pushed, kernel.of("client_event")]).toEqual([false, []]);
    page.useMicrophone();
    await vi.waitFor(() => expect(sent(stage.now)?.label).toBe(DEFAULT));
    expect(sent(stage.now)?.enabled).toBe(false);
    page.push(true);
    expect([page.local.pushed, sent(stage.now)?.enabled]).toEqual([true, true]);
    await vi.waitFor(() => expect(performance.now() - page.local.since).toBeGreaterThan(TAP_MS));
    page.push(false);
    await vi.waitFor(() => expect(sent(stage.now)?.enabled).toBe(false));
    const types = kernel.of("client_event").map(({ event }) => event["type"]);
    expect(types[0]).toBe("input_audio_buffer.clear");
  });
});

describe("where it was muted before", () => {
  const stage = useStage({ muted: true });

  test("it stays so until a person unmutes it", async () => {
    const { page, media } = stage.now;
    await typed(stage.now);
    page.useMicrophone();
    await vi.waitFor(() => expect(page.local.hasMicrophone).toBe(true));
    expect([page.local.muted, media.tracks[0]?.enabled]).toEqual([true, false]);
  });
});

describe("while the call is made", () => {
  const stage = useStage();

  test("a microphone that is changed between offer and answer is the one that is sent", async () => {
    const { kernel, page, media } = stage.now;
    stage.now.answers = false;
    page.call();
    await vi.waitFor(() => expect(kernel.of("call.open")).toHaveLength(1));
    soundOf(page).choose({ microphone: SECOND });
    await vi.waitFor(() => expect(media.tracks.at(-1)?.label).toBe(SECOND));
    await vi.waitFor(() => expect(media.live).toBe(2));
    await stage.now.answer(kernel.of("call.open")[0] as never);
    await stage.now.connected();
    await vi.waitFor(() => expect(sent(stage.now)?.label).toBe(SECOND));
  });
});

describe.each(["webrtc", "comm"] as const)("recorded, by %s", (transport) => {
  const stage = useStage({ transport, recording: "recording" });

  test("the user's side is silence, and then the microphone, on one clock without a hole", async () => {
    const { kernel, page } = stage.now;
    await typed(stage.now);
    const parts = () =>
      kernel.sent.flatMap((message, i) =>
        message.type !== "recording.piece"
          ? []
          : message.parts.flatMap((part, at) => {
              const pcm = new Int16Array(kernel.buffers[i]?.[at] as ArrayBuffer);
              return part.side === "user" && part.alignment !== "pending" ? [{ ...part, pcm }] : [];
            }),
      );
    const facts = () => kernel.of("recording.piece").flatMap(({ microphone }) => microphone ?? []);
    const end = () => parts().reduce((last, { start, samples }) => Math.max(last, start + samples), 0);
    await vi.waitFor(() => expect(end()).toBeGreaterThan(0.6 * RATE), { timeout: 8000 });
    const began = end();
    expect(facts()).toEqual([]);
    page.useMicrophone();
    const loud = () => parts().filter(({ pcm }) => pcm.some((value) => Math.abs(value) > 500));
    await vi.waitFor(() => expect(loud().length).toBeGreaterThan(0), { timeout: 8000 });
    await vi.waitFor(() => expect(end()).toBeGreaterThan(began + 2 * RATE), { timeout: 8000 });
    expect(facts()).toHaveLength(1);
    expect(facts()[0]).toMatchObject({ echoCancellation: true });
    const [first] = loud();
    expect((first?.start ?? 0) + (first?.samples ?? 0)).toBeGreaterThan(began);
    for (const [i, part] of parts().entries()) {
      const before = parts()[i - 1];
      if (before) expect(part.start).toBe(before.start + before.samples);
      expect(part.holes).toEqual([]);
    }
  });
});
