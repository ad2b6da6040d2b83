"""SubRip: subtitles for programs that know nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from voice_widget.recording.exports.laying import end_of, laid
from voice_widget.recording.exports.times import stamp
from voice_widget.recording.spoken import Utterance

_ANGLES = str.maketrans("<>", "\u2039\u203a")


def to_srt(utterances: Sequence[Utterance], duration_ms: int) -> str:
    """One numbered subtitle per utterance: ``name: text``, as the format has no speakers.

    It has no way of escaping either, an arrow within a text would end the subtitle, and players pass over
    what looks like a tag: ``-->`` becomes ``→``, and angle brackets become the quotation marks like them.
    """
    return "".join(
        f"{number}\n{_times(one)}\n{_said(one)}\n\n"
        for number, one in enumerate(laid(utterances, duration_ms), start=1)
    )


def _times(one: Utterance) -> str:
    return f"{stamp(one.start_ms, ',')} --> {stamp(max(end_of(one), one.start_ms + 1), ',')}"


def _said(one: Utterance) -> str:
    return f"{one.speaker}: {one.text}".replace("-->", "→").translate(_ANGLES)
