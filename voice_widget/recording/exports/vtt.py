"""WebVTT: subtitles with speakers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from voice_widget.recording.exports.laying import end_of, laid, pieces
from voice_widget.recording.exports.times import stamp
from voice_widget.recording.spoken import Utterance


def to_vtt(utterances: Sequence[Utterance], duration_ms: int) -> str:
    """One cue per utterance, named by its ``seq``, with the speaker as a voice tag.

    Words whose times are known stand behind stamps of their own; estimated ones do not. Cues may overlap, as
    the utterances do. A cue without length lasts a millisecond, as the format asks.
    """
    return "\n\n".join(["WEBVTT", *(_cue(one) for one in laid(utterances, duration_ms))]) + "\n"


def _cue(one: Utterance) -> str:
    end = max(end_of(one), one.start_ms + 1)
    said, last = "", one.start_ms
    for text, word in pieces(one):
        # A stamp lies inside its cue and after the one before it.
        if word is not None and last < word.start_ms < end:
            said += f"<{stamp(word.start_ms)}>"
            last = word.start_ms
        said += escape(text, quote=False)
    speaker = escape(one.speaker, quote=False)
    return f"{one.seq}\n{stamp(one.start_ms)} --> {stamp(end)}\n<v {speaker}>{said}</v>"
