import type { Row } from "../../src/model.gen.ts";

/** A row with everything a test does not care about. */
export function row(more: Partial<Row> = {}): Row {
  return {
    seq: 1,
    item_id: "item_1",
    role: "assistant",
    text: "",
    text_heard: null,
    status: "in_progress",
    stop_reason: null,
    stopped_by: null,
    start_ms: null,
    end_ms: null,
    service_start_ms: null,
    service_end_ms: null,
    started_at: null,
    arrived_at: "2026-01-01T10:00:00.000Z",
    time_source: "page",
    response_gap_ms: null,
    interrupted: false,
    source: "speech",
    voice: null,
    model: null,
    call_id: null,
    overlap: null,
    overlap_item_id: null,
    images: 0,
    text_before: null,
    ...more,
  };
}
