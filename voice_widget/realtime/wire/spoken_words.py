"""The words of a text, in any script: where they are counted, or held against others."""

from __future__ import annotations

import re
import unicodedata

_MARK = "\x01"
_JOINERS = "\u200c\u200d\u00ad"  # they shape a word, or say where it may be broken
_LETTER = rf"[^\W_]{_MARK}*"
_WORD = re.compile(rf"(?:{_LETTER})+(?:['’.,-](?:{_LETTER})+)*")  # noqa: RUF001 - as people write it
_PART = re.compile(rf"(?:{_LETTER})+")


def words(text: str) -> list[str]:
    r"""The words of a text, in small letters, without punctuation.

    An accent belongs to its letter, however that is written, and a vowel's sign to its syllable: "हिन्दी" is
    one word. Words are what stands between spaces and punctuation, also in a script that writes none.

    Example:
        >>> words("Mm-hm, it's 3.5 grams!"), words("Cafe\u0301 हिन्दी")
        (['mm-hm', "it's", '3.5', 'grams'], ['café', 'हिन्दी'])
    """
    return _found(_WORD, text)


def parts(text: str) -> list[str]:
    """The same, parted at hyphens and apostrophes too.

    Example:
        >>> parts("Mm-hm, it's so.")
        ['mm', 'hm', 'it', 's', 'so']
    """
    return _found(_PART, text)


def _found(pattern: re.Pattern[str], text: str) -> list[str]:
    text = text if text.isascii() else unicodedata.normalize("NFC", text)
    # As long as the text, but what belongs to the letter before is no letter and no sign of its own.
    shape = text if text.isascii() else "".join(map(_shape, text))
    found = (text[each.start() : each.end()] for each in pattern.finditer(shape))
    return [word.strip(_JOINERS).replace("\u00ad", "").lower() for word in found]


def _shape(letter: str) -> str:
    return _MARK if letter in _JOINERS or unicodedata.category(letter)[0] == "M" else letter
