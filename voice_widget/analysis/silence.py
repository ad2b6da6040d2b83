"""When nobody sounds. Pure: milliseconds in, milliseconds out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from voice_widget.analysis.spans import Span, free, length, shared, touches

DEAD_AIR_MS = 2000.0


class Silences(NamedTuple):
    """Stretches in which nobody sounds, and those of which nobody knows whether somebody did."""

    known: list[Span]
    unknown: list[Span]


def dead_air(
    sounds: Sequence[Span],
    unknown: Sequence[Span],
    threshold_ms: float = DEAD_AIR_MS,
    between: Sequence[Span] = (),
    until: float | None = None,
) -> Silences:
    """Silences of both sides that last longer than a threshold, from the first sound on to the last one.

    Definition: from the last voiced sample of either side to the next one of either side; behind a turn of
    the user's that nobody answered, to the end of the recording. A silence in which
    the recording has a gap, a pause, or something redacted is not counted: nobody knows what was there.
    What lies between two calls is no silence of a talk. A sound that is in no row, such as a cough, ends one
    as well: all of them are counted of the talk; of turns each is counted of the one that ends it, or else of
    the next one, and behind the last turn of none.

    Source: the term is broadcasting's and call centres', and no threshold is agreed on. For people about one
    second is the most that they let pass (G. Jefferson, "Preliminary notes on a possible metric which
    provides for a 'standard maximum' silence of approximately one second in conversation", in D. Roger, P.
    Bull (eds), Conversation: An Interdisciplinary Perspective, 1989). A voice agent is given more: 2 s here,
    a choice of ours, and an argument because of that.

    Args:
        sounds: When either side sounds, in order, without overlaps.
        unknown: Where nobody knows.
        threshold_ms: A silence is longer than this.
        between: From the last turn of a call to the first one of the next.
        until: The end of the recording, where the last turn is the user's and was not answered.

    Example:
        >>> dead_air([(0, 1000), (4000, 5000)], [], 2000).known
        [(1000, 4000)]
    """
    if not sounds:
        return Silences([], [])
    last = sounds[-1][1] if until is None else until
    long = [(start, end) for start, end in free(sounds, sounds[0][0], last) if end - start > threshold_ms]
    long = [span for span in long if not shared([span], between)]
    lost = [span for span in long if touches(unknown, *span)]
    return Silences([span for span in long if span not in lost], lost)


def tool_silence(began_ms: float, answered_ms: float, sounds: Sequence[Span]) -> float:
    """How long nobody sounds from a tool's beginning to the first sound of the answer that it led to.

    Definition: the silence in which the tool began counts from its own beginning, the last sound before it;
    the answer is the first turn of the assistant's in the same call that begins when the tool has ended.
    What a filler or anybody else fills is no silence, and is left out: a filler shortens this and not
    `answer_gap_ms`.

    Source: ours. Of traces of tools (OpenTelemetry) one has how long a tool ran; what a person hears of that
    is this.

    Args:
        began_ms: When the tool began.
        answered_ms: The first sample of the answer.
        sounds: When either side sounds, in order, without overlaps.

    Example:
        >>> tool_silence(1200, 4000, [(0, 1000), (2000, 2500), (4000, 5000)])
        2500
    """
    before = max((end for start, end in sounds if start <= began_ms), default=began_ms)
    return length(free(sounds, min(before, answered_ms), answered_ms))
