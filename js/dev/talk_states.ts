import { ACTIVITY, EVENTS, OVERLAPS } from "./events.ts";
import {
  cough,
  cut,
  echoed,
  greeting,
  line,
  nod,
  noise,
  row,
  second,
  shown,
  speaking,
  spoken,
  stopped,
  talk,
  third,
  typed,
  typedAnswer,
  words,
} from "./lines.ts";
import { CONTENTS, SHOWN } from "./results.ts";
import { scripts } from "./scripts.ts";
import { call, open, type State } from "./state.ts";

/** What stands in the transcript, and what the kernel tells of it. */
export const TALK: Readonly<Record<string, State>> = {
  images: { traits: { ...call, image_bytes: 180_000 }, local: open, lines: shown, sound: "assistant" },
  interrupted: {
    traits: { ...call, user_speaking: true },
    local: open,
    lines: [...talk, second, cut, third],
    sound: "interrupted",
  },
  stopped: { traits: call, local: open, lines: [...talk, second, stopped], sound: "turns" },
  scripts: { traits: call, local: open, lines: scripts(row), sound: "turns" },
  backchannel: { traits: call, local: open, lines: [...talk, nod, cough], sound: "turns" },
  "no-microphone": {
    traits: call,
    local: { stage: "open", hasMicrophone: false },
    lines: [typed, typedAnswer],
  },
  "opening-noise": {
    traits: {
      ...call,
      activity: "speaking",
      assistant_speaking: true,
      call_started_at: Date.now() / 1000 - 3,
    },
    local: open,
    lines: [
      {
        ...greeting,
        row: { ...greeting.row, status: "in_progress", text_heard: null },
        words: words(greeting.row.text),
      },
      noise,
    ],
    heard: 900,
    sound: "assistant",
  },
  overlaps: {
    traits: { ...call, activity: "speaking", assistant_speaking: true },
    local: open,
    lines: [
      greeting,
      noise,
      line(row(3, "user", 11, second.row.text)),
      speaking,
      line(row(5, "user", 19, "mm-hm", { overlap: "backchannel", overlap_item_id: speaking.row.item_id })),
    ],
    heard: 2200,
    sound: "overlaps",
    events: OVERLAPS,
  },
  "hears-itself": {
    traits: {
      ...call,
      notice: {
        code: "assistant_hears_itself",
        message:
          "The assistant seems to hear itself: 3 answers in a row were interrupted as they began, by their own words or by none.",
        next_step:
          "Use headphones, or turn the loudspeaker down. Push to talk helps, too: `w.update(turn_detection=None)`.",
      },
    },
    local: open,
    lines: [
      second,
      ...echoed(4, 18, "The Gentoo is the", "the gentoo is the"),
      ...echoed(6, 20, "The Gentoo", ""),
      ...echoed(8, 22, "The Gentoo is", "gentoo is"),
    ],
    sound: "interrupted",
  },
  "typing-talk": { traits: call, local: { ...open, hasMicrophone: false }, lines: talk },
  events: { traits: call, local: open, lines: talk, sound: "turns", events: EVENTS },
  "events-activity": { traits: call, local: open, lines: talk, sound: "interrupted", events: ACTIVITY },
  "events-left-out": {
    traits: call,
    local: open,
    lines: talk,
    sound: "turns",
    events: { ...EVENTS, first: 30_000, next: 30_000 + EVENTS.total, total: 30_000 + EVENTS.total },
  },
  "kernel-busy": { traits: call, local: open, lines: talk, sound: "turns", busy: true },
  results: {
    traits: call,
    local: open,
    lines: SHOWN.map((results, i) =>
      line(row(i, i % 2 ? "assistant" : "user", 3 + 7 * i, i % 2 ? spoken : second.row.text), { results }),
    ),
    sound: "turns",
    contents: CONTENTS,
  },
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
