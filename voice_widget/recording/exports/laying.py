"""What the formats share: utterances in order and with known ends, tiers, what lies apart, harmless texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording.spoken import SpokenWord, Utterance

Thing = TypeVar("Thing")
# XML and WebVTT have no place for them.
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")


def line(text: str) -> str:
    r"""The text on one line, of characters that every format can hold.

    Example:
        >>> line(" one \n\n two\tthree ")
        'one two three'
    """
    lines = (part.strip() for part in whole(text).replace("\t", " ").splitlines())
    return _NO_TEXT.sub("\ufffd", " ".join(part for part in lines if part))


def whole(text: str) -> str:
    """The text with surrogate pairs as the character that they mean; half a pair cannot be written at all."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def laid(utterances: Iterable[Utterance], duration_ms: int) -> list[Utterance]:
    """In the order of their times, each with an end, and their texts on one line.

    What has no known end lasts to the next utterance of its side, or to the end of the recording. Nothing
    begins before zero or ends before it begins.
    """
    ordered = sorted(utterances, key=lambda one: (one.start_ms, one.seq))
    found: list[Utterance] = []
    following: dict[Side, int] = {}
    for one in reversed(ordered):
        start = max(0, one.start_ms)
        end = following.get(one.role, duration_ms) if one.end_ms is None else one.end_ms
        words = tuple(replace(word, text=line(word.text)) for word in one.words)
        found.append(
            replace(
                one,
                speaker=line(one.speaker) or one.role,
                text=line(one.text),
                start_ms=start,
                end_ms=max(start, end),
                words=words,
            )
        )
        following[one.role] = start
    return found[::-1]


def end_of(one: Utterance) -> int:
    """When a laid utterance ends."""
    return one.start_ms if one.end_ms is None else one.end_ms


def apart(things: Iterable[tuple[int, int, Thing]]) -> list[tuple[int, int, Thing]]:
    """Things with start and end, in order, without overlaps, each at least a millisecond long.

    Where one begins before another has ended, the earlier one is clipped at the later one's start. What
    begins in the same millisecond moves on by one: nothing is lost.

    Example:
        >>> apart([(0, 900, "a"), (500, 500, "b"), (500, 800, "c")])
        [(0, 500, 'a'), (500, 501, 'b'), (501, 800, 'c')]
    """
    found: list[tuple[int, int, Thing]] = []
    for start, end, thing in things:
        if found:
            before_start, before_end, before = found[-1]
            start = max(start, before_start + 1)
            found[-1] = (before_start, min(before_end, start), before)
        found.append((start, max(end, start + 1), thing))
    return found


def tiers(
    utterances: Sequence[Utterance], name: Callable[[str], str] = str
) -> list[tuple[str, Side, list[Utterance]]]:
    """A name, a side and its laid utterances, for each speaker: the user's before the assistant's.

    A side that said nothing has a tier by its role, so that all files have the same. No name comes twice: two
    speakers with one name are told apart by the role, or by a number.

    Args:
        utterances: Laid.
        name: What the format makes of a speaker's name.
    """
    found: dict[tuple[Side, str], list[Utterance]] = {}
    for side in SIDES:
        for one in utterances:
            if one.role == side:
                found.setdefault((side, one.speaker), []).append(one)
        if not any(role == side for role, _ in found):
            found[side, side] = []
    names: list[str] = []
    for side, speaker in found:
        names.append(_unlike(name(speaker), side, names))
    return [(own, side, spoken) for own, ((side, _), spoken) in zip(names, found.items(), strict=True)]


def _unlike(name: str, side: Side, taken: Sequence[str]) -> str:
    own, number = name, 1
    while own in taken:
        own = f"{name}_{side}" if number == 1 else f"{name}_{side}_{number}"
        number += 1
    return own


def pieces(one: Utterance) -> Iterator[tuple[str, SpokenWord | None]]:
    """The text of a laid utterance in pieces: words whose times are known, and what stands between them.

    Estimated times are not known. A word that the text does not have (any more) is passed over; the pieces
    are the whole text in any case.
    """
    text, written, at = one.text, 0, 0
    for word in one.words:
        place = _place(word.text, text, at)
        if place is None:
            continue
        at = place + len(word.text)
        if word.source == "estimated":
            continue
        if place > written:
            yield text[written:place], None
        yield word.text, word
        written = at
    if written < len(text):
        yield text[written:], None


def _place(word: str, text: str, at: int) -> int | None:
    """Where a word stands: next, as mostly, or else where it stands alone, or else anywhere."""
    while at < len(text) and text[at].isspace():
        at += 1
    if not word or text.startswith(word, at):
        return at if word else None
    alone = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text[at:])
    place = at + alone.start() if alone else text.find(word, at)
    return None if place < 0 else place
