"""Praat's TextGrid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from voice_widget.recording.exports.label_tiers import LabelTier
from voice_widget.recording.exports.laying import apart, end_of, laid, tiers
from voice_widget.recording.exports.times import seconds
from voice_widget.recording.spoken import Utterance

Interval = tuple[int, int, str]


def to_textgrid(
    utterances: Sequence[Utterance],
    duration_ms: int,
    *,
    words: bool = False,
    labels: Iterable[LabelTier] = (),
) -> str:
    """One interval tier per speaker; its intervals tile the whole recording, empty where nobody spoke.

    Intervals of one tier cannot overlap: where one side's utterances do, the earlier is clipped at the
    later's start.

    Args:
        utterances: What was said.
        duration_ms: How long the recording is.
        words: Whether each speaker whose words have times gets a second tier of them, ``NAME words``; those
            whose times are estimated stand in a tier that says so.
        labels: Further tiers.
    """
    found: list[tuple[str, list[Interval]]] = []
    for name, _, own in tiers(laid(utterances, duration_ms)):
        found.append((name, apart((one.start_ms, end_of(one), one.text) for one in own)))
        for kind, estimated in (("words", False), ("words (estimated)", True)):
            if words and (timed := _words(own, estimated)):
                found.append((f"{name} {kind}", timed))
    found += [(tier.name, tier.spans) for tier in labels]
    end = max([1, duration_ms, *(own[-1][1] for _, own in found if own)])
    head = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", *_bounds(0, end)]
    head += ["tiers? <exists>", f"size = {len(found)}", "item []:"]
    return "\n".join([*head, *_items(found, end)]) + "\n"


def _words(utterances: Sequence[Utterance], estimated: bool) -> list[Interval]:
    timed = [word for one in utterances for word in one.words if (word.source == "estimated") == estimated]
    return apart(sorted((max(0, word.start_ms), word.end_ms, word.text) for word in timed if word.text))


def _items(tiers: Iterable[tuple[str, list[Interval]]], end: int) -> Iterator[str]:
    for number, (name, intervals) in enumerate(tiers, start=1):
        yield f"    item [{number}]:"
        yield '        class = "IntervalTier"'
        yield f"        name = {_quoted(name)}"
        yield from _bounds(0, end, " " * 8)
        tiles = list(_tiles(intervals, end))
        yield f"        intervals: size = {len(tiles)}"
        for at, (start, stop, text) in enumerate(tiles, start=1):
            yield f"        intervals [{at}]:"
            yield from _bounds(start, stop, " " * 12)
            yield f"            text = {_quoted(text)}"


def _tiles(intervals: Iterable[Interval], end: int) -> Iterator[Interval]:
    """The intervals with empty ones between them, from zero to the end."""
    at = 0
    for interval in intervals:
        if interval[0] > at:
            yield at, interval[0], ""
        yield interval
        at = interval[1]
    if at < end:
        yield at, end, ""


def _bounds(start: int, end: int, indent: str = "") -> list[str]:
    return [f"{indent}xmin = {seconds(start)}", f"{indent}xmax = {seconds(end)}"]


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
