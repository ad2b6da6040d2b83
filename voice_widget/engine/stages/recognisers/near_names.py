# ruff: noqa: RUF001, RUF002 (phonetic symbols are meant as they are)
"""Where a text may hold a name that was expected, misheard as other words. Pure.

A recogniser that knows no "Gentoo" writes "a gentle way". What sounds nearly like a name may be that name;
whether it is, the sound has to decide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from voice_widget.engine.stages.recognisers.expected_words import COMMON

Phones = Callable[[str], Sequence[str]]
"""The sounds of a word in IPA, one symbol each."""

_NEAR = 0.3  # of the sounds of a name may be others: "gentle" for "Gentoo", "a deli" for "Adelie"
_WORDS = 3  # of a name, at most
_LEAST = 3  # sounds of a name: shorter ones are near to everything, and only the same counts
_ARTICLES = ("a", "an", "the")
_JOINTS = ("and", "are", "for", "from", "in", "is", "of", "on", "or")
_LONG = 5  # sounds of a name that may be said of several: "flippers"
_MOST_LEADS = 2
_ARTICLE_IN = {"doesn't": "does", "isn't": "is", "wasn't": "was", "hasn't": "has"}  # "doesn't": "does a"
_HISSING = "sz"
_ALIKE = ("pb", "tdɾ", "kɡg", "fv", "θðtd", "sz", "ʃʒs", "mnŋ", "lɹrw", "wv")
_VOWELS = frozenset("aeiouæɐɑɒɔəɚɛɜɪʊʌyøœᵻ")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")

_PLAIN = re.compile("n['’]t$|['’].*$")  # what makes no word of "doesn't" and "it's"


@dataclass(frozen=True)
class Near:
    """A place of a text that may be a name.

    Attributes:
        start: Where it begins in the text.
        end: Where it ends.
        name: What may have been said there.
        lead: A small word that was said before it, and was heard as a part of it.
        distance: How far the sounds are apart: 0, the same, to 1.
        common: There stand only words that everybody says.
    """

    start: int
    end: int
    name: str
    distance: float
    common: bool = False
    lead: str = ""

    def overlaps(self, other: Near) -> bool:
        """Whether both want the same words."""
        return self.start < other.end and other.start < self.end

    def put_into(self, text: str) -> str:
        """The text with the name."""
        return text[: self.start] + self.said + text[self.end :]

    @property
    def said(self) -> str:
        """The name, with its lead."""
        return f"{self.lead} {self.name}".strip()


def near(text: str, names: Iterable[str], phones: Phones) -> list[Near]:
    """The places of a text that sound nearly like one of the names, the nearest first.

    What is a name already is left as it is, and what consists of words that everybody says, too, unless it
    sounds quite the same. But where a small word beside a name may have been heard otherwise ("doesn't
    Gentoo", "flipper zone"), the name is found together with that.

    Example:
        >>> sounds = {"chin": "tʃɪn", "strap": "stɹæp", "gulls": "ɡʌlz", "Chinstrap": "tʃɪnstɹæp"}
        >>> [found] = near("How many chin strap gulls?", ["Chinstrap"], lambda word: sounds.get(word, ""))
        >>> found.put_into("How many chin strap gulls?"), found.distance
        ('How many Chinstrap gulls?', 0.0)
    """
    of = cache(lambda word: tuple(sound for symbol in phones(word) for sound in _apart(_plain(symbol))))
    wanted: dict[tuple[str, ...], str] = {}
    held: set[str] = set()
    names = tuple(names)
    proper = tuple(name for name in names if not name.islower())  # of which there is one: "Gentoo"
    own = {name.lower() for name in proper}
    for name in names:
        parts = _WORD.findall(name)
        held.update(part.lower() for part in parts)
        said = tuple(sound for part in parts for sound in of(part))
        if len(parts) <= _WORDS and said:
            wanted.setdefault(said, name)
            if len(said) >= _LONG and said[-1] not in "sz" and name.lower() not in own:
                wanted.setdefault((*said, "z"), f"{name}s")
    words = [(match.start(), match.end(), match[0]) for match in _WORD.finditer(text)]
    found: list[Near] = []
    for first, last in _windows(len(words)):
        window = [word for _, _, word in words[first:last]]
        if any(word.lower() in held for word in window):
            continue
        if not all(map(of, window)):
            continue
        sounds = tuple(sound for word in window for sound in of(word))
        start, end = words[first][0], words[last - 1][1]
        common = all(_PLAIN.sub("", word.lower()) in COMMON for word in window)
        if sounds in wanted:
            found.append(Near(start, end, wanted[sounds], 0.0, common))
        elif not common:
            for said, name in wanted.items():
                if len(said) < _LEAST or (by := distance(sounds, said, _NEAR)) > _NEAR:
                    continue
                leads = [lead for lead in (*_ARTICLES, *_JOINTS) if of(lead)]
                led = [(distance(sounds, of(lead) + said, by), lead) for lead in leads]
                found += [Near(start, end, name, by), *_led(start, end, name, by, led)]
    found += [*_with_article(text, words, found, proper), *_of_several(words, held - own, of)]
    kept: list[Near] = []
    for place in sorted(found, key=lambda place: (place.distance, place.start - place.end)):
        if not any(place.said == other.said and place.overlaps(other) for other in kept):
            kept.append(place)
    return kept


def distance(one: Sequence[str], other: Sequence[str], most: float = 1.0) -> float:
    """How far two rows of sounds are apart: the cheapest way from one to the other, by the longer one.

    Args:
        one: Sounds.
        other: Sounds.
        most: What is further apart counts as 1.

    Example:
        >>> distance("dʒɛntl", "dʒɛntu") < distance("dʒɛntl", "tɛntu") < distance("dʒɛntl", "kɔɹ")
        True
    """
    longer = max(len(one), len(other), 1)
    if abs(len(one) - len(other)) > most * longer:
        return 1.0
    row = [float(place) for place in range(len(other) + 1)]
    for number, sound in enumerate(one, 1):
        before, row[0] = row[0], float(number)
        for place, wanted in enumerate(other, 1):
            cheapest = min(before + _cost(sound, wanted), row[place] + 1, row[place - 1] + 1)
            before, row[place] = row[place], cheapest
        if min(row) > most * longer:
            return 1.0
    return row[-1] / longer


def _led(start: int, end: int, name: str, by: float, leads: Sequence[tuple[float, str]]) -> Iterator[Near]:
    """The same with the small words before it that the sounds speak for, the likeliest ones."""
    for apart, lead in sorted(leads)[:_MOST_LEADS]:
        if apart < by:
            yield Near(start, end, name, apart, lead=lead)


def _with_article(
    text: str, words: Sequence[tuple[int, int, str]], found: Sequence[Near], own: Iterable[str]
) -> Iterator[Near]:
    """Where "does a" before a name was heard as "doesn't"."""
    ends = {end for _, end, _ in words}
    for (start, _, word), (following, _, _) in pairwise(words):
        verb = _ARTICLE_IN.get(word.lower().replace("’", "'"))
        if verb is None:
            continue
        exact = [Near(following, following + len(name), name, 0.0) for name in own]
        rest = text[following:].lower()
        named = [place for place in exact if place.end in ends and rest.startswith(place.name.lower())]
        behind = [place for place in found if place.start == following and not place.lead]
        named += [place for place in behind if place.name in own]
        for place in named:
            article = "an" if place.name[0].lower() in "aeiou" else "a"
            yield Near(start, place.end, f"{verb} {article} {place.name}", place.distance, common=True)


def _of_several(
    words: Sequence[tuple[int, int, str]], held: set[str], of: Callable[[str], Sequence[str]]
) -> Iterator[Near]:
    """Where the end of "flippers" was heard as the beginning of the word behind it: "flipper zone"."""
    for (start, _, word), (_, end, following) in pairwise(words):
        hissed = of(following)[:1] in (("s",), ("z",)) and following.lower() not in held
        if word.lower() not in held or word[-1] in _HISSING or not hissed:
            continue
        for lead in _JOINTS:
            if of(lead) and (by := distance(of(following)[1:], of(lead), _NEAR)) <= _NEAR:
                yield Near(start, end, f"{word}s {lead}", by, common=True)


def _windows(count: int) -> Iterator[tuple[int, int]]:
    """Each run of words that a name of so many may have become."""
    for length in range(1, _WORDS + 2):
        for first in range(count - length + 1):
            yield first, first + length


def _cost(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if _is_vowel(one) and _is_vowel(other):
        return 0.5
    return 0.5 if any(one in group and other in group for group in _ALIKE) else 1.0


def _is_vowel(sound: str) -> bool:
    return bool(sound) and sound[0] in _VOWELS


def _apart(sound: str) -> tuple[str, ...]:
    """An R is a sound of its own, also where it is written with the vowel before it."""
    if sound in ("ɜ", "ɚ"):
        return "ə", "ɹ"
    return (sound[:-1], "ɹ") if len(sound) > 1 and sound.endswith("ɹ") else (sound,)


def _plain(sound: str) -> str:
    return re.sub("[ˈˌː]", "", sound)
