import type { Row, ToolRow } from "../src/model.gen.ts";
import type { Line, Word } from "../src/store.ts";
import { PAGE } from "./state.ts";

const EPOCH = Date.parse("2026-03-02T10:00:00Z");

export function row(seq: number, role: Row["role"], at: number, text: string, more: Partial<Row> = {}): Row {
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
    text_before: null,
    ...more,
  };
}

export function line(of: Row, more: Partial<Line> = {}): Line {
  return {
    row: of,
    words: of.text ? [{ text: of.text, start_ms: null }] : [],
    partial: false,
    results: [],
    tools: [],
    ...more,
  };
}

/** The call of a tool behind the first question. */
export function tool(number: number, name: string, given: unknown, more: Partial<ToolRow> = {}): ToolRow {
  return {
    number,
    seq: 1,
    turn_id: "item_1",
    kind: "function",
    name,
    server: null,
    arguments: JSON.stringify(given),
    editable: true,
    preview: null,
    approved_arguments: null,
    approval: null,
    approval_ms: null,
    reason: null,
    progress: null,
    output: null,
    error: null,
    traceback: null,
    status: "running",
    start_ms: 5200,
    end_ms: null,
    started_at: EPOCH / 1000 + 5.2,
    ended_at: null,
    duration_ms: null,
    tool_call_id: `call_${number}`,
    item_id: "",
    response_id: "resp_1",
    call_id: "rtc_1",
    ...more,
  };
}

/** Words as the engine tells them: 300 ms each. */
export function words(text: string): Word[] {
  return text.split(/(?= )/).map((word, i) => ({ text: word, start_ms: i * 300 }));
}

export const question = line(row(1, "user", 3, "how many penguins are on each island"), {
  results: [{ number: 0, item_id: "item_1", label: "table · 3 rows", under: [PAGE] }],
});
export const answer = line(
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
export const second = line(row(3, "user", 15, "which species is the heaviest"));
export const spoken =
  "The Gentoo is the heaviest species. Its average body mass is five thousand and seventy-six grams.";
export const speaking = line(
  row(4, "assistant", 18, spoken, { status: "in_progress", text_heard: null, response_gap_ms: 597 }),
  {
    words: words(spoken),
  },
);
export const cut = line(
  row(4, "assistant", 18, spoken, {
    interrupted: true,
    status: "incomplete",
    text_heard: "The Gentoo is the heaviest species.",
    response_gap_ms: 597,
  }),
);
export const third = line(row(5, "user", 21, "what about the lightest", { status: "completed" }));
export const typed = line(row(1, "user", 3, "How many penguins are there?", { source: "typed" }));
export const typedAnswer = line(
  row(2, "assistant", 4, "There are three hundred and forty-four penguins in the table."),
);
export const shown = [
  line({ ...typed.row, text: "What do you see?", images: 1 }),
  line({ ...typedAnswer.row, text: "Bars." }),
];
export const partial = line(row(3, "user", 15, "", { status: "in_progress" }), {
  words: [{ text: "which species is the", start_ms: null }],
  partial: true,
});
export const talk = [question, answer];
export const nod = line(row(3, "user", 8, "mm-hm", { overlap: "backchannel", overlap_item_id: "item_2" }));
export const cough = line(
  row(4, "user", 10, "", { status: "no_transcript", overlap: "cough", overlap_item_id: "item_2" }),
);
export const stopped = { ...cut, row: { ...cut.row, status: "incomplete", stopped_by: "interrupt" } } as const;

/** What the microphone makes of its opening, over the greeting that goes on. */
export const greeting = line(row(1, "assistant", 1, "Good morning. Ask me anything about the penguins."));
export const noise = line(
  row(2, "user", 1, "", { status: "no_transcript", overlap: "cough", overlap_item_id: greeting.row.item_id }),
);

/** An answer that its own sound interrupts as it begins. */
export const echoed = (seq: number, at: number, heard: string, understood: string): Line[] => {
  const answer = line(
    row(seq, "assistant", at, spoken, {
      interrupted: true,
      status: "incomplete",
      stopped_by: "speech",
      text_heard: heard,
      response_gap_ms: 588 + seq,
    }),
  );
  const over = { overlap: "interruption", overlap_item_id: answer.row.item_id } as const;
  const status = understood ? "completed" : "no_transcript";
  return [answer, line(row(seq + 1, "user", at + 1, understood, { ...over, status }))];
};
