import { expect, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { usePermission } from "../browser/support/media.ts";
import { useStage } from "../browser/support/stage.ts";

usePermission("prompt");
const stage = useStage();

/** A click allows sound for 5 s, where a page must have one for each element that sounds. */
const THINKING_MS = 6000;

async function clickCall(): Promise<void> {
  const button = document.createElement("button");
  button.textContent = "Call";
  button.addEventListener("click", () => stage.now.page.call());
  document.body.append(button);
  await userEvent.click(button);
  button.remove();
}

test.each(["webrtc", "comm"] as const)(
  "by %s the sound plays, however long a person thinks about the microphone",
  async (transport) => {
    const { kernel, media, page } = stage.now;
    kernel.set({ transport });
    media.answer = async (real) => {
      const begun = performance.now();
      await vi.waitFor(() => expect(performance.now() - begun).toBeGreaterThan(THINKING_MS), 2 * THINKING_MS);
      return real();
    };
    const played: HTMLMediaElement[] = [];
    const play = vi.spyOn(HTMLMediaElement.prototype, "play");
    await clickCall();
    await stage.now.connected();
    await vi.waitFor(() => {
      played.push(...(play.mock.contexts as HTMLMediaElement[]));
      expect(played.at(-1)?.srcObject).toBeTruthy();
      expect(played.at(-1)?.currentTime).toBeGreaterThan(0);
    });
    expect(navigator.userActivation.isActive).toBe(false);
    expect([page.local.soundBlocked, played.at(-1)?.paused]).toEqual([false, false]);
    expect(kernel.of("call.failed")).toEqual([]);
  },
);

test("without a click nothing sounds, and the panel is told", async () => {
  const { kernel, page } = stage.now;
  await stage.now.call();
  await vi.waitFor(() => expect(page.local.soundBlocked).toBe(true));
  expect(kernel.of("call.failed").map(({ code }) => code)).toEqual(["playback_blocked"]);
});
