import { expect, test, vi } from "vitest";
import { Page } from "../../src/page.ts";
import { Scope } from "../../src/scope.ts";
import { soundOf, useExtras } from "./support/extras.ts";
import { FakeKernel } from "./support/kernel.ts";
import { useStage } from "./support/stage.ts";

// Chromium's own doubles: a default one and two others of each kind.
const DEFAULT = "Fake Default Audio Input";
const [FIRST, SECOND] = ["Fake Audio Input 1", "Fake Audio Input 2"];
const LOUDSPEAKER = "Fake Audio Output 1";

useExtras();
const stage = useStage();

/** The microphone of the call, by its name: what the peer sends. */
function sent(): MediaStreamTrack | null {
  const peer = stage.now.media.peers.find(({ connectionState }) => connectionState === "connected");
  return peer?.getSenders()[0]?.track ?? null;
}

async function told(): Promise<ReturnType<typeof stage.now.kernel.of<"devices">>[number]> {
  await vi.waitFor(() => expect(stage.now.kernel.of("devices")).not.toEqual([]));
  return stage.now.kernel.of("devices").at(-1) as never;
}

type List = readonly Pick<MediaDeviceInfo, "kind" | "deviceId" | "label">[];

/** As if the browser listed its devices so. */
function list(change: (all: List) => List | Promise<List>) {
  const { mediaDevices } = navigator;
  const real = mediaDevices.enumerateDevices.bind(mediaDevices);
  const spy = vi.spyOn(mediaDevices, "enumerateDevices");
  return spy.mockImplementation(async () => (await change(await real())) as never);
}

const without = (gone: string[]) => list((all) => all.filter(({ label }) => !gone.includes(label)));

/** As if these were unplugged. */
async function unplug(...gone: string[]): Promise<void> {
  without(gone);
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
}

test("the kernel is told what there is, by names, without what only stands for another one", async () => {
  const { devices, named, microphone, speaker, volume } = await told();
  expect(devices).toEqual([
    { kind: "microphone", label: FIRST },
    { kind: "microphone", label: SECOND },
    { kind: "speaker", label: LOUDSPEAKER },
    { kind: "speaker", label: "Fake Audio Output 2" },
  ]);
  expect([named, microphone, speaker, volume]).toEqual([true, null, null, 1]);
});

test("Python chooses another microphone in mid-call: the same call goes on with it", async () => {
  const { kernel, media, page } = stage.now;
  await told();
  await stage.now.call();
  expect(sent()?.label).toBe(DEFAULT);
  kernel.say({ type: "devices.choose", page: page.id, microphone: SECOND });
  await vi.waitFor(() => expect(sent()?.label).toBe(SECOND));
  // The one before is let go of: what is left is what is sent, and its double for the meters.
  await vi.waitFor(() => expect(media.live).toBe(2));
  expect((await told()).microphone).toBe(SECOND);
  expect([kernel.of("call.open").length, page.local.hasMicrophone]).toEqual([1, true]);
});

test("what is chosen for another page is none of ours", async () => {
  const { kernel, page } = stage.now;
  await told();
  kernel.say({ type: "devices.choose", page: "page_other", microphone: SECOND });
  expect(soundOf(page).devices.choice.microphone).toBeNull();
});

test("what another widget of this browser has chosen stays: only what is named is changed, by the panel or by Python", async () => {
  const { kernel, page } = stage.now;
  await told();
  const scope = new Scope();
  const other = soundOf(new Page(new FakeKernel().model as never, scope.signal));
  other.choose({ microphone: "Headset" });
  const kept = () => JSON.parse(localStorage.getItem("voice_widget.sound") ?? "{}");
  soundOf(page).choose({ gain: 1.5 });
  expect(kept()).toMatchObject({ microphone: "Headset", gain: 1.5, volume: 1 });
  kernel.say({ type: "devices.choose", page: page.id, volume: 0.25 });
  expect(kept()).toMatchObject({ microphone: "Headset", gain: 1.5, volume: 0.25 });
  // Nor does what is used here become another: that is for the next call.
  expect(soundOf(page).devices.choice).toMatchObject({ microphone: null, gain: 1.5, volume: 0.25 });
  expect(other.devices.choice).toMatchObject({ microphone: "Headset", gain: 1 });
  scope.close();
});

test("a choice is kept in this browser by its name, and the next call begins with it", async () => {
  const { page } = stage.now;
  await told();
  soundOf(page).choose({ microphone: FIRST, speaker: LOUDSPEAKER, gain: 1.5 });
  const scope = new Scope();
  const later = new Page(new FakeKernel().model as never, scope.signal);
  expect(soundOf(later).devices.choice).toEqual(soundOf(page).devices.choice);
  scope.close();
  const sink = vi.spyOn(HTMLMediaElement.prototype, "setSinkId");
  await stage.now.call();
  // With a gain of its own it is the mix that is sent.
  expect(stage.now.media.tracks.map(({ label }) => label)).toEqual([FIRST, FIRST]);
  expect(sent()?.label).not.toBe(FIRST);
  await vi.waitFor(() => expect((sink.mock.contexts[0] as HTMLMediaElement).sinkId).toBeTruthy());
  soundOf(page).choose({ gain: 1 });
  await vi.waitFor(() => expect(sent()?.label).toBe(FIRST));
  expect(stage.now.media.asked).toBe(1);
});

test("muted stays muted with another microphone, and a switch for its sound takes it anew", async () => {
  const { page, media } = stage.now;
  await told();
  await stage.now.call();
  page.mute(true);
  soundOf(page).choose({ microphone: SECOND, echoCancellation: false });
  await vi.waitFor(() => expect(sent()?.label).toBe(SECOND));
  expect([sent()?.enabled, sent()?.getSettings().echoCancellation]).toEqual([false, false]);
  await vi.waitFor(() => expect(media.live).toBe(2));
});

test("each switch for the sound acts on the device that is open, and the call has its microphone all along", async () => {
  const { page, media } = stage.now;
  await told();
  await stage.now.call();
  for (const name of ["autoGainControl", "noiseSuppression", "echoCancellation"] as const) {
    soundOf(page).choose({ [name]: false });
    await vi.waitFor(() => expect(sent()?.getSettings()[name]).toBe(false));
    await vi.waitFor(() => expect(media.live).toBe(2));
  }
  expect([sent()?.label, sent()?.enabled, page.local.hasMicrophone]).toEqual([DEFAULT, true, true]);
  // Where even that cannot be had again, it is said.
  media.answer = async () => {
    throw new DOMException("in use", "NotReadableError");
  };
  soundOf(page).choose({ autoGainControl: true });
  await vi.waitFor(() => expect(page.local.microphoneLost).toBe("microphone_busy"));
  expect([page.local.hasMicrophone, media.live]).toEqual([false, 0]);
});

test("a microphone that cannot be had leaves the one that there is, and is not asked for at each change", async () => {
  const { page, media } = stage.now;
  await told();
  await stage.now.call();
  media.answer = async () => {
    throw new DOMException("in use", "NotReadableError");
  };
  soundOf(page).choose({ microphone: SECOND });
  await vi.waitFor(() => expect(media.asked).toBe(2));
  soundOf(page).choose({ volume: 0.5 });
  soundOf(page).choose({ volume: 0.4 });
  await vi.waitFor(() => expect(page.local.sound?.failed).toBe("microphone_busy"));
  expect([sent()?.label, media.asked, media.live, page.local.hasMicrophone]).toEqual([DEFAULT, 2, 2, true]);
  expect(await told()).toMatchObject({ microphone: SECOND, instead: { microphone: null } });
  media.answer = null;
  soundOf(page).choose({ microphone: FIRST });
  await vi.waitFor(() => expect(sent()?.label).toBe(FIRST));
  await vi.waitFor(async () => expect((await told()).instead).toEqual({}));
  expect(page.local.sound?.failed).toBeNull();
  media.answer = async () => {
    throw new DOMException("in use", "NotReadableError");
  };
  soundOf(page).choose({ microphone: SECOND });
  await vi.waitFor(async () =>
    expect(await told()).toMatchObject({ microphone: SECOND, instead: { microphone: FIRST } }),
  );
  // With the call ends what was used in it.
  page.hangUp();
  expect((await told()).instead).toEqual({});
});

test("a device that vanishes in mid-call: the default one takes its place, and the panel is told which", async () => {
  const { page } = stage.now;
  await told();
  soundOf(page).choose({ microphone: SECOND, speaker: LOUDSPEAKER });
  await stage.now.call();
  const track = sent();
  expect(track?.label).toBe(SECOND);
  await unplug(SECOND, LOUDSPEAKER);
  track?.stop();
  track?.dispatchEvent(new Event("ended"));
  await vi.waitFor(() => expect(sent()?.label).toBe(DEFAULT));
  expect(page.local).toMatchObject({
    microphoneLost: null,
    sound: {
      missing: [
        { kind: "microphone", label: SECOND },
        { kind: "speaker", label: LOUDSPEAKER },
      ],
    },
  });
  // Remembered all the same, but not said to be used: plugged in again it is used again.
  const used = async () => [(await told()).microphone, (await told()).instead];
  expect(await used()).toEqual([SECOND, { microphone: null, speaker: null }]);
  vi.restoreAllMocks();
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  await vi.waitFor(() => expect(sent()?.label).toBe(SECOND));
  expect(await used()).toEqual([SECOND, {}]);
  expect(page.local.sound?.missing).toEqual([]);
});

test("one that goes without a word, and comes so: the call does not go on with what the system put there", async () => {
  const { page } = stage.now;
  await told();
  soundOf(page).choose({ microphone: SECOND });
  await stage.now.call();
  // As with a sound server: no event, and the track lives on.
  without([SECOND]);
  await vi.waitFor(() => expect(sent()?.label).toBe(DEFAULT));
  expect(page.local.sound?.missing).toEqual([{ kind: "microphone", label: SECOND }]);
  vi.restoreAllMocks();
  await vi.waitFor(() => expect(sent()?.label).toBe(SECOND));
  expect(page.local.sound?.missing).toEqual([]);
});

test("one that has gone before the call, unknown to the page: the call begins with another one", async () => {
  const { kernel, page } = stage.now;
  await told();
  const gone = { kind: "audioinput", deviceId: "gone", label: "Gone" } as const;
  list((all) => [...all, gone]);
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  await vi.waitFor(async () => expect((await told()).devices).toContainEqual({ kind: "microphone", label: "Gone" }));
  soundOf(page).choose({ microphone: "Gone" });
  vi.restoreAllMocks();
  await stage.now.call();
  expect([sent()?.label, kernel.of("call.failed")]).toEqual([DEFAULT, []]);
  await vi.waitFor(() => expect(page.local.sound?.missing).toEqual([{ kind: "microphone", label: "Gone" }]));
});

test("what an older look brings late does not count", async () => {
  const { page } = stage.now;
  await told();
  soundOf(page).choose({ microphone: SECOND });
  await stage.now.call();
  let answer = () => {};
  let looks = 0;
  const late = new Promise<void>((done) => {
    answer = done;
  });
  const spy = list(async (all) => {
    looks += 1;
    if (looks > 1) return all.filter(({ label }) => label !== SECOND);
    await late;
    return all;
  });
  const change = () => navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  change();
  change();
  await vi.waitFor(() => expect(sent()?.label).toBe(DEFAULT));
  answer();
  await spy.mock.results[0]?.value;
  await new Promise(requestAnimationFrame);
  expect(page.local.sound?.missing).toEqual([{ kind: "microphone", label: SECOND }]);
});

test("with none left it says so, and one that is plugged in again is taken, once it is there", async () => {
  const { media, page } = stage.now;
  await told();
  await stage.now.call();
  await unplug(DEFAULT, FIRST, SECOND);
  media.answer = async () => {
    throw new DOMException("Requested device not found", "NotFoundError");
  };
  const track = sent();
  track?.stop();
  track?.dispatchEvent(new Event("ended"));
  await vi.waitFor(() => expect(media.asked).toBe(2));
  await vi.waitFor(() => expect(page.local).toMatchObject({ microphoneLost: "gone", takesMicrophone: false }));
  // The same news again is none.
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  soundOf(page).choose({ volume: 0.5 });
  await vi.waitFor(async () => expect((await told()).volume).toBe(0.5));
  expect(media.asked).toBe(2);
  vi.restoreAllMocks();
  media.answer = null;
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  await vi.waitFor(() => expect(page.local).toMatchObject({ microphoneLost: null, hasMicrophone: true }));
  await vi.waitFor(() => expect(sent()?.label).toBe(DEFAULT));
});

test("one that is over before it is told is none: the next list has another one", async () => {
  const { media, page } = stage.now;
  await told();
  soundOf(page).choose({ microphone: SECOND });
  await stage.now.call();
  // Browsers tell that the sound has ended before they tell that the device has gone.
  media.answer = async (real) => {
    const stream = await real();
    if (media.asked === 2) for (const track of stream.getTracks()) track.stop();
    return stream;
  };
  const track = sent();
  track?.stop();
  track?.dispatchEvent(new Event("ended"));
  await vi.waitFor(() => expect(media.asked).toBe(2));
  await vi.waitFor(() => expect(page.local).toMatchObject({ microphoneLost: "gone", takesMicrophone: false }));
  await unplug(SECOND);
  await vi.waitFor(() => expect(sent()?.label).toBe(DEFAULT));
  expect([page.local.microphoneLost, page.local.sound?.missing.length]).toEqual([null, 1]);
});

test("one that nobody had chosen vanishes: another one takes its place, and that is said, too", async () => {
  const { page } = stage.now;
  await told();
  await stage.now.call();
  const track = sent();
  track?.stop();
  track?.dispatchEvent(new Event("ended"));
  await vi.waitFor(() => expect(page.local).toMatchObject({ microphoneLost: null, hasMicrophone: true }));
  await vi.waitFor(() => expect(page.local.sound?.missing).toEqual([{ kind: "microphone", label: DEFAULT }]));
  // Who chooses one knows which it is.
  soundOf(page).choose({ microphone: FIRST });
  expect(page.local.sound?.missing).toEqual([]);
});

test("permission withdrawn in mid-call: named, nobody is asked out of nowhere, and a click takes it again", async () => {
  const { media, page } = stage.now;
  await told();
  await stage.now.call();
  const query = vi.spyOn(navigator.permissions, "query");
  query.mockImplementation(async () => ({ state: "prompt" }) as PermissionStatus);
  const track = sent();
  track?.stop();
  track?.dispatchEvent(new Event("ended"));
  await vi.waitFor(() => expect(page.local.microphoneLost).toBe("withdrawn"));
  expect([media.asked, page.local.hasMicrophone]).toEqual([1, false]);
  query.mockRestore();
  page.useMicrophone();
  await vi.waitFor(() => expect(sent()?.label).toBe(DEFAULT));
  expect([page.local.microphoneLost, page.local.hasMicrophone]).toEqual([null, true]);
});

test("the system silences the microphone: named, until it does not any more", async () => {
  const { page } = stage.now;
  await stage.now.call();
  const track = sent() as MediaStreamTrack;
  const muted = vi.spyOn(track, "muted", "get").mockReturnValue(true);
  track.dispatchEvent(new Event("mute"));
  expect(page.local.sound?.silenced).toBe(true);
  muted.mockRestore();
  track.dispatchEvent(new Event("unmute"));
  expect(page.local.sound?.silenced).toBe(false);
});

test("the sound is stopped from outside: page and kernel say so, and one click resumes it", async () => {
  const { kernel, page } = stage.now;
  const resumed = vi.spyOn(AudioContext.prototype, "resume");
  await stage.now.call();
  const context = resumed.mock.contexts[0] as AudioContext;
  await vi.waitFor(() => expect(context.state).toBe("running"));
  expect(page.local.soundStopped).toBeNull();
  await context.suspend();
  await vi.waitFor(() => expect(page.local.soundStopped).toBe("suspended"));
  expect(kernel.of("call.failed").map(({ code }) => code)).toEqual(["sound_stopped"]);
  page.unblockSound();
  await vi.waitFor(() => expect(page.local.soundStopped).toBeNull());
  expect(kernel.of("call.plays")).toHaveLength(1);
  // Seen again, it goes on by itself where the browser lets it.
  await context.suspend();
  await vi.waitFor(() => expect(page.local.soundStopped).toBe("suspended"));
  document.dispatchEvent(new Event("visibilitychange"));
  await vi.waitFor(() => expect(page.local.soundStopped).toBeNull());
});
