import { answering } from "../answering.ts";
import { TRIES } from "../model.gen.ts";
import type { PanelSource } from "./source.ts";

export type SituationName =
  | "idle"
  | "consent"
  | "asking"
  | "connecting"
  | "ending"
  | "listening"
  | "push"
  | "hearing"
  | "thinking"
  | "tool"
  | "speaking"
  | "muted"
  | "typing"
  | "reconnecting"
  | "ended"
  | "error"
  | "elsewhere"
  | "following"
  | "waiting"
  | "replay"
  | "lost";

export interface Situation {
  readonly name: SituationName;
  /** The lamp's look; empty: off. */
  readonly lamp: string;
  /** The state in words. */
  readonly words: string;
  /** More, where more is known. */
  readonly detail: string;
  /** A call is up, here or on another page. */
  readonly inCall: boolean;
  /** This page may act on the call. */
  readonly ours: boolean;
}

/** Classes of the style sheet. What waits, here or there, breathes. */
const LAMPS: Partial<Record<SituationName, string>> = {
  consent: "wait breathe",
  asking: "wait breathe",
  connecting: "wait breathe",
  ending: "wait breathe",
  reconnecting: "wait breathe",
  muted: "wait",
  listening: "live",
  push: "live",
  following: "live",
  typing: "live",
  hearing: "user",
  speaking: "assistant",
  thinking: "assistant breathe",
  tool: "assistant breathe",
  error: "bad",
  lost: "bad",
};

/** After this long a person wants to know what is being waited for. */
export const EXPLAIN_MS = 3000;

type Known = Pick<PanelSource, "id" | "traits" | "local" | "lines" | "kernel" | "refusal">;

/** What the panel says is going on. Pure: `now` is `performance.now()`, `epoch` seconds since the epoch. */
export function situation(source: Known, now: number, epoch: number): Situation {
  const { traits, local, kernel, lines, refusal } = source;
  const say = (name: SituationName, words: string, detail = "", inCall = false, ours = true): Situation => {
    return { name, lamp: LAMPS[name] ?? "", words, detail, inCall, ours };
  };
  if (kernel === "lost") return say("lost", "No kernel", "run the widget's cell again", false, false);
  if (kernel === "silent" && local.stage === "none") {
    return lines.length > 0
      ? say("replay", "Saved talk", "run the cell to talk", false, false)
      : say("waiting", "Waiting for the kernel", "run the cell to talk", false, false);
  }
  const state = traits.connection_state;
  const up = state === "connecting" || state === "connected" || state === "reconnecting";
  if (up && local.ending) return say("ending", "Ending", "waiting for the kernel");
  if (up && traits.holder !== "" && traits.holder !== source.id) {
    return say("elsewhere", connected(source)[1], "held elsewhere", true, false);
  }
  // Its sound is nobody's here: another program's call, or a telephone's.
  if (state === "connected" && traits.holder === "" && traits.transport !== "memory" && local.stage === "none") {
    return say("following", "Following a call", connected(source)[1].toLowerCase(), true);
  }
  if (local.consenting) return say("consent", "One question");
  if (local.stage === "asking") return say("asking", "Asking for the microphone", "allow it in the browser", true);
  if (state === "reconnecting") {
    const wait = Math.ceil(traits.retry_at - epoch);
    const nth = traits.reconnect_attempts;
    const of = nth > TRIES ? "" : ` of ${TRIES}`;
    // The sound has broken off and may come back by itself: nothing was tried yet.
    const which = nth > 0 ? `try ${nth}${of}${wait > 0 ? ` in ${wait} s` : ""}` : "";
    return say("reconnecting", "Reconnecting", which, true);
  }
  if (state === "connecting" || local.stage === "offering") {
    const long = local.stage !== "none" && now - local.since > EXPLAIN_MS;
    const what = local.stage === "offering" ? "waiting for the service's answer" : "waiting for the sound";
    return say("connecting", "Connecting", long ? what : "", true);
  }
  if (state === "connected") return say(...connected(source), true);
  if (state === "error" || local.failure || refusal?.what === "call") return say("error", "Not connected");
  if (traits.summary && lines.length > 0) return say("ended", "Call ended");
  return say("idle", "Ready");
}

function connected({ traits, local }: Known): [SituationName, string, string] {
  if (local.pushed) return ["hearing", "Listening", "release to send"];
  if (local.muted && local.talkingWhileMuted) return ["muted", "You are muted", "press M to be heard"];
  if (traits.assistant_speaking || traits.activity === "speaking") return ["speaking", "Speaking", ""];
  if (traits.user_speaking) return ["hearing", "Hearing you", ""];
  if (traits.activity === "tool") return ["tool", "Using a tool", ""];
  if (traits.activity === "thinking") return ["thinking", "Thinking", ""];
  if (local.muted) return ["muted", "Muted", "it cannot hear you"];
  if (local.stage === "open" && !local.hasMicrophone) return ["typing", "Ready for text", "no microphone"];
  if (traits.turn_detection === null && local.stage === "open") {
    return ["push", "Hold to talk", local.tapped ? "keep it down while you speak" : "the button or Space"];
  }
  return ["listening", "Listening", ""];
}

/** Interrupt is of use. */
export function canInterrupt({ traits }: Pick<PanelSource, "traits">): boolean {
  return answering(traits);
}
