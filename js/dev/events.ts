import type { EventsMessage } from "../src/model.gen.ts";

/** When all of this is. */
export const NOW = Date.now();

/** The question was asked when `speech` in `recorded.ts` says so. */
const START = NOW / 1000 - 17.2;

type Event = Record<string, unknown> & { type: string };
type Direction = "received" | "sent" | "page" | "local";

/** What the kernel tells of events: when each came (seconds since the first), which way, and the rest of its head. */
export function told(
  events: readonly [number, Direction, Event, { items?: string[]; summary?: string; failed?: boolean }?][],
  more: Partial<EventsMessage> = {},
): EventsMessage {
  const lines = events.flatMap(([at, direction, event, { items = [], summary = "", failed = false } = {}]) => [
    JSON.stringify([START + at, direction, event.type, "rtc_1", items, summary, failed]),
    JSON.stringify(event),
  ]);
  const count = events.length;
  const at = { edition: 0, first: 0, next: count, total: count, voice_activity: null, ...more };
  return { type: "events", seq: 1, request_id: "req", lines: lines.join("\n"), ...at };
}

const words = "Biscoe has one hundred sixty-eight penguins, Dream one hundred twenty-four, and Torgersen fifty-two.";
const answer = { items: ["item_2"] };

/** A question, its answer, and something that was refused. */
export const EVENTS = told([
  [0, "received", { type: "session.created", event_id: "event_1", session: { id: "sess_1", model: "embedded" } }],
  [0.02, "sent", { type: "session.update", session: { turn_detection: { type: "server_vad" } } }],
  [0.03, "received", { type: "session.updated", event_id: "event_2", session: { id: "sess_1" } }],
  [
    3.21,
    "received",
    { type: "input_audio_buffer.speech_started", audio_start_ms: 3100, item_id: "item_1" },
    { items: ["item_1"] },
  ],
  [3.22, "page", { type: "voice_widget.page.voiced", side: "user", voiced: true, at_ms: 3112.5 }, { summary: "user" }],
  [
    5.6,
    "received",
    { type: "input_audio_buffer.speech_stopped", audio_end_ms: 5480, item_id: "item_1" },
    { items: ["item_1"] },
  ],
  [5.61, "received", { type: "input_audio_buffer.committed", item_id: "item_1" }, { items: ["item_1"] }],
  [
    5.83,
    "received",
    {
      type: "conversation.item.input_audio_transcription.completed",
      item_id: "item_1",
      transcript: "how many penguins are on each island",
    },
    { items: ["item_1"], summary: "how many penguins are on each island" },
  ],
  [
    5.9,
    "received",
    { type: "response.created", response: { id: "resp_1", status: "in_progress" } },
    { summary: "in_progress" },
  ],
  [
    5.92,
    "received",
    { type: "response.output_item.added", item: { id: "item_2", role: "assistant" } },
    { ...answer, summary: "assistant" },
  ],
  ...words.split(/(?= )/).flatMap((delta, i): Parameters<typeof told>[0] => [
    [
      6 + i * 0.2,
      "received",
      { type: "response.output_audio_transcript.delta", item_id: "item_2", delta },
      { ...answer, summary: delta },
    ],
    [
      6.01 + i * 0.2,
      "received",
      { type: "response.output_audio.delta", item_id: "item_2", delta: "<12800 characters of audio>" },
      { ...answer, summary: "<12800 characters of audio>" },
    ],
  ]),
  [
    9.1,
    "received",
    { type: "response.output_audio_transcript.done", item_id: "item_2", transcript: words },
    { ...answer, summary: words },
  ],
  [
    9.14,
    "received",
    {
      type: "response.done",
      response: {
        id: "resp_1",
        status: "completed",
        output: [{ id: "item_2", type: "message", role: "assistant" }],
        usage: { total_tokens: 412, input_tokens: 370, output_tokens: 42 },
      },
    },
    { ...answer, summary: "completed" },
  ],
  [11.4, "sent", { type: "response.cancel", response_id: "resp_9" }],
  [
    11.42,
    "received",
    {
      type: "error",
      error: {
        type: "invalid_request_error",
        code: "response_cancel_not_active",
        message: "There is no active response to cancel.",
      },
    },
    { summary: "There is no active response to cancel.", failed: true },
  ],
]);

const STEP_MS = 32;

/** How likely there was speech in the first 17 seconds, by when somebody spoke; the same on every run. */
function likely(spans: readonly (readonly [number, number])[]): number[] {
  return Array.from({ length: Math.floor(17_000 / STEP_MS) }, (_, i) => {
    const at = (i * STEP_MS) / 1000;
    const spoken = spans.some(([begin, end]) => begin <= at && at < end);
    const swing = Math.abs(Math.sin(i * 1.7) * Math.cos(i / 5));
    return spoken ? 1 - 0.22 * swing ** 2 : 0.02 + 0.09 * swing;
  });
}

const ours = (type: string, fields: object, items: string[], more: object = {}) =>
  [
    { type, item_id: items[0], ...fields },
    { items, ...more },
  ] as [Event, object];
const started = (item: string) => ours("input_audio_buffer.speech_started", {}, [item]);
const stopped = (item: string, audio_end_ms: number) =>
  ours("input_audio_buffer.speech_stopped", { audio_end_ms }, [item]);
const overlap = (item: string, decision: string, more: object = {}) =>
  ours("voice_widget.overlap.decided", { decision, reason: "words", text: "", ...more }, [item]);
const activity = (...spans: readonly (readonly [number, number])[]): EventsMessage["voice_activity"] => ({
  next: 1,
  pieces: [{ at: START, audio_start_ms: 0, step_ms: STEP_MS, probabilities: likely(spans) }],
});

/** A question; over its answer a cough, and then somebody who wants to speak: with what the detector thought. */
export const ACTIVITY = told(
  [
    [5.4, "received", ...started("item_1")],
    [7.94, "received", ...stopped("item_1", 7400)],
    [7.95, "received", ...ours("input_audio_buffer.committed", {}, ["item_1"])],
    [8.3, "received", { type: "response.created", response: { id: "resp_1" } }],
    [11.3, "received", ...started("item_3")],
    [11.86, "received", ...stopped("item_3", 11_320)],
    [11.87, "received", ...ours("input_audio_buffer.committed", {}, ["item_3"])],
    [12.1, "received", ...overlap("item_3", "cough")],
    [15, "received", ...started("item_4")],
    [15.5, "received", ...overlap("item_4", "interruption")],
    [15.52, "received", { type: "response.done", response: { id: "resp_1", status: "cancelled" } }],
  ],
  { voice_activity: activity([5.3, 7.4], [11.2, 11.32], [14.9, 17.2]) },
);

/** A greeting over which the microphone opens with a noise; later a "mm-hm" over an answer: both go on. */
export const OVERLAPS = told(
  [
    [0.3, "received", { type: "response.created", response: { id: "resp_1" } }],
    [1.1, "received", ...started("item_2")],
    [1.6, "received", ...stopped("item_2", 1400)],
    [1.61, "received", ...ours("input_audio_buffer.committed", {}, ["item_2"])],
    [
      1.8,
      "received",
      ...overlap("item_2", "cough", {
        over_item_id: "item_1",
        reason: "no_words",
        audio_start_ms: 1000,
        audio_end_ms: 1400,
      }),
    ],
    [8.8, "received", { type: "response.done", response: { id: "resp_1", status: "completed" } }],
    [10.6, "received", ...started("item_3")],
    [12.7, "received", ...stopped("item_3", 12_200)],
    [12.71, "received", ...ours("input_audio_buffer.committed", {}, ["item_3"])],
    [12.9, "received", { type: "response.created", response: { id: "resp_2" } }],
    [15.3, "received", ...started("item_5")],
    [15.9, "received", ...stopped("item_5", 15_600)],
    [15.91, "received", ...ours("input_audio_buffer.committed", {}, ["item_5"])],
    [
      16.1,
      "received",
      ...overlap("item_5", "backchannel", {
        over_item_id: "item_4",
        text: "mm-hm",
        audio_start_ms: 15_200,
        audio_end_ms: 15_600,
      }),
    ],
  ],
  { voice_activity: activity([1, 1.4], [10.5, 12.2], [15.2, 15.6]) },
);
