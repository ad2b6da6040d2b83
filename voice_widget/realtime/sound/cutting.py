"""What of a text had sounded when its sound was cut: its words of which most had."""

from __future__ import annotations

from collections.abc import Sequence


def sounded(words: Sequence[tuple[int, float, float | None]], played_ms: float, audio_ms: float = 0.0) -> int:
    """How much of a text had sounded: up to the last word of which most had.

    Args:
        words: For each its place behind it in the text, and when it begins and ends; None: with the next one.
        played_ms: So much was played.
        audio_ms: How long all of it sounds, if that is known.

    Example:
        >>> words = [(3, 0.0, 200.0), (7, 200.0, None), (13, 400.0, None)]
        >>> [sounded(words, played) for played in (99, 100, 299, 300, 401)]
        [0, 3, 3, 7, 13]
    """
    upto = 0
    for place, (length, start_ms, end_ms) in enumerate(words):
        if end_ms is None:
            following = words[place + 1][1] if place + 1 < len(words) else audio_ms
            end_ms = max(start_ms, following)
        if played_ms <= 0 or (start_ms + end_ms) / 2 > played_ms:
            break
        upto = length
    return upto


def heard_text(pieces: Sequence[tuple[str, float, float | None]], cut_ms: float | None) -> str:
    """What was heard of pieces with their times; None: all of it.

    Example:
        >>> heard_text([("One", 0.0, 200.0), (" two", 200.0, None)], 150.0)
        'One'
    """
    if cut_ms is None:
        return "".join(text for text, _, _ in pieces)
    words = [(place + 1, start_ms, end_ms) for place, (_, start_ms, end_ms) in enumerate(pieces)]
    return "".join(text for text, _, _ in pieces[: sounded(words, cut_ms)])
