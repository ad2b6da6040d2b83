import type { ToolRow } from "../src/model.gen.ts";
import { ACTIVITY, EVENTS, OVERLAPS } from "./events.ts";
import {
  answer,
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
  tool,
  typed,
  typedAnswer,
  words,
} from "./lines.ts";
import { CONTENTS, SHOWN } from "./results.ts";
import { scripts } from "./scripts.ts";
import { call, open, type State } from "./state.ts";

/** What stands in the transcript, and what the kernel tells of it. */
const asked = (tools: readonly ToolRow[]) => line(row(1, "user", 3, "book a table for two on sunday"), { tools });
const RUNNING = tool(1, "book", { day: "Sunday", seats: 2 }, { progress: "asking three restaurants" });
const WAITS = { status: "waiting", approval: "asked" } as const;
const ASKS = tool(1, "book", { day: "Sunday", seats: 2 }, WAITS);
const PREVIEW = "DataFrame, 2 rows, 2 columns\nAgainst df: 1 row removed.\n   day  tip\n1  Sun  2.0\n2  Mon  3.0";
const ENDED = { ended_at: 0, end_ms: 5900, duration_ms: 700 };
const TOOLS: readonly ToolRow[] = [
  tool(1, "find", { day: "Sunday" }, { ...ENDED, status: "completed", output: '["Da Mario", "Chez Nous"]' }),
  tool(
    2,
    "book",
    { day: "Sunday", seats: 2 },
    {
      ...ENDED,
      status: "completed",
      approval: "edited",
      approved_arguments: '{"day": "Monday", "seats": 4}',
      output: "Booked.",
    },
  ),
  tool(3, "pay", { amount: 12 }, { ...ENDED, status: "failed", error: "KeyError: 'card'" }),
  tool(
    4,
    "delete_all",
    {},
    { ...ENDED, status: "rejected", approval: "rejected", error: "delete_all was not approved: no." },
  ),
];
const AGENTS: readonly ToolRow[] = [
  tool(1, "transfer_to_booking", {}, { ...ENDED, kind: "handoff", status: "completed", output: "booking" }),
  tool(2, "book", { day: "Sunday" }, { ...ENDED, status: "completed", approval: "approved", output: "Booked." }),
  tool(
    3,
    "no_prices",
    { characters: 61 },
    { ...ENDED, kind: "guardrail", duration_ms: null, status: "completed", output: '{"found": "a price"}' },
  ),
];

export const TALK: Readonly<Record<string, State>> = {
  images: { traits: { ...call, image_bytes: 180_000 }, local: open, lines: shown, sound: "assistant" },
  "images-asked": { traits: { ...call, image_bytes: 180_000 }, local: open, lines: talk, sound: "turns" },
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
  "by-hand": {
    traits: call,
    local: open,
    lines: [
      line(row(1, "system", 2, "The user is a biologist.", { source: "added", start_ms: null, end_ms: null })),
      line(row(2, "user", 4, "Which species is the heaviest?", { text_before: "which species is the happiest" })),
      line(row(3, "assistant", 7, "The Gentoo is the heaviest species.", { response_gap_ms: 597 })),
      line(row(4, "user", 12, "and what about the dodo", { status: "rewound" })),
      line(row(5, "assistant", 15, "There is none in the table.", { status: "rewound", response_gap_ms: 640 })),
    ],
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
  tool: { traits: { ...call, activity: "tool" }, local: open, lines: [asked([RUNNING])], sound: "user" },
  "tool-asks": { traits: { ...call, activity: "tool" }, local: open, lines: [asked([ASKS])], sound: "user" },
  "tool-asks-server": {
    traits: { ...call, activity: "tool" },
    local: open,
    lines: [asked([{ ...ASKS, server: "tables", editable: false }])],
    sound: "user",
  },
  "tool-asks-preview": {
    traits: { ...call, activity: "tool" },
    local: open,
    lines: [asked([tool(1, "compute_expression", { expression: "df[df.tip > 1]" }, { ...WAITS, preview: PREVIEW })])],
    sound: "user",
  },
  "tool-asks-fixed": {
    traits: { ...call, activity: "tool" },
    local: open,
    lines: [asked([{ ...ASKS, editable: false }])],
    sound: "user",
  },
  wizard: {
    traits: {
      ...call,
      activity: "thinking",
      wizard: {
        question: "Which island has the most penguins?",
        choices: ["Biscoe has most of them.", "Could you say that again?"],
        begun: false,
      },
    },
    local: open,
    lines: [asked([])],
    sound: "user",
  },
  "tool-refused": {
    traits: { ...call, activity: "tool" },
    local: open,
    lines: [asked([ASKS])],
    sound: "user",
    refuses: {
      code: "tool_arguments",
      message: "The arguments are no JSON object.",
      next_step: 'Write them as `{"name": value}`, or press Back.',
    },
  },
  tools: { traits: call, local: open, lines: [asked(TOOLS), answer], sound: "turns" },
  agents: { traits: call, local: open, lines: [asked(AGENTS), answer], sound: "turns" },
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
