"""One registered phrase, and how well an utterance fits it.

A phrase is a bag of keywords with blanks: small words do not count, order hardly counts, words that the
phrase does not know cost a little, and names that it leaves unused cost much.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from voice_widget.agents.assistant.intents.matching import KNOWN, Heard, Mention
from voice_widget.agents.assistant.intents.slots import Slot
from voice_widget.agents.assistant.language.words import STOPWORDS, keyword, split
from voice_widget.errors import SettingError

ENOUGH = 0.5
"""The least score with which an utterance counts as understood."""

_BLANK = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_SLOT_WEIGHT = 1.5
_FILLER = 0.5  # the price of a word that nobody knows
_LIGHT = {"many": 0.5, "number": 0.5, "value": 0.5, "all": 0.5, "table": 0.5}
_MIN_RECALL = 0.6
_MIN_SMALL = 0.75
_MOST_MENTIONS = 6  # of one kind: all ways to fill the blanks are tried


@dataclass(frozen=True)
class Match:
    """How an utterance fits a phrase: a score of 0 … 1, how much evidence there is, what fills the blanks."""

    score: float
    evidence: float
    found: Mapping[str, tuple[Mention, ...]]


class Phrase:
    """A phrase without optional parts, for instance ``what is the {agg} of {column}``."""

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        self.blanks = tuple(_BLANK.findall(self.text))
        self.literals: list[str] = []
        self.anchors: dict[str, str] = {}  # blank → the keyword before it
        before = ""
        for piece in self.text.split(" "):
            if blank := _BLANK.fullmatch(piece):
                self.anchors[blank[1]] = before
                before = ""
                continue
            for word in split(piece):
                if word not in STOPWORDS:
                    before = keyword(word)
                    self.literals.append(before)
        # "what can you do": without a keyword the small words are all there is
        self._small = [] if self.blanks or self.literals else split(self.text)

    def match(self, heard: Heard, slots: Mapping[str, Slot]) -> Match | None:
        """How well the utterance fits, or None where a blank stays empty or too few keywords were said."""
        if self._small:
            return self._match_small(heard)
        wanted = sum(_weight(x) for x in self.literals)
        total = wanted + _SLOT_WEIGHT * len(self.blanks)
        places = self._places(heard)
        said = sum(_weight(x) for x in places)
        heavy = {x for x in self.literals if _weight(x) == 1.0}
        if (heavy and not heavy & set(places)) or ("between" in heavy and "between" not in places):
            return None
        if total == 0 or (said + _SLOT_WEIGHT * len(self.blanks)) / total < _MIN_RECALL:
            return None
        best: tuple[float, Match] | None = None
        for found, fit in self._fillings(heard, slots, self.blanks, frozenset(places.values()), -1):
            filled = _SLOT_WEIGHT * sum(_worth(slots[name], mentions) for name, mentions in found.items())
            recall = (said + filled) / total
            if recall < _MIN_RECALL:
                continue
            evidence = said + filled
            score = recall * evidence / (evidence + _unexplained(heard, places, found))
            if best is None or score + 0.1 * fit > best[0]:
                best = score + 0.1 * fit, Match(score, evidence, found)
        return None if best is None else best[1]

    def _match_small(self, heard: Heard) -> Match | None:
        blocks = SequenceMatcher(None, self._small, heard.words, autojunk=False).get_matching_blocks()
        same = sum(block.size for block in blocks)
        others = sum(key is not None for key in heard.keys)
        ratio = 2 * same / (len(self._small) + len(heard.words) + 2 * others)
        return Match(ratio, 1.0, {}) if ratio >= _MIN_SMALL else None

    def _places(self, heard: Heard) -> dict[str, int]:
        """Where each keyword was said (a keyword said twice counts once)."""
        found: dict[str, int] = {}
        for literal in self.literals:
            for at, key in enumerate(heard.keys):
                if key == literal and at not in found.values():
                    found[literal] = at
                    break
            else:
                near = _near(literal, heard, set(found.values()))
                if near is not None:
                    found[literal] = near
        return found

    def _fillings(
        self, heard: Heard, slots: Mapping[str, Slot], blanks: Sequence[str], used: frozenset[int], last: int
    ) -> Iterator[tuple[dict[str, tuple[Mention, ...]], float]]:
        if not blanks:
            yield {}, 0.0
            return
        name, *rest = blanks
        slot = slots[name]
        kind = "value" if slot.kind == "values" else slot.kind
        for mention in [m for m in heard.mentions if m.kind == kind][:_MOST_MENTIONS]:
            if any(at in used for at in range(mention.start, mention.end)):
                continue
            if (
                slot.prefer == "group"
                and _before(heard, mention) != "by"
                and all(t.measured for t in mention.targets)
            ):
                continue
            group = [mention]
            if slot.kind == "values":
                group += _others(heard, mention, used)
            taken = used | {at for m in group for at in range(m.start, m.end)}
            fit = sum(m.score for m in group) + self._fit(name, slot, mention, heard, last)
            for found, more in self._fillings(heard, slots, rest, taken, mention.start):
                yield {name: tuple(group), **found}, fit + more

    def _fit(self, name: str, slot: Slot, mention: Mention, heard: Heard, last: int) -> float:
        """What speaks for this mention in this blank beside its own score."""
        fit = 0.02 if mention.start > last else 0.0
        before = _before(heard, mention)
        if self.anchors[name]:
            fit += 0.3 if before == self.anchors[name] else 0.0
        elif before == "by":
            fit -= 0.3
        if slot.prefer and any(suits(target, slot.prefer) for target in mention.targets):
            fit += 0.2
        return fit


def _worth(slot: Slot, mentions: Sequence[Mention]) -> float:
    """How well a blank is filled, 0 … 1."""
    suited = not slot.prefer or any(suits(t, slot.prefer) for m in mentions for t in m.targets)
    return min(m.score for m in mentions) * (1.0 if suited else 0.85)


def suits(target: Any, prefer: str) -> bool:
    """Whether a column is what a slot would rather have."""
    return bool(target.numeric if prefer == "measure" else target.groups if prefer == "group" else True)


def expand(text: str) -> list[str]:
    """All readings of a phrase with optional parts, the longest first.

    Example:
        >>> expand("sort by {column} [descending]")
        ['sort by {column} descending', 'sort by {column} ']

    Raises:
        SettingError: Brackets or braces do not pair.
    """
    match = _OPTIONAL.search(text)
    if match is None:
        if re.search(r"[\[\]{}]", _BLANK.sub("", text)) or not text.strip():
            raise SettingError(
                f"The phrase {text!r} cannot be read.",
                next_step="Write blanks as {column}, optional parts as [by {column}].",
            )
        return [text]
    before, after = text[: match.start()], text[match.end() :]
    return [*expand(before + match[1] + after), *expand(before + after)]


def _before(heard: Heard, mention: Mention) -> str:
    """The keyword before a mention."""
    return next((key for key in reversed(heard.keys[: mention.start]) if key), "")


def _weight(literal: str) -> float:
    return _LIGHT.get(literal, 1.0)


def _near(literal: str, heard: Heard, used: set[int]) -> int | None:
    """Where a long keyword was said in a slightly different form ("corelation")."""
    if len(literal) < 6:
        return None
    for at, key in enumerate(heard.keys):
        if not key or len(key) < 5 or at in used or key in KNOWN or key[0] != literal[0]:
            continue
        if SequenceMatcher(None, key, literal, autojunk=False).ratio() >= 0.82:
            return at
    return None


def _others(heard: Heard, first: Mention, used: frozenset[int]) -> list[Mention]:
    """The other values mentioned, for a slot that takes all of them. Only from the first one on."""
    taken = set(used) | set(range(first.start, first.end))
    found: list[Mention] = []
    for mention in heard.mentions:
        places = range(mention.start, mention.end)
        if mention.kind == "value" and mention.start > first.start and not taken.intersection(places):
            found.append(mention)
            taken.update(places)
    return found


def _unexplained(heard: Heard, places: Mapping[str, int], found: Mapping[str, Sequence[Mention]]) -> float:
    explained = set(places.values()) | {
        at for ms in found.values() for m in ms for at in range(m.start, m.end)
    }
    named = {at for m in heard.mentions if m.kind != "table" for at in range(m.start, m.end)}
    noun = {at for m in heard.mentions if m.kind == "table" for at in range(m.start, m.end)}
    price = 0.0
    for at, key in enumerate(heard.keys):
        if key is None and at not in named:
            continue
        if at in explained or at in noun:
            continue
        price += 1.0 if at in named else _weight(key or "") if key in KNOWN else _FILLER
    return price
