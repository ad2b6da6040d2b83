import type { LocalState } from "../calls/local.ts";
import * as words from "../words.ts";
import type { Strip } from "./strip.ts";

const NEVER = /^(microphone_blocked_by_policy|page_not_secure)$/;

/** What is wrong with the sound of the call, and the one thing to do. Pure. */
export function soundTrouble({ soundStopped, microphoneLost: lost, takesMicrophone, sound }: LocalState): Strip | null {
  const say = ([title, text]: readonly [string, string], button: Strip["button"] = null): Strip => {
    return { tone: "warning", title, text, button, key: null };
  };
  const settings: Strip["button"] = { label: words.stripOpenSettings, deed: { do: "settings" } };
  if (soundStopped === "refused") {
    return say(words.stripSoundRefused, { label: words.stripEndCall, deed: { do: "hangUp" } });
  }
  if (soundStopped) {
    const why = soundStopped === "interrupted" ? words.stripSoundInterrupted : words.stripSoundStopped;
    return say(why, { label: words.stripResumeSound, deed: { do: "sound" } });
  }
  // Where another try would end as the last one did, or is being made, nothing is offered.
  const again: Strip["button"] =
    takesMicrophone || NEVER.test(lost ?? "") ? null : { label: words.stripTakeAgain, deed: { do: "microphone" } };
  if (lost) return say(words.stripMicrophoneLost[lost] ?? words.stripNoMicrophone, again);
  if (sound?.silenced) return say(words.stripMicrophoneSilenced, settings);
  if (sound?.turnedDown) return say(words.stripTurnedDown, settings);
  const first = sound?.missing[0];
  const text = first
    ? words.stripDeviceMissing(first.label)
    : sound?.speakerFailed && words.stripSpeakerFailed(sound.speakerFailed);
  if (!text) return null;
  return { tone: "info", title: "", text, button: null, key: text };
}
