"""A text cut where a speaker breathes, so that one piece sounds while the next is made. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from voice_widget.engine.stages.voices.spoken_text import Said

_SHORTEST = 12
_GROWTH = 2  # a piece may last as long as the one before it takes to be spoken, at half of that speed
# Before these one may breathe where no comma stands.
_BREATHE = """
about after and as at because before between but by for from if in into is are was were of on or than that to
when where which while who with
"""


def breaths(words: Sequence[Said], first: int, most: int) -> Iterator[tuple[Said, ...]]:
    """The words that are spoken in one breath, each longer than the one before.

    Args:
        words: What is said.
        first: How many characters the first may have; it is what one waits for.
        most: How many characters any may have.

    Example:
        >>> text = tuple(Said(0, 0, word) for word in "The average is five dollars, and it rises.".split())
        >>> [" ".join(word.text for word in piece) for piece in breaths(text, 16, 60)]
        ['The average', 'is five dollars, and it rises.']
    """
    at, limit = 0, first
    while at < len(words):
        end = _breath(words[at:], limit)
        yield tuple(words[at : at + end])
        at += end
        limit = min(most, limit * _GROWTH)


def _breath(words: Sequence[Said], limit: int) -> int:
    """How many words fit, up to where one breathes best."""
    length = 0
    fit = 0
    best: tuple[int, int] = (0, 0)  # how good, how many words
    for count, word in enumerate(words, 1):
        length += len(word.text) + 1
        if length - 1 > limit and count > 1:
            break
        fit = count
        if count == len(words):
            return count
        following = words[count].text.lower()
        good = (
            3
            if word.text[-1:] in ".!?"
            else 2
            if word.text[-1:] in ",;:"
            else 1 * (following in _BREATHE.split())
        )
        if good and length >= _SHORTEST and (good, count) >= best:
            best = (good, count)
    return best[1] or fit
