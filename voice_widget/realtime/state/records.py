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
RecordingState = Literal["", "recording", "paused", "failed"]
Answered = Literal["", "agreed", "declined"]
HoleReason = Literal["late", "dropped", "paused", "no_call"]


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


class Consent(TypedDict):
    """What a person is asked before the microphone opens, the answer, and when it came (since the epoch)."""

    text: str
    answer: Answered
    at: float


class Hole(TypedDict):
    """Sound that is not there: so many samples from ``start`` on, of its side and clock.

    ``late``: the page was held up for longer than it can look back. ``dropped``: the kernel took nothing
    for minutes, and the page keeps no more. ``paused``: the recording was. ``no_call``: nothing was to be
    heard.
    """

    start: int
    samples: int
    reason: HoleReason
