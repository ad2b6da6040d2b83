import { afterEach, expect, test, vi } from "vitest";
import { mountPanel } from "../../src/view/panel.ts";
import * as words from "../../src/words.ts";
import { soundOf, useExtras } from "./support/extras.ts";
import { useStage } from "./support/stage.ts";

const SECOND = "Fake Audio Input 2";

useExtras();
const stage = useStage();
let life = new AbortController();
afterEach(() => {
  life.abort();
  life = new AbortController();
  document.body.replaceChildren();
});

/** The sound's part of the settings, in a panel of a page that is real. */
async function open(): Promise<HTMLElement> {
  const el = document.body.appendChild(document.createElement("div"));
  mountPanel(el, stage.now.page, life.signal);
  const root = el.querySelector("[data-voice-widget]")?.shadowRoot as ShadowRoot;
  root.querySelector<HTMLElement>(".toggle")?.click();
  await vi.waitFor(() => expect(root.querySelectorAll(".device option").length).toBeGreaterThan(4));
  return root.querySelector(".sound") as HTMLElement;
}

function labelled<T extends HTMLElement>(section: HTMLElement, label: string): T {
  const found = [...section.querySelectorAll("label")].find((one) => one.textContent?.includes(label));
  return found?.querySelector("select, input") as T;
}

function button(section: HTMLElement, label: string): HTMLButtonElement {
  return [...section.querySelectorAll("button")].find((one) => one.textContent === label) as HTMLButtonElement;
}

function put(control: HTMLInputElement | HTMLSelectElement, value: string, type: string): void {
  control.value = value;
  control.dispatchEvent(new Event(type));
}

test("a microphone that is picked in mid-call is the one that speaks, and the level moves", async () => {
  const section = await open();
  await stage.now.call();
  put(labelled(section, words.soundMicrophone), SECOND, "change");
  // What is sent, and its double for the meters.
  const live = () => stage.now.media.tracks.filter(({ readyState }) => readyState === "live");
  await vi.waitFor(() => expect(live().map(({ label }) => label)).toEqual([SECOND, SECOND]));
  await vi.waitFor(() => expect(section.querySelector("meter")?.value).toBeGreaterThan(0.1));
  labelled(section, words.soundTreatments.autoGainControl).click();
  await vi.waitFor(() => expect(live()[0]?.getSettings().autoGainControl).toBe(false));
  expect(button(section, words.soundTestMicrophone).disabled).toBe(true);
});

test("the volume acts at once, and is said in percent", async () => {
  const section = await open();
  const element = vi.spyOn(HTMLMediaElement.prototype, "play");
  await stage.now.call();
  put(labelled(section, words.soundVolume), "0.25", "input");
  expect((element.mock.contexts[0] as HTMLMediaElement).volume).toBe(0.25);
  await vi.waitFor(() => expect(section.textContent).toContain("25 %"));
});

test("the microphone is tried: it moves the level, is heard back, and is let go of; nothing is sent", async () => {
  const { kernel, media } = stage.now;
  const section = await open();
  const played = vi.spyOn(HTMLMediaElement.prototype, "play");
  const status = () => section.querySelector('[role="status"]')?.textContent;
  button(section, words.soundTestMicrophone).click();
  await vi.waitFor(() => expect(status()).toBe(words.soundSpeak));
  await vi.waitFor(() => expect(section.querySelector("meter")?.value).toBeGreaterThan(0.1));
  await vi.waitFor(() => expect(status()).toBe(words.soundListen));
  expect(media.live).toBe(0);
  const element = played.mock.contexts.at(-1) as HTMLMediaElement;
  await vi.waitFor(() => expect(element.currentTime).toBeGreaterThan(0));
  await vi.waitFor(() => expect(status()).toBe(""));
  expect([element.srcObject, button(section, words.soundTestMicrophone).disabled]).toEqual([null, false]);
  expect(kernel.sent.map(({ type }) => type).filter((type) => type !== "devices")).toEqual(["hello"]);
});

test("a microphone that cannot be tried is named, and settings that are shut end the trial", async () => {
  const { media } = stage.now;
  const section = await open();
  const [status] = section.querySelectorAll('[role="status"]');
  media.answer = async () => {
    throw new DOMException("in use", "NotReadableError");
  };
  button(section, words.soundTestMicrophone).click();
  await vi.waitFor(() => expect(status?.textContent).toBe(words.soundFailures["microphone_busy"]));
  media.answer = null;
  button(section, words.soundTestMicrophone).click();
  await vi.waitFor(() => expect(status?.textContent).toBe(words.soundSpeak));
  expect(media.live).toBe(2);
  (section.getRootNode() as ShadowRoot).querySelector<HTMLElement>(".toggle")?.click();
  await vi.waitFor(() => expect(media.live).toBe(0));
});

test("a call that begins ends a trial of the microphone: it would hear what is played back", async () => {
  const { media } = stage.now;
  const section = await open();
  const [status] = section.querySelectorAll('[role="status"]');
  button(section, words.soundTestMicrophone).click();
  await vi.waitFor(() => expect(status?.textContent).toBe(words.soundSpeak));
  const tried = media.tracks.filter(({ readyState }) => readyState === "live");
  await stage.now.call();
  await vi.waitFor(() => expect(status?.textContent).not.toBe(words.soundSpeak));
  // Nothing is played back.
  expect(status?.textContent).toBe("");
  expect(tried.map(({ readyState }) => readyState)).toEqual(["ended", "ended"]);
  expect(media.live).toBe(2);
});

test("the loudspeaker is tried with two tones, at the device and the volume that were chosen", async () => {
  vi.spyOn(navigator.permissions, "query").mockImplementation(
    async () => Object.assign(new EventTarget(), { state: "prompt" }) as never,
  );
  const section = await open();
  const { page } = stage.now;
  put(labelled(section, words.soundSpeaker), "Fake Audio Output 2", "change");
  soundOf(page).choose({ volume: 0.5 });
  const played = vi.spyOn(HTMLMediaElement.prototype, "play");
  button(section, words.soundTestSpeaker).click();
  const said = () => [...section.querySelectorAll('[role="status"]')].map((one) => one.textContent);
  await vi.waitFor(() => expect(said()).toContain(words.soundTone));
  const element = played.mock.contexts.at(-1) as HTMLMediaElement;
  await vi.waitFor(() => expect(element.currentTime).toBeGreaterThan(0));
  expect([element.sinkId, element.volume]).toEqual([soundOf(page).devices.speaker, 0.5]);
  await vi.waitFor(() => expect(said()).not.toContain(words.soundTone));
  expect(stage.now.media.asked).toBe(0);
});

test("a loudspeaker that the browser cannot use is named, when it is tried and in a call, until another one is chosen", async () => {
  const section = await open();
  const root = section.getRootNode() as ShadowRoot;
  const refuse = vi.spyOn(HTMLMediaElement.prototype, "setSinkId").mockImplementation(async (id) => {
    if (id) throw new DOMException("it cannot be opened", "AbortError");
  });
  const { page } = stage.now;
  const said = () => [...section.querySelectorAll('[role="status"]')].at(-1)?.textContent;
  put(labelled(section, words.soundSpeaker), "Fake Audio Output 2", "change");
  button(section, words.soundTestSpeaker).click();
  await vi.waitFor(() => expect(said()).toBe(words.soundSpeakerFailed));
  await vi.waitFor(() => expect(button(section, words.soundTestSpeaker).disabled).toBe(false));
  // It stays chosen, and that it is not used does, too.
  expect(said()).toBe(words.soundSpeakerFailed);
  put(labelled(section, words.soundSpeaker), "Fake Audio Output 1", "change");
  await vi.waitFor(() => expect(said()).toBe(""));
  const { kernel } = stage.now;
  const used = () =>
    kernel
      .of("devices")
      .map(({ speaker, instead }) => [speaker, instead])
      .at(-1);
  expect(used()).toEqual(["Fake Audio Output 1", {}]);
  await stage.now.call();
  await vi.waitFor(() => expect(page.local.sound?.speakerFailed).toBe("Fake Audio Output 1"));
  // The kernel is not told that it is used.
  await vi.waitFor(() => expect(used()).toEqual(["Fake Audio Output 1", { speaker: null }]));
  await vi.waitFor(() => expect(said()).toBe(words.soundSpeakerFailed));
  const strip = () => root.querySelector(".strip")?.textContent ?? "";
  expect(strip()).toContain(words.stripSpeakerFailed("Fake Audio Output 1"));
  // Free by now, and looked for once more.
  refuse.mockImplementation(async () => {});
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  soundOf(page).choose({ volume: 0.9 });
  await vi.waitFor(() => expect([page.local.sound?.speakerFailed, said()]).toEqual([null, ""]));
  expect(used()).toEqual(["Fake Audio Output 1", {}]);
  expect(strip()).not.toContain("Fake Audio Output 1");
  refuse.mockRestore();
});

test("no microphone is tried before a person has agreed to what is asked", async () => {
  stage.now.kernel.set({ consent: { text: "May we?", answer: "", at: null } as never });
  const section = await open();
  expect(button(section, words.soundTestMicrophone).disabled).toBe(true);
  expect(button(section, words.soundTestSpeaker).disabled).toBe(false);
});

test("a device that is not there is shown as such", async () => {
  soundOf(stage.now.page).choose({ microphone: "Headset" });
  const section = await open();
  const select = labelled<HTMLSelectElement>(section, words.soundMicrophone);
  expect([select.value, select.selectedOptions[0]?.textContent?.trim()]).toEqual(["Headset", "Headset (not there)"]);
});

test("settings that are opened show what another widget has chosen since", async () => {
  const section = await open();
  const root = section.getRootNode() as ShadowRoot;
  const toggle = () => root.querySelector<HTMLElement>(".toggle")?.click();
  const shown = () =>
    labelled<HTMLSelectElement>(root.querySelector(".sound") as HTMLElement, words.soundMicrophone).value;
  expect(shown()).toBe("");
  toggle();
  await new Promise(requestAnimationFrame);
  localStorage.setItem("voice_widget.sound", JSON.stringify({ microphone: SECOND }));
  toggle();
  expect(shown()).toBe(SECOND);
});
