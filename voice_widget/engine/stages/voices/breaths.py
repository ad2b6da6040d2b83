"""A text cut where a speaker breathes, so that one piece sounds while the next is made. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from voice_widget.engine.stages.voices.spoken_text import Said

_SHORTEST = 9
_STRETCH = 1.5  # it may be so much longer rather than end between words that belong together
_STOP = 3
_GROWTH = 2.5  # a piece is made while the one before it sounds, at 0.4 of real time or quicker
_SMALL = """
a about after an and as at because before between but by for from if in into of on or than that the to when
where which while who with
"""
_VERBS = frozenset({"are", "has", "have", "is", "was", "were"})
# Before these one may breathe where no comma stands.
_BREATHE = frozenset(_SMALL.split()) | _VERBS


def breaths(words: Sequence[Said], first: int, most: int) -> Iterator[tuple[Said, ...]]:
    """The words that are spoken in one breath, none much longer than the one before.

    Args:
        words: What is said.
        first: How many characters the first may have; it is what one waits for. Any later one may, too.
        most: How many characters any may have.

    Example:
        >>> text = tuple(Said(0, 0, word) for word in "The average is five dollars, and it rises.".split())
        >>> [" ".join(word.text for word in piece) for piece in breaths(text, 16, 60)]
        ['The average', 'is five dollars, and it rises.']
    """
    at, limit = 0, first
    while at < len(words):
        end = _breath(words[at:], limit)
        piece = tuple(words[at : at + end])
        yield piece
        at += end
        spoken = sum(len(word.text) + 1 for word in piece)
        limit = round(min(most, max(first, spoken * _GROWTH)))


def _breath(words: Sequence[Said], limit: int) -> int:
    """How many words fit, up to where one breathes best."""
    length = fit = 0
    best: tuple[int, int] = (0, 0)  # how good, how many words
    for count, word in enumerate(words, 1):
        short = length < _SHORTEST
        length += len(word.text) + 1
        if length - 1 <= limit or short:
            fit = count
        elif best[1] or length - 1 > limit * _STRETCH:
            break
        if count == len(words):
            return count
        good = _good(word.text.lower(), words[count].text.lower())
        if good and (length >= _SHORTEST or good == _STOP) and (good, count) >= best:
            best = (good, count)
    return best[1] or fit


def _good(word: str, following: str) -> int:
    """How well one breathes between two words; 0: not at all."""
    if word[-1:] in ".!?":
        return _STOP
    if word[-1:] in ",;:":
        return _STOP - 1
    return int(following in _BREATHE and (word in _VERBS or word not in _BREATHE))
