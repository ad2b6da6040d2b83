import { cut, line, row, second, speaking, talk, third } from "./lines.ts";
import { call, open, type State, WELL } from "./state.ts";

/** What goes wrong, and what is worth knowing. */
export const TROUBLE: Readonly<Record<string, State>> = {
  reconnecting: {
    traits: {
      ...call,
      connection_state: "reconnecting",
      reconnect_attempts: 2,
      get retry_at() {
        return Date.now() / 1000 + 3.6;
      },
    },
    local: open,
    lines: talk,
    sound: "turns",
  },
  "reconnecting-now": {
    traits: { ...call, connection_state: "reconnecting", reconnect_attempts: 3 },
    local: open,
    lines: talk,
    sound: "turns",
  },
  "error-given-up": {
    traits: {
      connection_state: "error",
      error: {
        code: "reconnect_failed",
        message: "The call was lost, and 3 tries to get it back failed: the service does not answer.",
        next_step: "Press Retry; the conversation so far is kept.",
      },
    },
    lines: talk,
    sound: "turns",
  },
  "session-ending": {
    traits: {
      ...call,
      notice: {
        code: "session_ending",
        message: "This session ends at 14:30; the talk then goes on in a new one.",
        next_step: "There is nothing to do; what was said is kept.",
      },
    },
    local: open,
    lines: talk,
    sound: "turns",
  },
  declined: {
    traits: {
      recording: "recording",
      connection_state: "error",
      error: {
        code: "consent_declined",
        message: "The recording was declined, so there is no call.",
        next_step: "Press Call to be asked again; nothing was recorded.",
      },
    },
  },
  "recording-failed": { traits: { ...call, recording: "failed" }, local: open, lines: talk, sound: "turns" },
  "recording-lost": { traits: { recording: "recording" }, kernel: "lost", lines: talk },
  "error-denied": {
    traits: {
      connection_state: "error",
      error: {
        code: "microphone_denied",
        message: "The browser was told not to give this page the microphone.",
        next_step: "Allow the microphone by the icon beside the address, reload the page, then press Call.",
      },
    },
    local: { failure: "microphone_denied" },
  },
  "error-insecure": {
    traits: {
      connection_state: "error",
      error: {
        code: "page_not_secure",
        message: "Browsers give the microphone only to pages from https or from localhost, and this page is neither.",
        next_step: "On your computer run `ssh -L 8888:localhost:8888 user@this-server` and open http://localhost:8888.",
      },
    },
    local: { failure: "page_not_secure" },
    lines: [],
  },
  "error-in-call": {
    traits: {
      ...call,
      error: {
        code: "agent_failed",
        message: "The agent raised `KeyError: 'mass'`, so this question has no answer.",
        next_step: "Ask something else, or mend the agent and run its cell again.",
      },
    },
    local: open,
    lines: [...talk, second, line(row(4, "assistant", 18, "", { status: "failed", text_heard: null }))],
    sound: "turns",
  },
  elsewhere: {
    traits: { ...call, holder: "page_other", activity: "speaking", assistant_speaking: true },
    lines: [...talk, second, line(speaking.row)],
  },
  "sound-blocked": { traits: call, local: { ...open, soundBlocked: true }, lines: talk, sound: "turns" },
  "sound-stopped": {
    traits: call,
    local: { ...open, soundStopped: "suspended" },
    lines: talk,
    sound: "turns",
  },
  "sound-interrupted": {
    traits: call,
    local: { ...open, soundStopped: "interrupted" },
    lines: talk,
    sound: "turns",
  },
  "sound-refused": {
    traits: call,
    local: { ...open, soundStopped: "refused" },
    lines: talk,
    sound: "turns",
  },
  "microphone-withdrawn": {
    traits: call,
    local: { ...open, hasMicrophone: false, microphoneLost: "withdrawn" },
    lines: talk,
    sound: "turns",
  },
  "microphone-gone": {
    traits: call,
    local: { ...open, hasMicrophone: false, microphoneLost: "gone" },
    lines: talk,
    sound: "turns",
  },
  "microphone-refused": {
    traits: call,
    local: { ...open, hasMicrophone: false, microphoneLost: "microphone_busy" },
    lines: talk,
    sound: "turns",
  },
  "microphone-silenced": {
    traits: call,
    local: { ...open, sound: { ...WELL, silenced: true } },
    lines: talk,
    sound: "turns",
  },
  "turned-down": {
    traits: call,
    local: { ...open, sound: { ...WELL, turnedDown: true } },
    choice: { gain: 0 },
    lines: talk,
    sound: "turns",
  },
  "device-missing": {
    traits: call,
    local: { ...open, sound: { ...WELL, missing: [{ kind: "microphone", label: "Headset (USB)" }] } },
    lines: talk,
    sound: "turns",
    choice: { microphone: "Headset (USB)" },
    devices: { all: [{ kind: "microphone", label: "Built-in Microphone", id: "m1" }], named: true },
  },
  "microphone-held": {
    traits: call,
    local: { ...open, sound: { ...WELL, failed: "microphone_busy" } },
    lines: talk,
    sound: "turns",
  },
  "speaker-failed": {
    traits: call,
    local: { ...open, sound: { ...WELL, speakerFailed: "Headset (USB)" } },
    choice: { speaker: "Headset (USB)" },
    lines: talk,
    sound: "turns",
  },
  "microphone-asked": {
    traits: call,
    local: { ...open, hasMicrophone: false, takesMicrophone: true },
    lines: talk,
    sound: "turns",
  },
  "trial-speak": { trial: { stage: "speak" } },
  "trial-listen": { trial: { stage: "listen" } },
  "trial-silent": { trial: { failure: "silent" } },
  "trial-busy": { trial: { failure: "microphone_busy" } },
  "trial-tone": { trial: { stage: "tone" } },
  "trial-speaker": { trial: { speakerFailed: true }, choice: { speaker: "Headset (USB)" } },
  "devices-unnamed": {
    devices: { all: [], named: false },
  },
  "call-refused": {
    refusal: {
      what: "call",
      error: {
        code: "held_elsewhere",
        message: "Another page holds the call.",
        next_step: "Hang up there, or here, then call.",
      },
    },
  },
  "setting-refused": {
    traits: call,
    local: open,
    lines: talk,
    sound: "turns",
    refusal: {
      what: "setting",
      error: {
        code: "cannot_update_voice",
        message: "The voice cannot change once the assistant has spoken in this call.",
        next_step: "Hang up, choose the voice and call again.",
      },
    },
  },
  "extras-loading": { loads: false },
  "extras-late": { loads: true },
  "preview-failed": { preview: { failure: "microphone_busy" } },
  "kernel-quiet": { traits: call, local: { ...open, kernelSlow: true }, lines: talk, sound: "turns" },
  "kernel-gone": {
    traits: { connection_state: "connected" },
    local: { failure: "kernel_gone" },
    kernel: "lost",
    lines: talk,
  },
  notice: {
    traits: {
      notice: {
        code: "missing_parts",
        message: "The speech parts are not installed, so the assistant can only read and write.",
        next_step: "Run `pip install 'voice-widget[local]'` and restart the kernel. Typed text works now.",
      },
    },
  },
  loading: {
    traits: {
      ...call,
      connection_state: "connecting",
      notice: {
        code: "parts_loading",
        message: "Loading kokoro.",
        next_step: "It goes on by itself; the first time takes longest.",
        progress: 0.4,
      },
    },
    local: { ...open, stage: "offering" },
  },
  waiting: { kernel: "silent" },
  replay: { lines: [...talk, second, cut, third], kernel: "silent" },
};
