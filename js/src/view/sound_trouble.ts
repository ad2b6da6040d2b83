import type { LocalState } from "../calls/local.ts";
import * as words from "../words.ts";
import type { Strip } from "./strip.ts";

/** What is wrong with the sound of the call, and the one thing to do. Pure. */
export function soundTrouble({ soundStopped, microphoneLost: lost, sound }: LocalState): Strip | null {
  const say = ([title, text]: readonly [string, string], button: Strip["button"] = null): Strip => {
    return { tone: "warning", title, text, button, key: null };
  };
  const settings: Strip["button"] = { label: words.stripOpenSettings, deed: { do: "settings" } };
  if (soundStopped) return say(words.stripSoundStopped, { label: words.stripResumeSound, deed: { do: "sound" } });
  if (lost) return say(words.stripMicrophoneLost[lost] ?? words.stripNoMicrophone);
  if (sound?.silenced) return say(words.stripMicrophoneSilenced, settings);
  if (sound?.turnedDown) return say(words.stripTurnedDown, settings);
  const first = sound?.missing[0];
  if (!first) return null;
  const text = words.stripDeviceMissing(first.label);
  return { tone: "info", title: "", text, button: null, key: text };
}
