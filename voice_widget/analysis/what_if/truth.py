"""When the user spoke, and what the service did then: what detectors are held against."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from voice_widget.analysis.doubts import TOLERANCE_MS
from voice_widget.analysis.hearing import doubted, unknown, voiced
from voice_widget.analysis.spans import touches
from voice_widget.analysis.talks import Analysed
from voice_widget.analysis.turns import Turn, placed
from voice_widget.analysis.what_if.impairing import clean
from voice_widget.errors import RecordingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording.timeline import Piece
from voice_widget.tables.event_log import Line

USER = SIDES.index("user")
_OVER = ("input_audio_buffer.speech_stopped", "input_audio_buffer.committed")
_AFTER_MS = 1000.0
"""So long after its end a turn still depends on the sound: detectors wait then."""


class Recorded(Analysed, Protocol):
    """A talk with its events."""

    @property
    def lines(self) -> Sequence[Line]: ...  # noqa: D102

    @property
    def problems(self) -> Sequence[RecordingError]: ...  # noqa: D102


@dataclass(frozen=True)
class Spoken:
    """A turn of the user's, in milliseconds of the recording's timeline.

    Attributes:
        seq: The row's number.
        start_ms: When its speech begins.
        end_ms: When it ends.
        source: Whether the sound says so, or only events.
        recorded_ms: When the service said that it is over, as far as that was noted.
        gap: There is no sound in it, or shortly after it, for a while.
        unknown: Some of its sound was redacted or lost: nobody can say what a detector would have found.
        doubtful: A second way to hear the sound finds its beginning or end more than 100 ms elsewhere, or
            only one of both finds it.
    """

    seq: int
    start_ms: float
    end_ms: float
    source: Literal["sound", "events"]
    recorded_ms: float | None = None
    gap: bool = False
    unknown: bool = False
    doubtful: bool = False


@dataclass(frozen=True)
class Truth:
    """What is known of the user's turns.

    Attributes:
        spoken: The turns, in order.
        problems: What is wrong with them.
    """

    spoken: tuple[Spoken, ...]
    problems: tuple[RecordingError, ...] = ()


def truth(talk: Recorded) -> Truth:
    """When the user spoke: the rows' times, made exact by the sound, heard as `measures` hears it.

    Of a talk that was impaired the sound before that counts: noise is no speech.

    Raises:
        RecordingError: There is no sound (``not_recorded``, or as in `problems`).
    """
    sound = clean(talk.sound)
    sounds = voiced(sound, "user")
    of_user = {row["seq"]: row for row in talk.rows if row["role"] == "user"}
    rows: dict[int, tuple[Side, float, float]] = {
        seq: ("user", start * 1000 / RATE, end * 1000 / RATE)
        for seq, (start, end) in talk.stretches().items()
        if seq in of_user
    }
    over = _over(talk.lines)
    holes = [piece for piece in talk.pieces if piece.side == "user" and piece.kind != "sound"]
    lost = unknown(talk.pieces, "user")
    others = {turn.seq: turn for turn in placed(rows, {"user": doubted(sound, "user")})}
    spoken: list[Spoken] = []
    for turn in placed(rows, {"user": sounds}):
        row = of_user[turn.seq]
        at, began = over.get(row["item_id"]), row["started_at"]
        recorded = None
        if at is not None and began is not None:
            recorded = rows[turn.seq][1] + (at - datetime.fromisoformat(began).timestamp()) * 1000
        gap = _touches(holes, turn.start_ms, turn.end_ms + _AFTER_MS)
        # Where sound is lost its turn ends too early for the ear: there its row knows how far it went.
        gone = touches(lost, min(turn.start_ms, rows[turn.seq][1]), max(turn.end_ms, rows[turn.seq][2]))
        times = turn.start_ms, turn.end_ms, turn.source
        spoken.append(Spoken(turn.seq, *times, recorded, gap, gone, _differ(turn, others[turn.seq])))
    of_sound = [problem for problem in talk.problems if problem.code.startswith("sound_")]
    return Truth(tuple(spoken), (*of_sound, *_problems(spoken, silent=not sounds)))


def _differ(one: Turn, other: Turn) -> bool:
    apart = max(abs(one.start_ms - other.start_ms), abs(one.end_ms - other.end_ms))
    return one.source != other.source or apart > TOLERANCE_MS


def _over(lines: Sequence[Line]) -> dict[str, float]:
    """When the service said that an item's speech is over, in seconds since the epoch."""
    found: dict[str, float] = {}
    for kind in _OVER:
        for line in lines:
            if line.type == kind and line.direction == "received":
                item_id = json.loads(line.event).get("item_id")
                if isinstance(item_id, str):
                    found.setdefault(item_id, line.at)
    return found


def _touches(holes: Sequence[Piece], start_ms: float, end_ms: float) -> bool:
    return any(
        hole.start * 1000 / RATE < end_ms and hole.end * 1000 / RATE > start_ms
        for hole in holes
        if hole.samples > 0
    )


def _problems(spoken: Sequence[Spoken], *, silent: bool) -> list[RecordingError]:
    found: list[RecordingError] = []
    if silent:
        found.append(
            RecordingError(
                "The user's channel is silent: no detector can find anything in it.",
                code="channel_silent",
                next_step="Look whether the channels are the wrong way round.",
            )
        )
    if not spoken:
        found.append(
            RecordingError(
                "The talk has no turn of the user's that sounded: whatever a detector finds is extra.",
                code="no_turns",
                next_step="Take a talk in which the user speaks.",
            )
        )
    return found
