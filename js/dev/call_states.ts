import { cut, line, partial, second, speaking, talk, third } from "./lines.ts";
import { call, open, PAGE, type State } from "./state.ts";

/** What a call does, from before it to its end. */
export const CALL: Readonly<Record<string, State>> = {
  idle: {},
  asking: { traits: { connection_state: "connecting", holder: PAGE }, local: { stage: "asking", since: -4000 } },
  "asking-first": {
    traits: { connection_state: "connecting", holder: PAGE },
    local: { stage: "asking", since: Number.POSITIVE_INFINITY },
  },
  connecting: {
    traits: { connection_state: "connecting", holder: PAGE },
    local: { stage: "offering", since: -4000, hasMicrophone: true },
  },
  "connecting-first": {
    traits: { connection_state: "connecting", holder: PAGE },
    local: { stage: "offering", since: Number.POSITIVE_INFINITY, hasMicrophone: true },
  },
  "connecting-again": {
    traits: { connection_state: "connecting", holder: PAGE },
    local: { stage: "offering", since: -4000, hasMicrophone: true },
    lines: talk,
  },
  "connecting-talking": {
    traits: { connection_state: "connecting", holder: PAGE },
    local: { stage: "offering", since: Number.POSITIVE_INFINITY, hasMicrophone: true, talkingUnheard: true },
    lines: talk,
  },
  ending: { traits: call, local: { ending: true }, lines: talk },
  "listening-first": { traits: { ...call, call_started_at: Date.now() / 1000 - 2 }, local: open },
  listening: { traits: call, local: open, lines: talk, sound: "turns" },
  hearing: { traits: { ...call, user_speaking: true }, local: open, lines: [...talk, partial], sound: "user" },
  thinking: { traits: { ...call, activity: "thinking" }, local: open, lines: [...talk, second], sound: "user" },
  tool: {
    traits: { ...call, activity: "tool" },
    local: open,
    lines: [...talk, second],
    sound: "user",
  },
  speaking: {
    traits: { ...call, activity: "speaking", assistant_speaking: true },
    local: open,
    lines: [...talk, second, speaking],
    heard: 2200,
    sound: "assistant",
  },
  meaning: {
    traits: { ...call, turn_detection: { type: "semantic_vad", eagerness: "low", interrupt_response: true } },
    local: open,
    lines: talk,
    sound: "turns",
  },
  push: { traits: { ...call, turn_detection: null }, local: open, lines: talk, sound: "turns" },
  "push-first": {
    traits: { ...call, turn_detection: null, call_started_at: Date.now() / 1000 - 2 },
    local: open,
  },
  "push-held": {
    traits: { ...call, turn_detection: null },
    local: { ...open, pushed: true },
    lines: talk,
    sound: "user",
  },
  "push-held-first": { traits: { ...call, turn_detection: null, activity: "idle" }, local: { ...open, pushed: true } },
  "push-tapped": { traits: { ...call, turn_detection: null }, local: { ...open, tapped: true }, lines: talk },
  "push-idle": { traits: { turn_detection: null } },
  muted: { traits: { ...call, muted: true }, local: { ...open, muted: true }, lines: talk, sound: "turns" },
  "muted-talking": {
    traits: { ...call, muted: true },
    local: { ...open, muted: true, talkingUnheard: true },
    lines: talk,
    sound: "turns",
  },
  following: {
    traits: { ...call, holder: "", assistant_speaking: true, activity: "speaking" },
    lines: [...talk, second, line(speaking.row)],
  },
  "following-first": { traits: { ...call, holder: "" } },
  "recording-idle": { traits: { recording: "recording" } },
  consent: {
    traits: {
      recording: "recording",
      consent: {
        text: "This study keeps what you and the assistant say, as sound and as text, for five years.\n\nYou can pause the recording at any time, and end the call without giving a reason.",
        answer: "",
        at: "",
      },
    },
    local: { consenting: true },
  },
  recording: { traits: { ...call, recording: "recording" }, local: open, lines: talk, sound: "turns" },
  "recording-paused": { traits: { ...call, recording: "paused" }, local: open, lines: talk, sound: "turns" },
  "recording-following": { traits: { ...call, holder: "", recording: "recording" }, lines: talk },
  comm: { traits: { ...call, transport: "comm" }, local: open, lines: talk, sound: "turns" },
  "by-comm": {
    traits: {
      ...call,
      notice: {
        code: "by_comm",
        message: "WebRTC found no path: the sound of this call goes through the kernel, and comes a little later.",
        next_step: "The next call tries again: it needs UDP between page and service, which firewalls often block.",
      },
    },
    local: open,
    lines: talk,
    sound: "turns",
  },
  ended: {
    traits: { summary: { turns: 6, interruptions: 1, median_gap_ms: 618 } },
    lines: [...talk, second, cut, third],
    sound: "interrupted",
  },
  "no-microphone-first": { traits: call, local: { stage: "open", hasMicrophone: false } },
  typing: {
    traits: { ...call, call_started_at: Date.now() / 1000 - 2 },
    local: { ...open, hasMicrophone: false },
  },
};
