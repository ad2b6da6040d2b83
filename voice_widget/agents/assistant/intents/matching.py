"""Hears names in words: which columns, values, numbers and choices an utterance mentions.

Tolerant in steps, each with its price: the name itself, a part of it ("mass" for "body mass"), something
spelled or sounding much alike. Nothing is ever forced: a word that is near to nothing stays a word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from voice_widget.agents.assistant.language import numbers
from voice_widget.agents.assistant.language.words import STOPWORDS, keyword, sound, split, stem

EXACT, PART, ALIKE = 1.0, 0.85, 0.8
_MIN_ALIKE = 4  # letters; shorter words are alike by chance
_MAX_ALIKE = 600  # names held against what was heard; beyond that only exact and partial names are found
_MAX_CHOICES = 6
_MOST_WORDS = 60  # what is longer is not heard: it would cost seconds, and a part may mean something else

KNOWN = frozenset(
    keyword(w)
    for w in str.split(
        "row column missing describe plot correlation sort filter table repeat stop hello help many "
        "number count first last common distinct value by all between average show nothing yes "
        "no delete change compare"
    )
)
"""Words that phrases are made of: never taken for a mangled or shortened name."""


@dataclass(frozen=True)
class Name:
    """Something that can be mentioned."""

    words: tuple[str, ...]
    kind: str
    target: Any
    partial: bool = False  # whether one of its words may stand for it


@dataclass(frozen=True)
class Mention:
    """What ``words[start:end]`` may mean. Several targets: it is not clear which."""

    start: int
    end: int
    kind: str
    targets: tuple[Any, ...]
    score: float = EXACT


@dataclass(frozen=True)
class Heard:
    """An utterance taken apart.

    Attributes:
        words: Its words, digits spelled out.
        keys: The words as phrases compare them; None for those without a meaning of their own.
        mentions: What they may name.
    """

    words: tuple[str, ...]
    keys: tuple[str | None, ...]
    mentions: tuple[Mention, ...]

    def covered(self) -> set[int]:
        """The places that some mention covers."""
        return {at for m in self.mentions for at in range(m.start, m.end)}


def spoken_words(text: str) -> list[str]:
    """The words of a text as the recogniser would give them.

    Example:
        >>> spoken_words("Q4 total (2.5%)")
        ['q', 'four', 'total', 'two', 'point', 'five', 'percent']
    """
    return numbers.spell_words(split(text))


class Lexicon:
    """All names of one table and of the registered choices.

    ``years`` are numbers that are values by themselves: "2007" of a column of years.
    """

    def __init__(self, names: Iterable[Name], years: Mapping[int, Any] | None = None) -> None:
        self._years = years or {}
        self._exact: dict[tuple[str, ...], list[Name]] = defaultdict(list)
        self._parts: dict[str, list[Name]] = defaultdict(list)
        self._alike: list[tuple[str, str, tuple[Name, ...], float]] = []
        self._longest = 1
        plains: dict[str, str] = {}
        for name in names:
            key = _key(name.words)
            if not key:
                continue
            self._exact[key].append(name)
            self._longest = max(self._longest, len(key))
            self._add_alike("".join(name.words), [name], ALIKE)
            if name.partial and len(key) > 1:
                for word, plain in {stem(w): w for w in name.words}.items():
                    if word in key and len(word) > 2 and keyword(word) not in KNOWN:
                        self._parts[word].append(name)
                        plains.setdefault(word, plain)
        for word, plain in plains.items():
            if len(word) > 4:
                self._add_alike(plain, self._parts[word], ALIKE - 0.1)

    def _add_alike(self, text: str, names: Sequence[Name], score: float) -> None:
        if len(text) >= _MIN_ALIKE and len(self._alike) < _MAX_ALIKE:
            self._alike.append((text, sound(text), tuple(names), score))

    def hear(self, text: str) -> Heard:
        """Take an utterance apart.

        Example:
            >>> lexicon = Lexicon([Name(("body", "mass"), "column", "body_mass_g", partial=True)])
            >>> [m.targets for m in lexicon.hear("the mass please").mentions]
            [('body_mass_g',)]
        """
        words = spoken_words(text) if len(text) <= 12 * _MOST_WORDS else []
        words = words if len(words) <= _MOST_WORDS else []
        keys = tuple(None if w in STOPWORDS else keyword(w) for w in words)
        mentions = [Mention(n.start, n.end, "number", (n.value,)) for n in numbers.find(words)]
        mentions += [
            Mention(m.start, m.end, "value", (self._years[int(m.targets[0])],))
            for m in mentions
            if m.targets[0] in self._years
        ]
        counted = {at for m in mentions for at in range(m.start, m.end)}
        exact = self._hear_exact(words)
        taken = {at for m in exact for at in range(m.start, m.end)}
        parts = self._hear_parts(words, taken | counted)
        alike = self._hear_alike(words, keys, taken, counted)
        return Heard(tuple(words), keys, (*exact, *mentions, *parts, *alike))

    def _hear_exact(self, words: Sequence[str]) -> list[Mention]:
        content = [(at, stem(w)) for at, w in enumerate(words) if w not in STOPWORDS]
        found = self._windows(content)
        if len(content) < len(words):  # names made of small words only ("to", "is in")
            every = self._windows([(at, stem(w)) for at, w in enumerate(words)])
            found += [m for m in every if all(words[at] in STOPWORDS for at in range(m.start, m.end))]
        return found

    def _windows(self, tokens: Sequence[tuple[int, str]]) -> list[Mention]:
        found: list[Mention] = []
        for first in range(len(tokens)):
            for size in range(min(self._longest, len(tokens) - first), 0, -1):
                window = tokens[first : first + size]
                by_kind: dict[str, list[Any]] = defaultdict(list)
                for name in self._exact.get(tuple(word for _, word in window), ()):
                    if name.target not in by_kind[name.kind]:
                        by_kind[name.kind].append(name.target)
                start, end = window[0][0], window[-1][0] + 1
                # "total of bill" is less surely the column "total bill" than "total bill" is
                score = EXACT - 0.04 * (end - start - size)
                found += [Mention(start, end, kind, tuple(found_), score) for kind, found_ in by_kind.items()]
        return found

    def _hear_parts(self, words: Sequence[str], taken: set[int]) -> list[Mention]:
        found: list[Mention] = []
        run: list[int] = []
        names: list[Name] = []
        for at in range(len(words) + 1):
            here = [] if at >= len(words) or at in taken else self._parts.get(stem(words[at]), [])
            both = [n for n in names if n in here] if names else here
            if both:
                run.append(at)
                names = both
                continue
            found += _parts_found(run, names)
            run, names = ([at], here) if here else ([], [])
        return found

    def _hear_alike(
        self, words: Sequence[str], keys: Sequence[str | None], taken: set[int], counted: set[int]
    ) -> list[Mention]:
        found: list[Mention] = []
        used: set[int] = set()
        candidates: list[tuple[float, int, int, tuple[Name, ...]]] = []
        for start in range(len(words)):
            for end in range(start + 1, min(start + self._longest + 2, len(words)) + 1):
                places = range(start, end)
                if any(at in taken for at in places) or keys[start] is None:
                    continue
                if all(keys[at] is None or keys[at] in KNOWN or at in counted for at in places):
                    continue
                said = "".join(words[start:end])
                best = self._nearest(said)
                if best is not None:
                    candidates.append((best[0], start, end, best[1]))
        for score, start, end, names in sorted(candidates, key=lambda c: (-c[0], c[1])):
            if not any(at in used for at in range(start, end)):
                used.update(range(start, end))
                targets = tuple(n.target for n in names)[:_MAX_CHOICES]
                found.append(Mention(start, end, names[0].kind, targets, score))
        return found

    def _nearest(self, said: str) -> tuple[float, tuple[Name, ...]] | None:
        if len(said) < _MIN_ALIKE:
            return None
        heard = sound(said)
        best: tuple[float, tuple[Name, ...]] | None = None
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(said)
        for text, sounds, names, price in self._alike:
            if abs(len(text) - len(said)) > 0.4 * len(text) or (
                text[0] != said[0] and sounds[:1] != heard[:1]
            ):
                continue
            matcher.set_seq1(text)
            if matcher.real_quick_ratio() < 0.55 or matcher.quick_ratio() < 0.55:
                continue
            ratio = matcher.ratio()
            same_sound = len(heard) > 2 and heard == sounds and ratio >= 0.55
            if ratio < 0.8 and not same_sound:
                continue
            score = price * (0.8 + 0.2 * ratio)
            if best is None or score > best[0]:
                best = score, names
        return best


def _parts_found(run: Sequence[int], names: Sequence[Name]) -> list[Mention]:
    by_kind: dict[str, list[Any]] = defaultdict(list)
    for name in names:
        by_kind[name.kind].append(name.target)
    return [
        Mention(run[0], run[-1] + 1, kind, tuple(targets[:_MAX_CHOICES]), PART)
        for kind, targets in by_kind.items()
    ]


def _key(words: Sequence[str]) -> tuple[str, ...]:
    content = tuple(stem(w) for w in words if w not in STOPWORDS)
    return content or tuple(stem(w) for w in words)
