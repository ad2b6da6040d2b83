import type { LocalState } from "../src/calls/local.ts";
import type { ErrorInfo, EventsMessage, ResultContentMessage, Row, Traits } from "../src/model.gen.ts";
import type { Line, Word } from "../src/store.ts";
import { ACTIVITY, EVENTS } from "./events.ts";
import { CONTENTS, SHOWN } from "./results.ts";
import { scripts } from "./scripts.ts";

/** One state of the panel, as a kernel would tell it. */
export interface State {
  readonly traits?: Partial<Traits>;
  readonly local?: Partial<LocalState>;
  readonly lines?: readonly Line[];
  readonly kernel?: "alive" | "silent" | "lost";
  /** Milliseconds of the last line's audio that were heard. */
  readonly heard?: number;
  /** All that the kernel tells of its events. */
  readonly events?: EventsMessage;
  /** What the kernel gives of the results, by their numbers. */
  readonly contents?: readonly (ResultContentMessage | ErrorInfo)[];
  /** Who was loud in the last seconds: the numbers of `speech` in `recorded.ts`. */
  readonly sound?: "turns" | "user" | "assistant" | "interrupted" | "none";
}

export const PAGE = "page_here";
/** Nothing is wrong with the sound. */
export const WELL: NonNullable<LocalState["sound"]> = { failed: null, silenced: false, turnedDown: false, missing: [] };
const EPOCH = Date.parse("2026-03-02T10:00:00Z");

function row(seq: number, role: Row["role"], at: number, text: string, more: Partial<Row> = {}): Row {
  return {
    seq,
    item_id: `item_${seq}`,
    role,
    text,
    text_heard: role === "assistant" ? text : null,
    status: "completed",
    stop_reason: null,
    stopped_by: null,
    start_ms: at * 1000,
    end_ms: (at + 2) * 1000,
    service_start_ms: null,
    service_end_ms: null,
    started_at: new Date(EPOCH + at * 1000).toISOString(),
    arrived_at: new Date(EPOCH + at * 1000 + 100).toISOString(),
    time_source: "page",
    response_gap_ms: null,
    interrupted: false,
    source: "speech",
    voice: role === "assistant" ? "en-us" : null,
    model: null,
    call_id: "rtc_1",
    overlap: null,
    overlap_item_id: null,
    images: 0,
    ...more,
  };
}

function line(of: Row, more: Partial<Line> = {}): Line {
  return { row: of, words: of.text ? [{ text: of.text, start_ms: null }] : [], partial: false, results: [], ...more };
}

/** Words as the engine tells them: 300 ms each. */
function words(text: string): Word[] {
  return text.split(/(?= )/).map((word, i) => ({ text: word, start_ms: i * 300 }));
}

const question = line(row(1, "user", 3, "how many penguins are on each island"), {
  results: [{ number: 0, item_id: "item_1", label: "table · 3 rows", opens: false }],
});
const answer = line(
  row(
    2,
    "assistant",
    6,
    "Biscoe has one hundred sixty-eight penguins, Dream one hundred twenty-four, and Torgersen fifty-two.",
    {
      response_gap_ms: 618,
    },
  ),
);
const second = line(row(3, "user", 15, "which species is the heaviest"));
const spoken = "The Gentoo is the heaviest species. Its average body mass is five thousand and seventy-six grams.";
const speaking = line(
  row(4, "assistant", 18, spoken, { status: "in_progress", text_heard: null, response_gap_ms: 597 }),
  {
    words: words(spoken),
  },
);
const cut = line(
  row(4, "assistant", 18, spoken, {
    interrupted: true,
    status: "incomplete",
    text_heard: "The Gentoo is the heaviest species.",
    response_gap_ms: 597,
  }),
);
const third = line(row(5, "user", 21, "what about the lightest", { status: "completed" }));
const typed = line(row(1, "user", 3, "How many penguins are there?", { source: "typed" }));
const typedAnswer = line(row(2, "assistant", 4, "There are three hundred and forty-four penguins in the table."));
const shown = [
  line({ ...typed.row, text: "What do you see?", images: 1 }),
  line({ ...typedAnswer.row, text: "Bars." }),
];
const partial = line(row(3, "user", 15, "", { status: "in_progress" }), {
  words: [{ text: "which species is the", start_ms: null }],
  partial: true,
});
const talk = [question, answer];
const nod = line(row(3, "user", 8, "mm-hm", { overlap: "backchannel", overlap_item_id: "item_2" }));
const cough = line(row(4, "user", 10, "", { status: "no_transcript", overlap: "cough", overlap_item_id: "item_2" }));

const call: Partial<Traits> = {
  connection_state: "connected",
  activity: "listening",
  holder: PAGE,
  call_started_at: Date.now() / 1000 - 42.5,
};
const open: Partial<LocalState> = { stage: "open", hasMicrophone: true };

const stopped = { ...cut, row: { ...cut.row, status: "incomplete", stopped_by: "interrupt" } } as const;
export const STATES: Readonly<Record<string, State>> = {
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
  images: { traits: { ...call, image_bytes: 180_000 }, local: open, lines: shown, sound: "assistant" },
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
  interrupted: {
    traits: { ...call, user_speaking: true },
    local: open,
    lines: [...talk, second, cut, third],
    sound: "interrupted",
  },
  stopped: { traits: call, local: open, lines: [...talk, second, stopped], sound: "turns" },
  scripts: { traits: call, local: open, lines: scripts(row), sound: "turns" },
  backchannel: { traits: call, local: open, lines: [...talk, nod, cough], sound: "turns" },
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
  recording: { traits: { ...call, recording: "recording" }, local: open, lines: talk, sound: "turns" },
  "recording-paused": { traits: { ...call, recording: "paused" }, local: open, lines: talk, sound: "turns" },
  "recording-failed": { traits: { ...call, recording: "failed" }, local: open, lines: talk, sound: "turns" },
  "recording-following": { traits: { ...call, holder: "", recording: "recording" }, lines: talk },
  "recording-lost": { traits: { recording: "recording" }, kernel: "lost", lines: talk },
  comm: { traits: { ...call, transport: "comm" }, local: open, lines: talk, sound: "turns" },
  ended: {
    traits: { summary: { turns: 6, interruptions: 1, median_gap_ms: 618 } },
    lines: [...talk, second, cut, third],
    sound: "interrupted",
  },
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
  "no-microphone": {
    traits: call,
    local: { stage: "open", hasMicrophone: false },
    lines: [typed, typedAnswer],
  },
  "no-microphone-first": { traits: call, local: { stage: "open", hasMicrophone: false } },
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
  typing: {
    traits: { ...call, call_started_at: Date.now() / 1000 - 2 },
    local: { ...open, hasMicrophone: false },
  },
  "typing-talk": { traits: call, local: { ...open, hasMicrophone: false }, lines: talk },
  "microphone-silenced": {
    traits: call,
    local: { ...open, sound: { ...WELL, silenced: true } },
    lines: talk,
    sound: "turns",
  },
  "turned-down": {
    traits: call,
    local: { ...open, sound: { ...WELL, turnedDown: true } },
    lines: talk,
    sound: "turns",
  },
  "device-missing": {
    traits: call,
    local: { ...open, sound: { ...WELL, missing: [{ kind: "microphone", label: "Headset (USB)" }] } },
    lines: talk,
    sound: "turns",
  },
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
  events: { traits: call, local: open, lines: talk, sound: "turns", events: EVENTS },
  "events-activity": { traits: call, local: open, lines: talk, sound: "interrupted", events: ACTIVITY },
  "events-left-out": {
    traits: call,
    local: open,
    lines: talk,
    sound: "turns",
    events: { ...EVENTS, first: 30_000, next: 30_000 + EVENTS.total, total: 30_000 + EVENTS.total },
  },
  waiting: { kernel: "silent" },
  results: {
    traits: call,
    local: open,
    lines: SHOWN.map((results, i) =>
      line(row(i, i % 2 ? "assistant" : "user", 3 + 7 * i, i % 2 ? spoken : second.row.text), { results }),
    ),
    sound: "turns",
    contents: CONTENTS,
  },
  replay: { lines: [...talk, second, cut, third], kernel: "silent" },
  long: {
    traits: call,
    local: open,
    sound: "turns",
    lines: Array.from({ length: 24 }, (_, i) =>
      line(
        row(
          i,
          i % 2 ? "assistant" : "user",
          3 + 7 * i,
          i % 2 ? spoken : second.row.text,
          i % 2 ? { response_gap_ms: 560 + 13 * i } : {},
        ),
      ),
    ),
  },
  markup: {
    traits: { ...call, service_name: "<i>engine</i>" },
    local: open,
    lines: [
      line(row(1, "user", 3, "<b>bold</b> & <img src=x onerror=alert(1)>")),
      line(row(2, "assistant", 5, `A word that is long: ${"x".repeat(140)}`, { response_gap_ms: 12_345 })),
    ],
  },
};
