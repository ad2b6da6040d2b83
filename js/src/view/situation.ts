import { answering } from "../known.ts";
import { type ErrorInfo, TRIES } from "../model.gen.ts";
import * as words from "../words.ts";
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
  | "stopped"
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
  stopped: "wait",
  listening: "live",
  push: "live",
  following: "live",
  typing: "live",
  hearing: "user",
  speaking: "assistant",
  thinking: "assistant hollow breathe",
  tool: "assistant hollow breathe",
  error: "bad",
  lost: "bad",
};

/** A microphone that was allowed before is there sooner. */
const ASKS_MS = 700;
/** After this long a person wants to know what is being waited for. */
export const EXPLAIN_MS = 3000;

type Known = Pick<PanelSource, "id" | "traits" | "local" | "lines" | "kernel" | "refusal" | "waiting">;

/** What the panel says is going on. Pure: `now` is `performance.now()`, `epoch` seconds since the epoch. */
export function situation(source: Known, now: number, epoch: number): Situation {
  const { traits, local, kernel, lines, refusal } = source;
  const say = (name: SituationName, words: string, detail = "", inCall = false, ours = true): Situation => {
    return { name, lamp: LAMPS[name] ?? "", words, detail, inCall, ours };
  };
  if (kernel === "lost") return say("lost", ...words.stateLost, false, false);
  if (kernel === "silent" && local.stage === "none") {
    return lines.length > 0
      ? say("replay", ...words.stateReplay, false, false)
      : say("waiting", ...words.stateWaiting, false, false);
  }
  const state = traits.connection_state;
  const up = state === "connecting" || state === "connected" || state === "reconnecting";
  if (up && local.ending) return say("ending", ...words.stateEnding);
  if (up && traits.holder !== "" && traits.holder !== source.id) {
    return say("elsewhere", connected(source)[1], words.stateElsewhere, true);
  }
  // Its sound is nobody's here: another program's call, or a telephone's.
  if (state === "connected" && traits.holder === "" && traits.transport !== "memory" && local.stage === "none") {
    return say("following", words.stateFollowing, connected(source)[1].toLowerCase(), true);
  }
  if (local.consenting) return say("consent", ...words.stateConsent);
  if (local.stage === "asking") {
    const [title, text] = words.stateAsking;
    // Where it was allowed before there is nothing to do.
    return say("asking", title, now - local.since > ASKS_MS ? text : "", true);
  }
  if (state === "reconnecting") {
    const wait = Math.ceil(traits.retry_at - epoch);
    const nth = traits.reconnect_attempts;
    // The sound has broken off and may come back by itself: nothing was tried yet.
    const which = nth > 0 ? words.stateNextTry(nth, TRIES, wait) : "";
    return say("reconnecting", words.stateReconnecting, which, true);
  }
  if ((state === "connecting" && !local.flows) || local.stage === "offering") {
    // What loads is what is waited for, and stands where it is said otherwise that nobody hears.
    const long = local.stage !== "none" && now - local.since > EXPLAIN_MS && traits.notice?.code !== "parts_loading";
    const what = local.stage === "offering" ? words.stateWaitsForAnswer : words.stateWaitsForSound;
    const [title, text] = words.stateConnecting;
    return say("connecting", title, long ? what : local.hasMicrophone ? text : "", true);
  }
  // Who speaks is heard, even if the kernel has yet to say so.
  if (state === "connected" || state === "connecting") return say(...connected(source), true);
  if (state === "error" || local.failure || refusal?.what === "call") return say("error", ...words.stateError);
  if (traits.summary && lines.length > 0) return say("ended", ...words.stateEnded);
  return say("idle", ...words.stateIdle);
}

function connected({ traits, local, waiting }: Known): [SituationName, string, string] {
  if (local.soundStopped) return ["stopped", ...words.stateStopped];
  if (local.pushed) return ["hearing", words.stateListening[0], words.statePushed];
  if (traits.assistant_speaking || traits.activity === "speaking") return ["speaking", ...words.stateSpeaking];
  if (traits.user_speaking) return ["hearing", ...words.stateHearing];
  if (traits.activity === "tool") return ["tool", ...(waiting.length > 0 ? words.stateApproval : words.stateTool)];
  if (traits.activity === "thinking") return ["thinking", ...words.stateThinking];
  if (local.stage === "open" && !local.hasMicrophone) {
    return ["typing", ...(local.takesMicrophone ? words.stateTaking : words.stateTyping)];
  }
  if (local.muted || local.sound?.silenced || local.sound?.turnedDown) return ["muted", ...words.stateMuted];
  if (traits.turn_detection === null && local.stage === "open") {
    return ["push", words.statePush, local.tapped ? words.stateTapped : words.statePushBy];
  }
  return ["listening", ...words.stateListening];
}

/** Interrupt is of use. */
export function canInterrupt({ traits }: Pick<PanelSource, "traits">): boolean {
  return answering(traits);
}

/** A call on this page hears. */
export function opened({ local, traits }: Pick<PanelSource, "local" | "traits">): boolean {
  return local.stage === "open" && (local.flows || traits.connection_state === "connected");
}

/** What could not be had back: Call is more than a call. */
export function givenUp(error: ErrorInfo | null): boolean {
  return error?.code === "reconnect_failed";
}

/** This page has a call, or makes one. */
export function talks({ local }: Pick<PanelSource, "local">): boolean {
  return local.stage !== "none";
}
