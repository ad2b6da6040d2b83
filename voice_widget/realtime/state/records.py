"""The records of a talk: its rows, and the words for its states. What crosses the comm is built of them."""

from __future__ import annotations

from typing import Literal, TypedDict

ConnectionState = Literal["disconnected", "connecting", "connected", "reconnecting", "error"]
Activity = Literal["idle", "listening", "thinking", "tool", "speaking"]
Side = Literal["user", "assistant"]
RowStatus = Literal["in_progress", "completed", "incomplete", "failed", "no_transcript"]
TimeSource = Literal["page", "engine", "samples", "arrival"]
Source = Literal["speech", "typed", "say"]
Transport = Literal["webrtc", "comm", "memory"]
Flow = Literal["unified", "ephemeral"]


class Row(TypedDict):
    """One utterance of one side: a row of ``transcript`` and of ``transcript_df``.

    ``start_ms`` and ``end_ms`` are milliseconds of the call's audio clock; ``started_at`` and ``arrived_at``
    are ISO 8601 in UTC. ``text_heard`` is what was really played of an assistant's text (``None`` while
    unknown), ``stop_reason`` why an answer ended before it was whole.
    """

    seq: int
    item_id: str
    role: Side
    text: str
    text_heard: str | None
    status: RowStatus
    stop_reason: str | None
    start_ms: int | None
    end_ms: int | None
    started_at: str | None
    arrived_at: str
    time_source: TimeSource
    response_gap_ms: int | None
    interrupted: bool
    source: Source
    voice: str | None
    model: str | None
    call_id: str | None


class Summary(TypedDict):
    """The line under an ended talk."""

    turns: int
    interruptions: int
    median_gap_ms: int | None
