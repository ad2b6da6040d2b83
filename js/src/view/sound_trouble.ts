import type { SoundState } from "../calls/sound.ts";
import * as words from "../words.ts";
import type { Strip } from "./strip.ts";

/** What is wrong with the sound of the call, and the one thing to do. Pure. */
export function soundTrouble({ stopped, lost, silenced, missing }: SoundState): Strip | null {
  const say = ([title, text]: readonly [string, string], button: Strip["button"] = null): Strip => {
    return { tone: "warning", title, text, button, key: null };
  };
  if (stopped) return say(words.stripSoundStopped, { label: words.stripResumeSound, deed: { do: "sound" } });
  const again = { label: words.stripTakeMicrophone, deed: { do: "microphone" } } as const;
  if (lost) return say(lost === "gone" ? words.stripMicrophoneGone : words.stripMicrophoneWithdrawn, again);
  if (silenced) return say(words.stripMicrophoneSilenced);
  const [first] = missing;
  if (!first) return null;
  const text = words.stripDeviceMissing(first.label);
  return { tone: "info", title: "", text, button: null, key: text };
}
