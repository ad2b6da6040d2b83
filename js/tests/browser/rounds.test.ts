import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cdp } from "vitest/browser";
import { mountPanel } from "../../src/view/panel.ts";
import { watchContexts } from "./support/media.ts";
import { useStage } from "./support/stage.ts";

const ROUNDS = 5;

/** All contexts that the page made, as long as anybody has them. */
const contexts: WeakRef<AudioContext>[] = [];

beforeEach(() => watchContexts((context) => contexts.push(new WeakRef(context))));

afterEach(() => {
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

const stage = useStage();

/** What there is in the whole page, once nothing is kept but what somebody holds. */
async function left(): Promise<Record<string, number>> {
  const session = cdp() as never as { send(method: string): Promise<{ metrics: { name: string; value: number }[] }> };
  await session.send("Performance.enable");
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const names = ["JSEventListeners", "Nodes", "AudioHandlers", "RTCPeerConnections"];
  return Object.fromEntries(metrics.filter(({ name }) => names.includes(name)).map(({ name, value }) => [name, value]));
}

test("after Hang up nobody has the call's sound any more, and more calls leave no more", async () => {
  const { page, kernel, media, engine, life } = stage.now;
  contexts.length = 0; // the engine has one
  const el = document.body.appendChild(document.createElement("div"));
  mountPanel(el, page, life.signal);
  const round = async (count: number) => {
    kernel.set({ connection_state: "connecting", holder: page.id });
    page.call();
    await stage.now.connected(count);
    kernel.set({ connection_state: "connected", call_started_at: Date.now() / 1000 });
    page.hangUp();
    kernel.set({ connection_state: "disconnected", holder: "" });
    engine.hangUp();
    // What counts them keeps them.
    expect([media.live, media.openPeers]).toEqual([0, 0]);
    for (const all of [media.peers, media.tracks, engine.peers]) all.length = 0;
  };
  await round(1);
  const kept = () => contexts.filter((one) => one.deref()).length;
  const gone = async () => {
    await left();
    expect(kept()).toBe(0);
  };
  await vi.waitFor(gone, 5000);
  const first = await left();
  for (let i = 2; i <= ROUNDS; i++) await round(i);
  await vi.waitFor(gone, 5000);
  await vi.waitFor(async () => expect(await left()).toEqual(first), 5000);
});
