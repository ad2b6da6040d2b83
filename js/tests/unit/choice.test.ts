import { expect, test } from "vitest";
import { changed, constraints, DEFAULTS, idOf, listed, missing, NONE, parsed } from "../../src/audio/choice.ts";

const info = (kind: MediaDeviceKind, deviceId: string, label: string) => ({ kind, deviceId, label });
const THERE = listed([
  info("audioinput", "default", "Default - Headset"),
  info("audioinput", "communications", "Communications - Headset"),
  info("audioinput", "m1", "Headset"),
  info("audioinput", "m2", "USB Microphone"),
  info("audioinput", "m3", "USB Microphone"),
  info("videoinput", "v1", "Camera"),
  info("audiooutput", "s1", "Headset"),
]);

test("devices have names of their own; what stands for another one, and cameras, are left out", () => {
  expect(THERE.named).toBe(true);
  expect(THERE.all.map(({ kind, label, id }) => [kind, label, id])).toEqual([
    ["microphone", "Headset", "m1"],
    ["microphone", "USB Microphone", "m2"],
    ["microphone", "USB Microphone (2)", "m3"],
    ["speaker", "Headset", "s1"],
  ]);
});

test("before the microphone was allowed nothing is known, and nothing is missing", () => {
  const untold = listed([info("audioinput", "", ""), info("audiooutput", "", "")]);
  expect(untold).toEqual(NONE);
  expect(missing(untold, { ...DEFAULTS, microphone: "Headset" })).toEqual([]);
});

test("what was chosen and is not there is missing, and the browser's own choice is used", () => {
  const choice = { ...DEFAULTS, microphone: "Yeti", speaker: "Headset" };
  expect(missing(THERE, choice)).toEqual([{ kind: "microphone", label: "Yeti" }]);
  expect([idOf(THERE, "microphone", choice), idOf(THERE, "speaker", choice)]).toEqual(["", "s1"]);
  expect(constraints(THERE, choice)).not.toHaveProperty("deviceId");
  expect(constraints(THERE, { ...choice, microphone: "USB Microphone (2)", autoGainControl: false })).toEqual({
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: false,
    deviceId: { exact: "m3" },
  });
});

test("a change that makes no sense changes nothing; numbers stay within their bounds", () => {
  const odd = { microphone: 3, speaker: "", gain: Number.NaN, volume: "loud", echoCancellation: 1, color: "red" };
  expect(changed(DEFAULTS, odd)).toEqual(DEFAULTS);
  expect(changed(DEFAULTS, { gain: 9, volume: -1 })).toEqual({ ...DEFAULTS, gain: 2, volume: 0 });
  expect(changed({ ...DEFAULTS, microphone: "Headset" }, { microphone: null }).microphone).toBeNull();
  expect(changed({ ...DEFAULTS, microphone: "Headset" }, { microphone: undefined }).microphone).toBe("Headset");
});

test.each([null, "", "{", "null", "3", "[]", '{"volume":"x"}'])("%j that was stored is as good as nothing", (text) => {
  expect(parsed(text)).toEqual(DEFAULTS);
});

test("what was stored comes back", () => {
  const choice = { ...DEFAULTS, microphone: "Headset", volume: 0.25, noiseSuppression: false };
  expect(parsed(JSON.stringify(choice))).toEqual(choice);
});
