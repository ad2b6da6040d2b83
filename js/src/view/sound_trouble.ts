import type { SoundState } from "../calls/sound.ts";
import type { Strip } from "./strip.ts";

const WORDS = {
  stopped: "The sound has stopped.",
  stoppedWhy: "The browser or the system did that, as for a phone call.",
  resume: "Resume the sound",
  withdrawn: "The microphone was forbidden.",
  withdrawnWhy: "Allow it by the icon beside the address.",
  gone: "The microphone was unplugged.",
  goneWhy: "Plug one in, or type to go on.",
  again: "Use the microphone",
  silenced: "The system has muted the microphone.",
  silencedWhy: "Look for its switch, or end the other call.",
  gives: (label: string, what: string) => `“${label}” is not there: the default ${what} is used.`,
};

/** What is wrong with the sound of the call, and the one thing to do. Pure. */
export function soundTrouble({ stopped, lost, silenced, missing }: SoundState): Strip | null {
  const say = (title: string, text: string, label = "", deed: "sound" | "microphone" = "microphone"): Strip => {
    return { tone: "warning", title, text, button: label ? { label, deed: { do: deed } } : null, key: null };
  };
  if (stopped) return say(WORDS.stopped, WORDS.stoppedWhy, WORDS.resume, "sound");
  if (lost === "withdrawn") return say(WORDS.withdrawn, WORDS.withdrawnWhy, WORDS.again);
  if (lost) return say(WORDS.gone, WORDS.goneWhy, WORDS.again);
  if (silenced) return say(WORDS.silenced, WORDS.silencedWhy);
  const [first] = missing;
  if (!first) return null;
  const text = WORDS.gives(first.label, first.kind);
  return { tone: "info", title: "", text, button: null, key: text };
}
