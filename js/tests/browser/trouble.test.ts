import { afterEach, expect, type MockInstance, test, vi } from "vitest";
import { Desk } from "../../src/audio/desk.ts";
import { newLane } from "../../src/audio/levels.ts";
import type { View } from "../../src/model.gen.ts";
import { Scope } from "../../src/scope.ts";
import { mountPanel } from "../../src/view/panel.ts";
import { usePermission } from "./support/media.ts";
import { lab, nameOf, type Shown, shown } from "./support/shown.ts";
import { useStage } from "./support/stage.ts";

usePermission("granted");
const stage = useStage();

let life = new AbortController();
afterEach(() => {
  life.abort();
  life = new AbortController();
  document.body.replaceChildren();
});

/** The context of the call that is placed, which the system does with as it likes. */
async function called(): Promise<{ context: AudioContext; enter(state: AudioContextState): void }> {
  const resumed = vi.spyOn(AudioContext.prototype, "resume");
  await stage.now.call();
  const context = resumed.mock.contexts[0] as AudioContext;
  resumed.mockRestore();
  await vi.waitFor(() => expect(context.state).toBe("running"));
  const state = vi.spyOn(context, "state", "get");
  const enter = (now: AudioContextState) => {
    state.mockReturnValue(now);
    context.dispatchEvent(new Event("statechange"));
  };
  return { context, enter };
}

/** What the browser would tell of a promise that nobody caught. */
function uncaught(): unknown[] {
  const told: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    told.push(event.reason);
  };
  window.addEventListener("unhandledrejection", listen, { signal: life.signal });
  return told;
}

/** Behind whatever the browser tells of what is over by now. */
const told = () => new Promise((done) => setTimeout(done));

test("iOS interrupts the sound, and refuses to resume it as long as the phone call lasts", async () => {
  const { kernel, page } = stage.now;
  const { context, enter } = await called();
  const thrown = uncaught();
  enter("interrupted");
  expect(page.local.soundStopped).toBe("interrupted");
  const resume = vi.spyOn(context, "resume").mockRejectedValue(new DOMException("interrupted", "InvalidStateError"));
  // The system goes on by itself: what is resumed before may stand for good.
  document.dispatchEvent(new Event("visibilitychange"));
  await told();
  expect(resume).not.toHaveBeenCalled();
  page.unblockSound();
  await told();
  expect([thrown, page.local.soundStopped, page.local.soundBlocked]).toEqual([[], "interrupted", false]);
  // When it is over some leave it suspended; seen again, it is tried.
  enter("suspended");
  expect(page.local.soundStopped).toBe("suspended");
  document.dispatchEvent(new Event("visibilitychange"));
  await vi.waitFor(() => expect(resume).toHaveBeenCalledTimes(2));
  enter("running");
  expect(page.local.soundStopped).toBeNull();
  expect(kernel.of("call.failed").map(({ code }) => code)).toEqual(["sound_stopped"]);
  expect(kernel.of("call.plays")).toHaveLength(1);
});

test("a click that Safari refuses is named, with the one way that is left, until the sound runs", async () => {
  const { kernel, page } = stage.now;
  const { context, enter } = await called();
  const thrown = uncaught();
  enter("interrupted");
  enter("suspended");
  const resume = vi.spyOn(context, "resume");
  resume.mockRejectedValue(new DOMException("Failed to start the audio device", "InvalidStateError"));
  // Nobody has clicked: another try may be met.
  document.dispatchEvent(new Event("visibilitychange"));
  await vi.waitFor(() => expect(resume).toHaveBeenCalledOnce());
  const cell = document.body.appendChild(document.createElement("div"));
  mountPanel(cell, page, life.signal);
  const strip = () => cell.querySelector("[data-voice-widget]")?.shadowRoot?.querySelector(".strip");
  const buttons = () => [...(strip()?.querySelectorAll("button") ?? [])].map(nameOf);
  await vi.waitFor(() => expect(buttons()).toEqual(["Resume the sound"]));
  strip()?.querySelector("button")?.click();
  await vi.waitFor(() => expect(page.local.soundStopped).toBe("refused"));
  await vi.waitFor(() => expect(strip()?.textContent).toContain("The browser does not resume the sound."));
  expect([buttons(), thrown]).toEqual([["End the call"], []]);
  // The kernel was told once that it has stopped.
  expect(kernel.of("call.failed").map(({ code }) => code)).toEqual(["sound_stopped"]);
  enter("running");
  expect([page.local.soundStopped, kernel.of("call.plays").length]).toEqual([null, 1]);
  // Where the system interrupts it another time, that is what is said.
  enter("suspended");
  page.unblockSound();
  await vi.waitFor(() => expect(page.local.soundStopped).toBe("refused"));
  enter("interrupted");
  expect(page.local.soundStopped).toBe("interrupted");
});

/** A sound that runs; what is told of it, and a clock that stands where it is wanted to. */
async function running(): Promise<{ desk: Desk; context: AudioContext; told: unknown[]; clock: MockInstance }> {
  const context = new AudioContext();
  const scope = new Scope(life.signal);
  scope.defer(() => void context.close());
  const lanes = { user: newLane(), assistant: newLane() };
  const desk = new Desk(lanes, { voiced() {}, missed() {} }, () => {}, context, scope);
  await vi.waitFor(() => expect([context.state, context.currentTime > 0]).toEqual(["running", true]));
  const told: unknown[] = [];
  desk.watch((stopped) => told.push(stopped));
  context.dispatchEvent(new Event("statechange"));
  const at = context.currentTime + 1;
  const clock = vi.spyOn(context, "currentTime", "get").mockReturnValue(at);
  return { desk, context, told, clock };
}

/** As often as in that many seconds. */
function read(desk: Desk, seconds: number): void {
  for (let i = 0; i < 10 * seconds; i++) desk.poll(true);
}

test("WebKit says that a sound runs whose clock stands: it is named, and a click takes it off and on", async () => {
  const { desk, context, told, clock } = await running();
  // A device may take so long to start.
  read(desk, 5);
  expect(told).toEqual([null]);
  read(desk, 2);
  expect([told, desk.running]).toEqual([[null, "suspended"], false]);
  const order: string[] = [];
  vi.spyOn(context, "suspend").mockImplementation(async () => void order.push("suspend"));
  vi.spyOn(context, "resume").mockImplementation(async () => void order.push("resume"));
  await desk.wake(true);
  expect(order).toEqual(["suspend", "resume"]);
  // It stands still: there is nothing left to be tried.
  await vi.waitFor(() => expect(told.at(-1)).toBe("refused"));
  clock.mockRestore();
  await vi.waitFor(() => {
    desk.poll(true);
    expect([told.at(-1), desk.running]).toEqual([null, true]);
  });
});

test("a browser that never answers holds nothing up: what is stopped stays named, and hanging up ends it", async () => {
  const { media, page } = stage.now;
  const { context, enter } = await called();
  enter("suspended");
  vi.spyOn(context, "resume").mockReturnValue(new Promise(() => {}));
  page.unblockSound();
  await told();
  expect(page.local.soundStopped).toBe("suspended");
  page.hangUp();
  expect([page.local.soundStopped, media.live]).toEqual([null, 0]);
});

test("a system that pauses what plays is named, and seen again the page plays on", async () => {
  const { kernel, page } = stage.now;
  const play = vi.spyOn(HTMLMediaElement.prototype, "play");
  await called();
  const element = () => play.mock.contexts.at(-1) as HTMLMediaElement;
  await vi.waitFor(() => expect(element().srcObject).toBeTruthy());
  await vi.waitFor(() => expect(element().paused).toBe(false));
  for (const goOn of [() => page.unblockSound(), () => document.dispatchEvent(new Event("visibilitychange"))]) {
    await vi.waitFor(() => expect(page.local.soundStopped).toBeNull());
    element().pause();
    await vi.waitFor(() => expect(page.local.soundStopped).toBe("suspended"));
    goOn();
    await vi.waitFor(() => expect([page.local.soundStopped, element().paused]).toEqual([null, false]));
  }
  expect(kernel.of("call.failed").map(({ code }) => code)).toEqual(["sound_stopped", "sound_stopped"]);
  expect(kernel.of("call.plays")).toHaveLength(2);
  // What ends with the call is not stopped by anybody.
  page.hangUp();
  await told();
  expect([kernel.of("call.failed").length, page.local.soundStopped]).toEqual([2, null]);
});

test("a hidden tab whose sound was stopped is named, and where the browser wants a click its one button plays on", async () => {
  const { page } = stage.now;
  const play = vi.spyOn(HTMLMediaElement.prototype, "play");
  await called();
  const element = play.mock.contexts.at(-1) as HTMLMediaElement;
  await vi.waitFor(() => expect([!!element.srcObject, element.paused]).toEqual([true, false]));
  const visibility = vi.spyOn(document, "visibilityState", "get");
  const turn = (state: DocumentVisibilityState) => {
    visibility.mockReturnValue(state);
    document.dispatchEvent(new Event("visibilitychange"));
  };
  turn("hidden");
  element.pause();
  await vi.waitFor(() => expect(page.local.soundStopped).toBe("suspended"));
  const tried = play.mockRejectedValue(new DOMException("no click", "NotAllowedError")).mock.calls.length;
  turn("visible");
  await vi.waitFor(() => expect(play.mock.calls.length).toBeGreaterThan(tried));
  await told();
  expect([page.local.soundStopped, element.paused]).toEqual(["suspended", true]);
  play.mockRestore();
  const cell = document.body.appendChild(document.createElement("div"));
  mountPanel(cell, page, life.signal);
  const strip = () => cell.querySelector("[data-voice-widget]")?.shadowRoot?.querySelector(".strip");
  await vi.waitFor(() => expect(strip()?.textContent).toContain("The sound has stopped."));
  const buttons = [...(strip()?.querySelectorAll("button") ?? [])];
  expect(buttons.map(nameOf)).toEqual(["Resume the sound"]);
  buttons[0]?.click();
  await vi.waitFor(() => expect([page.local.soundStopped, element.paused]).toEqual([null, false]));
  await vi.waitFor(() => expect(strip()).toBeNull());
});

test("the service hangs up: that nothing plays any more is no trouble of the sound", async () => {
  const { engine, kernel, page } = stage.now;
  await called();
  engine.hangUp();
  await vi.waitFor(() => expect(kernel.of("call.peer").at(-1)?.state).toBe("closed"), 8000);
  await told();
  expect([kernel.of("call.failed"), page.local.soundStopped]).toEqual([[], null]);
});

test.each([
  ["refuses", () => Promise.reject(new DOMException("not allowed", "NotAllowedError"))],
  ["never answers", () => new Promise<void>(() => {})],
] as const)(
  "by comm nothing sounds without the page's clock: a browser that %s is named until it runs",
  async (_, answer) => {
    const { kernel, page } = stage.now;
    const thrown = uncaught();
    kernel.set({ transport: "comm" });
    const state = vi.spyOn(BaseAudioContext.prototype, "state", "get").mockReturnValue("suspended");
    const resume = vi.spyOn(AudioContext.prototype, "resume").mockImplementation(answer);
    page.call();
    await vi.waitFor(() => expect(page.local.soundBlocked).toBe(true), 8000);
    const before = resume.mock.calls.length;
    // A click that changes nothing.
    page.unblockSound();
    await vi.waitFor(() => expect(resume.mock.calls.length).toBeGreaterThan(before));
    await told();
    expect([page.local.soundBlocked, kernel.of("call.plays"), thrown]).toEqual([true, [], []]);
    state.mockReturnValue("running");
    page.unblockSound();
    await vi.waitFor(() => expect(page.local.soundBlocked).toBe(false));
    expect(kernel.of("call.failed").map(({ code }) => code)).toEqual(["playback_blocked"]);
  },
);

/** What is wrong, what is said of it, and the one button beside it. */
const TROUBLE: [string, string, string, keyof Shown["acts"] | null][] = [
  ["sound-blocked", "No sound yet.", "Play the sound", "unblockSound"],
  ["sound-stopped", "The sound has stopped.", "Resume the sound", "unblockSound"],
  ["sound-interrupted", "The system has interrupted the sound.", "Resume the sound", "unblockSound"],
  ["sound-refused", "The browser does not resume the sound.", "End the call", "hangUp"],
  ["microphone-withdrawn", "The microphone was forbidden.", "Try again", "useMicrophone"],
  ["microphone-gone", "The microphone was unplugged.", "Try again", "useMicrophone"],
  ["microphone-refused", "Another program holds the microphone.", "Try again", "useMicrophone"],
  ["kernel-quiet", "The kernel is quiet.", "End the call", "hangUp"],
  ["reconnecting", "The connection is lost.", "End the call", "hangUp"],
  ["reconnecting-now", "The connection is lost.", "End the call", "hangUp"],
  ["kernel-gone", "The kernel stopped answering", "Copy the transcript", null],
  ["waiting", "No kernel answers.", "Copy", null],
];

test.each(TROUBLE)("%s: one sentence, one button, and it does the right thing", async (state, words, label, act) => {
  const { acts, root } = shown(state, life.signal);
  const strips = [...root.querySelectorAll(".strip")];
  expect(strips.map((one) => one.querySelector("strong")?.textContent?.startsWith(words))).toEqual([true]);
  const buttons = [...(strips[0]?.querySelectorAll("button") ?? [])].filter((one) => nameOf(one) !== "Dismiss");
  expect(buttons.map(nameOf)).toEqual([label]);
  buttons[0]?.click();
  if (act) expect(acts[act]).toHaveBeenCalledOnce();
  expect(Object.values(acts).filter((one) => one.mock.calls.length > 0)).toHaveLength(act ? 1 : 0);
});

test("where another try would end as the last one did, none is offered", () => {
  const local = { stage: "open", microphoneLost: "page_not_secure" } as const;
  const { root, turn } = shown("listening", life.signal);
  const traits = { connection_state: "connected", holder: "page_here" } as const;
  return turn({ traits, local }).then(() => {
    expect(root.querySelector(".strip strong")?.textContent).toContain("Only pages from https");
    expect(root.querySelector(".strip button")).toBeNull();
  });
});

test.each<View>(["panel", "overlay"])(
  "%s: a microphone that the browser is being asked for is not asked for twice",
  (view) => {
    lab();
    for (const microphoneLost of [null, "microphone_busy"] as const) {
      const traits = { connection_state: "connected", holder: "page_here" } as const;
      const local = { stage: "open", microphoneLost, takesMicrophone: true } as const;
      const { acts, root, cell } = shown({ traits, local }, life.signal, view);
      const at = root.querySelector("dialog") ?? root;
      const takes = [...at.querySelectorAll("button")].filter((one) => /microphone|Try again/.test(nameOf(one)));
      expect(takes.map((one) => [nameOf(one), one.disabled])).toEqual([["Use the microphone", true]]);
      takes[0]?.click();
      expect(acts.useMicrophone).not.toHaveBeenCalled();
      cell.remove();
    }
  },
);

test("who talks while muted is told so, by the sound of the microphone, until unmuted", async () => {
  const { page, kernel } = stage.now;
  const el = document.body.appendChild(document.createElement("div"));
  mountPanel(el, page, stage.now.life.signal);
  const root = el.querySelector("[data-voice-widget]")?.shadowRoot as ShadowRoot;
  const strip = () => root.querySelector(".strip")?.textContent ?? "";
  await stage.now.call();
  kernel.set({ connection_state: "connected", activity: "listening", holder: page.id });
  // It is heard now, and nothing is said.
  await vi.waitFor(() => expect(page.local.talkingUnheard).toBe(false), 8000);
  page.mute(true);
  await vi.waitFor(() => expect(strip()).toContain("You are muted."), 8000);
  page.mute(false);
  await vi.waitFor(() => expect(strip()).not.toContain("You are muted."));
  el.remove();
});
