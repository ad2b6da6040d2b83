"""Text in the sounds that Kokoro knows, and back to words. Pure.

Kokoro knows English by one letter for each sound; a diphthong is one sound. espeak-ng writes the same sounds
in the letters of the IPA.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import accumulate

_WEAKENED = 3
# What espeak-ng writes → what Kokoro knows; the longer ones first.
_SOUNDS = (
    ("\u0294n\u0329", "t\u1d4an"),  # as in "button"
    ("n\u0329", "\u1d4an"),
    ("e\u026a", "A"),
    ("a\u026a", "I"),
    ("a\u028a", "W"),
    ("o\u028a", "O"),
    ("\u0254\u026a", "Y"),
    ("t\u0283", "\u02a7"),
    ("d\u0292", "\u02a4"),
    ("\u025c\u02d0\u0279", "\u025c\u0279"),
    ("\u025c\u02d0", "\u025c\u0279"),
    ("\u025a", "\u0259\u0279"),
    ("\u0250", "\u0259"),
    ("\u027e", "T"),
    ("\u0294", "t"),
    ("o", "\u0254"),
    ("r", "\u0279"),
    ("g", "\u0261"),
    ("x", "k"),
    ("\u02d0", ""),
    ("\u0303", ""),
)
_TRANSLATED = dict(_SOUNDS)
# British voices know long vowels, and diphthongs of their own.
_BRITISH = {
    "\u0259\u028a": "Q",
    "e\u0259": "\u025b\u02d0",
    "i\u0259": "\u026a\u0259",
    "\u025c\u02d0": "\u025c\u02d0",
    **{ipa: known for ipa, known in _SOUNDS if ipa not in ("\u025c\u02d0", "\u02d0")},
}
_SOUND, _BRITISH_SOUND = (
    re.compile("|".join(map(re.escape, translated))) for translated in (_TRANSLATED, _BRITISH)
)
# As in "total", but not in "hello": no vowel follows.
_VOWELS = "aeiou\u00e6\u0251\u0250\u0252\u0254\u0259\u025b\u025c\u026a\u028a\u028c\u1d7b"
_WORD_I = re.compile(r"(?<!\S)I(?!\S)")  # without a stress it is swallowed
_SYLLABLE_L = re.compile(f"\u0259l(?![\u02c8\u02cc{_VOWELS}])")


def sounds(ipa: str, british: bool = False) -> str:
    r"""The sounds of espeak-ng as Kokoro knows them, from American English or from British.

    Example:
        >>> sounds("de\u026a"), sounds("n\u0259\u028a", british=True)
        ('dA', 'nQ')
    """
    ipa = _SYLLABLE_L.sub("\u1d4al", ipa)
    translated = _BRITISH if british else _TRANSLATED
    known = (_BRITISH_SOUND if british else _SOUND).sub(lambda found: translated[found[0]], ipa)
    return _WORD_I.sub("\u02ccI", known)


def begin_at(parts: Sequence[str], whole: str) -> list[int]:
    """Where in the sounds of a text each of its words begins, by the sounds that each has alone.

    In a sentence words weaken, and run into each other: "of the" is one word to espeak-ng.

    Example:
        >>> begin_at(["of", "A", "total"], "ov a total"), begin_at(["of", "the", "total"], "ofthe total")
        ([0, 3, 5], [0, 2, 6])
    """
    places = [found.start() for found in re.finditer(r"\S+", whole)]
    counts = [len(part.split()) for part in parts]
    if places and all(counts) and sum(counts) == len(places):
        return [places[at] for at in accumulate(counts[:-1], initial=0)]
    squeezed = [part.replace(" ", "") for part in parts]
    blocks = SequenceMatcher(None, "".join(squeezed), whole, autojunk=False).get_matching_blocks()
    starts: list[int] = []
    at = 0
    for part in squeezed:
        block = next(block for block in blocks if at < block.a + block.size or not block.size)
        begin = block.b + max(0, at - block.a)
        least = starts[-1] + 1 if starts else 0
        if at < block.a:  # it begins with other sounds than alone
            begin = next((p for p in places if max(least, begin - _WEAKENED) <= p <= begin), begin)
        starts.append(min(max(begin, least - 1), max(0, len(whole) - 1)))
        at += len(part)
    return starts
