"""RTTM: who spoke when, for tools of diarisation; certain here, as each side has a channel of its own."""

from __future__ import annotations

from collections.abc import Sequence

from voice_widget.realtime.state.records import SIDES
from voice_widget.recording.exports.laying import apart, end_of, laid, line, tiers
from voice_widget.recording.exports.times import seconds
from voice_widget.recording.spoken import Utterance


def to_rttm(utterances: Sequence[Utterance], duration_ms: int, *, file: str = "talk") -> str:
    """One ``SPEAKER`` line per utterance, in the order of time.

    The channel is 1 for the user and 2 for the assistant. Where one side's utterances overlap, the earlier is
    clipped at the later's start. Names have no blanks in this format: they become underscores.

    Args:
        utterances: What was said.
        duration_ms: How long the recording is.
        file: What the lines call the recording, mostly the name of its sound file without ending.
    """
    found = [
        (start, end, SIDES.index(side) + 1, name)
        for name, side, own in tiers(laid(utterances, duration_ms), _one_word)
        for start, end, _ in apart((one.start_ms, end_of(one), one) for one in own)
    ]
    return "".join(
        f"SPEAKER {_one_word(file)} {channel} {seconds(start)} {seconds(end - start)} "
        f"<NA> <NA> {name} <NA> <NA>\n"
        for start, end, channel, name in sorted(found)
    )


def _one_word(name: str) -> str:
    return "_".join(line(name).split()) or "_"
