"""A table of annotations, tab-separated, for spreadsheets and R."""

from __future__ import annotations

from collections.abc import Sequence

from voice_widget.recording.exports.laying import end_of, laid
from voice_widget.recording.exports.times import seconds
from voice_widget.recording.spoken import Utterance

COLUMNS = ("speaker", "tier", "onset", "offset", "value")


def to_tsv(utterances: Sequence[Utterance], duration_ms: int, *, words: bool = False) -> str:
    """One row per annotation with the columns ``speaker tier onset offset value``; times are in seconds.

    The tier is ``utterance``. Rows may overlap, as the utterances do. A value with a quotation mark stands in
    quotation marks with its own doubled, as readers of such tables expect.

    Args:
        utterances: What was said.
        duration_ms: How long the recording is.
        words: Whether each utterance is followed by its words that have times: in the tier ``word``, or
            "word (estimated)" where the times are estimated.
    """
    found: list[tuple[str, ...]] = [COLUMNS]
    for one in laid(utterances, duration_ms):
        found.append((one.speaker, "utterance", seconds(one.start_ms), seconds(end_of(one)), one.text))
        for word in one.words if words else ():
            tier = "word (estimated)" if word.source == "estimated" else "word"
            start = max(0, word.start_ms)
            found.append((one.speaker, tier, seconds(start), seconds(max(start, word.end_ms)), word.text))
    return "".join("\t".join(_field(value) for value in row) + "\n" for row in found)


def _field(value: str) -> str:
    doubled = value.replace('"', '""')
    return value if doubled == value else f'"{doubled}"'
