import { DEFAULTS, type Devices } from "../src/audio/choice.ts";
import { type Lane, newLane } from "../src/audio/levels.ts";
import type { LocalState } from "../src/calls/local.ts";
import extras from "../src/extras.ts";
import { given } from "../src/given.ts";
import type { Traits } from "../src/model.gen.ts";
import type { PanelSource } from "../src/view/source.ts";
import { NOW } from "./events.ts";
import { PAGE, type State, WELL } from "./state.ts";

export { PAGE };

export const TRAITS: Traits = {
  connection_state: "disconnected",
  activity: "idle",
  user_speaking: false,
  assistant_speaking: false,
  voice: "en-us",
  voices: ["en-us", "en-gb", "en-gb-scotland"],
  muted: false,
  turn_detection: { type: "server_vad", threshold: 0.5, silence_duration_ms: 500, interrupt_response: true },
  transport: "webrtc",
  reconnect_attempts: 0,
  retry_at: 0,
  error: null,
  notice: null,
  transcript: [],
  turns: 0,
  service_name: "embedded engine",
  model: "",
  examples: [
    "How many penguins are there?",
    "What is the average body mass by species?",
    "Which island has the most penguins?",
  ],
  holder: "",
  call_started_at: 0,
  summary: null,
  can_call: true,
  flow: "unified",
  has_ice_servers: false,
  image_bytes: 0,
  recording: "",
  consent: null,
  earlier_turns: 0,
  variable: "w",
  wizard: null,
  view: "panel",
  colors: {},
};

export const LOCAL: LocalState = {
  stage: "none",
  since: 0,
  hasMicrophone: false,
  flows: false,
  muted: false,
  talkingUnheard: false,
  pushed: false,
  tapped: false,
  soundBlocked: false,
  microphoneLost: null,
  takesMicrophone: false,
  soundStopped: null,
  sound: WELL,
  kernelSlow: false,
  recording: "",
  ending: false,
  consenting: false,
  failure: null,
};

const DEVICES: Devices["all"] = [
  { kind: "microphone", label: "Built-in Microphone", id: "m1" },
  { kind: "microphone", label: "Headset (USB)", id: "m2" },
  { kind: "speaker", label: "Built-in Speakers", id: "s1" },
  { kind: "speaker", label: "Headset (USB)", id: "s2" },
];

/** When each side was loud, in seconds before now. */
const SPEECH = {
  none: { user: [], assistant: [] },
  turns: { user: [[14, 11.6]], assistant: [[11, 3]] },
  user: {
    user: [
      [15, 12.8],
      [2.2, 0],
    ],
    assistant: [[12.2, 3.4]],
  },
  assistant: {
    user: [[5.2, 2.9]],
    assistant: [
      [16, 7],
      [2.3, 0],
    ],
  },
  interrupted: {
    user: [
      [12, 9.8],
      [2.4, 0],
    ],
    assistant: [[9.2, 2.1]],
  },
  // As `OVERLAPS` in `events.ts` tells it.
  overlaps: {
    user: [
      [16.2, 15.8],
      [6.7, 5],
      [2, 1.6],
    ],
    assistant: [
      [16.7, 8.5],
      [4, 0],
    ],
  },
} as const satisfies Record<
  NonNullable<State["sound"]>,
  Record<"user" | "assistant", readonly (readonly [number, number])[]>
>;

/** Something that looks like speech: syllables of 200 ms under a phrase's arc, the same on every run. */
function fill(lane: Lane, spans: readonly (readonly [number, number])[], now: number): void {
  lane.newest = now;
  for (const [from, to] of spans) {
    const [first, last] = [now - from * 100, now - to * 100];
    for (let block = Math.round(first); block < last; block++) {
      const syllable = Math.abs(Math.sin((block * Math.PI) / 21)) * (0.55 + 0.45 * Math.sin(block / 7.3) ** 2);
      const stress = 0.25 + 0.75 * Math.abs(Math.sin(block / 13.7) * Math.cos(block / 47.1));
      const pause = Math.sin(block / 31) > 0.93 ? 0.05 : stress;
      const arc = Math.min(1, (block - first) / 10, (last - block) / 10 + 0.3);
      lane.levels[block % lane.levels.length] = 0.004 + 0.16 * syllable * pause * arc;
    }
  }
}

export const EXTRAS = extras(given);

/** A chart, as somebody may have sent it. */
const CHART = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240"><path fill="#fff" d="M0 0h320v240H0z"/>\
<path fill="#3b7dd8" d="M40 40h60v170H40zM130 90h60v120h-60zM220 150h60v60h-60z"/></svg>`;
const IMAGES = [`data:image/svg+xml,${encodeURIComponent(CHART)}`];

/** A panel source that stands still in one state. */
export function recorded(state: State): PanelSource {
  const now = 3000;
  const lanes = { user: newLane(), assistant: newLane() };
  const speech = SPEECH[state.sound ?? "none"];
  fill(lanes.user, speech.user, now);
  fill(lanes.assistant, speech.assistant, now);
  const lines = state.lines ?? [];
  const answer = lines.findLast(({ row }) => row.role === "assistant")?.row.item_id;
  return {
    id: PAGE,
    traits: { ...TRAITS, ...state.traits },
    local: { ...LOCAL, recording: state.traits?.recording ?? "", ...state.local },
    lines,
    waiting: lines.flatMap(({ tools }) => tools).filter(({ status }) => status === "waiting"),
    lanes,
    kernel: state.kernel ?? "alive",
    refusal: state.refusal ?? null,
    // A kernel that does not speak brings nothing.
    loaded:
      state.kernel || state.loads !== undefined
        ? { extras: null, error: null, long: state.loads ?? false }
        : { extras: EXTRAS },
    // Events have times of their own, with which the lanes go on.
    get clock() {
      return now * 10 + 150 + (state.events ? Date.now() - NOW : 0);
    },
    lively: false,
    heard: (item_id) => (item_id === answer ? (state.heard ?? null) : null),
    sound: {
      devices: {
        choice: { ...DEFAULTS, ...state.choice },
        devices: state.devices ?? { all: DEVICES, named: true },
        missing: [],
        constraints: {},
        speaker: "",
        refresh: async () => {},
        look: () => {},
        recall: () => {},
        microphones: "",
      },
      level: state.local?.hasMicrophone && !state.local.muted ? 0.1 : 0,
      preview: { failure: null, level: 0, follow: () => {}, ...state.preview },
      trial: () => ({
        stage: "none",
        failure: null,
        speakerFailed: false,
        level: 0.1,
        microphone: async () => {},
        speaker: async () => {},
        stop: () => {},
        ...state.trial,
      }),
      choose: (change) => console.info("choose", change),
      ownTab: async () => ({ url: "http://127.0.0.1:51234/tab/#code", port: 51234, seconds: 60 }),
      diagnosis: async () => state.diagnosis ?? null,
    },
    attach: () => {},
    prepare: () => {},
    call: () => console.info("call"),
    hangUp: () => console.info("hang up"),
    useMicrophone: () => console.info("microphone"),
    mute: (muted) => console.info("mute", muted),
    push: (held) => console.info("push", held),
    interrupt: () => console.info("interrupt"),
    unblockSound: () => console.info("sound"),
    pauseRecording: (on) => console.info("pause the recording", on),
    answerConsent: (agreed) => console.info("consent", agreed),
    load: () => console.info("load"),
    images: async () => IMAGES,
    // All of it at once, and then nothing more.
    events: async ({ activity_after }) =>
      state.events && activity_after > 0
        ? { ...state.events, first: state.events.next, lines: "", voice_activity: { next: activity_after, pieces: [] } }
        : (state.events ?? null),
    result: async (number) => state.contents?.[number] ?? null,
    sendText: async (text) => {
      console.info("send", text);
      return state.busy ? new Promise(() => {}) : null;
    },
    decide: async (tool_call_id, approved, always, text) => {
      console.info("decide", tool_call_id, approved, always, text);
      return state.refuses ?? null;
    },
    answer: async (text, number) => {
      console.info("answer", text, number);
      return null;
    },
    set: async (name, value) => {
      console.info("set", name, value);
      return null;
    },
  };
}
