# ruff: noqa: RUF001 (phonetic symbols are meant as they are)
"""How words outside the recogniser's dictionary are spoken: column names, mostly.

`spoken` splits a written name into words; `Pronouncer` gives a word its phones in ARPAbet, from espeak's IPA.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache

from voice_widget.engine.stages.voices.espeak import Espeak

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

# Symbols of espeak's American English, stress marks removed.
_IPA = """
i IY, iː IY, ɪ IH, ᵻ IH, eɪ EY, e EY, ɛ EH, æ AE, a AA, aɪ AY, aʊ AW, ɑː AA, ɑ AA, ɔː AO, ɔ AO,
ɒ AA, oʊ OW, o OW, oː AO, ʊ UH, uː UW, u UW, ʌ AH, ə AH, ɐ AH, ɔɪ OY, əʊ OW, ɚ ER, ɜː ER, iə IY AH,
aɪə AY AH, aɪɚ AY ER, əl AH L, n̩ AH N, ɑːɹ AA R, ɔːɹ AO R, oːɹ AO R, ɛɹ EH R, ʊɹ UH R, ɪɹ IH R,
ɪə IH R, p P, b B, t T, d D, k K, ɡ G, g G, ɾ T, ʔ T, m M, n N, nʲ N Y, ŋ NG, f F, v V, θ TH, ð DH,
s S, z Z, ʃ SH, ʒ ZH, tʃ CH, dʒ JH, h HH, l L, ɬ L, ɹ R, r R, j Y, w W, x K
"""
_NAMES = """
a EY, b B IY, c S IY, d D IY, e IY, f EH F, g JH IY, h EY CH, i AY, j JH EY, k K EY, l EH L, m EH M,
n EH N, o OW, p P IY, q K Y UW, r AA R, s EH S, t T IY, u Y UW, v V IY, w D AH B AH L Y UW,
x EH K S, y W AY, z Z IY
"""


def _table(text: str) -> dict[str, str]:
    return {symbol: phones for symbol, _, phones in (pair.strip().partition(" ") for pair in text.split(","))}


_ARPABET = _table(_IPA)
_LETTERS = _table(_NAMES)


def spoken(text: str) -> str:
    """The words that a person says for a written name or phrase.

    Example:
        >>> spoken("bill_length_mm of Q3, petalWidth")
        'bill length mm of q three petal width'
    """
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower().replace("’", "'")
    text = re.sub(r"[0-9]", lambda digit: f" {_DIGITS[int(digit[0])]} ", text)
    words = (word.strip("'") for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", text))
    return " ".join(word for word in words if word)


def arpabet(symbols: list[str]) -> str | None:
    """The phones of IPA symbols; ``None`` when one of them is unknown."""
    phones: list[str] = []
    for symbol in symbols:
        plain = re.sub("[ˈˌ]", "", symbol)
        if not plain:
            continue
        phone = _ARPABET.get(plain) or _ARPABET.get(plain.rstrip("ː"))
        if phone is None:
            return None
        phones.append(phone)
    return " ".join(phones) or None


@cache
def sounds(language: str) -> Callable[[str], Sequence[str]]:
    """A function that gives the sounds of a word in IPA, one symbol each; none where espeak is missing."""
    voice = "en-us" if language.split("-")[0].lower() == "en" else language
    try:
        library = Espeak()
        library.phonemes("a", voice)
    except Exception:  # no library, or no such language: then nothing sounds like anything
        return lambda word: ()
    return lru_cache(4096)(lambda word: library.phonemes(word, voice))  # names come again with each text


class Pronouncer:
    """Gives words their phones: from the dictionary, letter by letter, or by espeak.

    Args:
        look_up: The recogniser's dictionary.
    """

    def __init__(self, look_up: Callable[[str], str | None]) -> None:
        self._look_up = look_up
        self._espeak: Espeak | None = None
        self._tried = False

    def __call__(self, word: str) -> list[str]:
        """The pronunciations of a word, the likeliest first; empty when nothing knows it."""
        known = [phones for n in range(1, 5) if (phones := self._look_up(word if n == 1 else f"{word}({n})"))]
        if known:
            return known
        if not re.search("[aeiouy]", word) and all(letter in _LETTERS for letter in word) and len(word) <= 5:
            return [" ".join(_LETTERS[letter] for letter in word)]
        guessed = self._guess(word)
        return [guessed] if guessed else []

    def _guess(self, word: str) -> str | None:
        if not self._tried:
            self._tried = True
            try:
                self._espeak = Espeak()
            except Exception:  # without the library, words outside the dictionary are not expected
                self._espeak = None
        return arpabet(self._espeak.phonemes(word)) if self._espeak else None
