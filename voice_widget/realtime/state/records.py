"""The records of a talk: its rows, and the words for its states. What crosses the comm is built of them."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

ConnectionState = Literal["disconnected", "connecting", "connected", "reconnecting", "error"]
Activity = Literal["idle", "listening", "thinking", "tool", "speaking"]
Side = Literal["user", "assistant"]
SIDES: tuple[Side, Side] = ("user", "assistant")
RowRole = Literal["user", "assistant", "system"]
RowStatus = Literal["in_progress", "completed", "incomplete", "failed", "no_transcript", "rewound"]
TimeSource = Literal["page", "engine", "samples", "arrival"]
Source = Literal["speech", "typed", "say", "added"]
Transport = Literal["webrtc", "comm", "memory"]
Flow = Literal["unified", "ephemeral"]
RecordingState = Literal["", "recording", "paused", "failed"]
Answered = Literal["", "agreed", "declined"]
OverlapKind = Literal["interruption", "backchannel", "cough"]
StoppedBy = Literal[
    "speech",
    "interrupt",
    "token_limit",
    "content_filter",
    "call_ended",
    "call_lost",
    "events_lost",
    "timeout",
    "failure",
    "unknown",
]
HoleReason = Literal["late", "dropped", "paused", "no_call"]
Alignment = Literal["aligned", "unaligned", "pending"]
"""Of sound. ``aligned``: it lies where it was heard. ``unaligned``: it was heard a little before, and nobody
knows by how much. ``pending``: so too, but that may become known, and it comes again."""


class Row(TypedDict):
    """One utterance of one side, or a message of neither: a row of ``transcript`` and ``transcript_df``.

    ``start_ms`` and ``end_ms`` are when it was heard, in milliseconds of the call's audio clock: the page's,
    where a page has the sound, else the service's. A side is heard from the first loud sample of three blocks
    of 10 ms that are loud, one after the other, until its last sample before 200 ms of quiet. Loud is -50 dB
    of full scale for the assistant and -42 dB for the user, or 12 dB above the room's noise if that is more;
    6 dB below that is quiet. Where nobody listened, and until that is known, they are what the service says.
    ``service_start_ms`` and ``service_end_ms`` are that in any case, on its own clock: often with padding
    before the speech and a silence behind it.

    ``response_gap_ms`` is from the user's end to the assistant's start, ``None`` also where the page missed
    something in between. ``started_at`` and ``arrived_at`` are ISO 8601 in UTC. ``text_heard`` is what was
    really played of an assistant's text, by words of which most had sounded (``None`` while unknown);
    ``stop_reason`` is why an answer ended before it was whole, in the service's word, and ``stopped_by`` the
    same in one word of ours, whatever the service. ``overlap`` is what the engine took a sound of
    the user's over an answer for, and ``overlap_item_id`` that answer. ``images`` counts those that the
    user sent with it; they themselves are in the event. ``text_before`` is what was really said, where
    another text was put in its place; a row with the status ``rewound`` was taken back.
    """

    seq: int
    item_id: str
    role: RowRole
    text: str
    text_heard: str | None
    status: RowStatus
    stop_reason: str | None
    stopped_by: StoppedBy | None
    start_ms: int | None
    end_ms: int | None
    service_start_ms: int | None
    service_end_ms: int | None
    started_at: str | None
    arrived_at: str
    time_source: TimeSource
    response_gap_ms: int | None
    interrupted: bool
    source: Source
    voice: str | None
    model: str | None
    call_id: str | None
    overlap: OverlapKind | None
    overlap_item_id: str | None
    images: int
    text_before: str | None


ToolStatus = Literal[
    "requested", "waiting", "running", "completed", "failed", "rejected", "cancelled", "not_run", "rewound"
]
ToolKind = Literal["function", "handoff", "guardrail"]
Approval = Literal["asked", "approved", "edited", "always", "rejected", "expired"]


class ToolRow(TypedDict):
    """One function call of a talk, or a guardrail's verdict on an answer.

    Moments are seconds since the epoch, milliseconds on the audio clock. ``editable``: who allows it may
    change its arguments. ``preview``: what it would give, in a few lines for who is asked,
    where that is known.
    """

    number: int
    seq: int | None
    turn_id: str | None
    kind: ToolKind
    name: str
    server: str | None
    arguments: str
    editable: bool
    preview: str | None
    approved_arguments: str | None
    approval: Approval | None
    approval_ms: int | None
    reason: str | None
    progress: str | None
    output: str | None
    error: str | None
    traceback: str | None
    status: ToolStatus
    start_ms: int | None
    end_ms: int | None
    started_at: float | None
    ended_at: float | None
    duration_ms: int | None
    tool_call_id: str
    item_id: str
    response_id: str
    call_id: str | None


class Summary(TypedDict):
    """The line under an ended talk."""

    turns: int
    interruptions: int
    median_gap_ms: int | None


class WizardDesk(TypedDict):
    """What a person sees who answers in the assistant's place (``Wizard(desk=True)``).

    ``question``: what the user said, and waits for an answer; None: nothing waits. ``choices``: what may be
    picked, counted from 1. ``begun``: a sentence was said, and more is to follow.
    """

    question: str | None
    choices: list[str]
    begun: bool


class Consent(TypedDict):
    """What a person is asked before the microphone opens, the answer, and when it came (ISO 8601, in UTC)."""

    text: str
    answer: Answered
    at: str


class Hole(TypedDict):
    """Sound that is not there: so many samples from ``start`` on, of its side and clock.

    ``late``: the page was held up for longer than it can look back. ``dropped``: the kernel took nothing
    for minutes, and the page keeps no more. ``paused``: the recording was. ``no_call``: nothing was to be
    heard.
    """

    start: int
    samples: int
    reason: HoleReason


class MicrophoneFacts(TypedDict):
    """What the browser does to the microphone's sound, as far as it says so."""

    echoCancellation: NotRequired[bool | str]
    noiseSuppression: NotRequired[bool]
    autoGainControl: NotRequired[bool]
    sampleRate: NotRequired[int]


class FrontEnd(TypedDict):
    """What shows the page: the application with its version, as far as it says so, and the browser."""

    app: str
    browser: str
