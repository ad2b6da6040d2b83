"""Sentences and names for the recogniser, from the registered phrases and what a table holds.

The sample is small, because it travels with the offer, and always the same for the same table. Each name and
each pair of neighbours comes up as evenly as the limit allows: a trigram model learns from neighbours.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from voice_widget.agents import Hints
from voice_widget.agents.assistant.intents import sayings
from voice_widget.agents.assistant.intents.intents import Intent, Intents
from voice_widget.agents.assistant.intents.matching import spoken_words
from voice_widget.agents.assistant.intents.phrases import Phrase
from voice_widget.agents.assistant.intents.slots import Slot
from voice_widget.agents.assistant.language import numbers as spoken_numbers
from voice_widget.agents.assistant.language import synonyms
from voice_widget.agents.assistant.tables.tables import Table

PHRASES = 300
BYTES = 24 * 1024
_WORDS = 600
_NAMES = 200
_OPTIONS = 250
_BLANK = re.compile(r"\{(\w+)\}")
_SAYABLE = re.compile(r"[a-z]+")
_ROUND = (10, 25, 50, 75, 90)


def hints(intents: Intents, table: Table | None, *, phrases: int = PHRASES, most_bytes: int = BYTES) -> Hints:
    """What the recogniser should expect.

    Args:
        intents: What can be asked.
        table: What it is asked about.
        phrases: The most sentences to give; single words that they lack come after them.
        most_bytes: The most bytes of phrases and words together.
    """
    words, names = _words(intents, table), _names(table)
    room = most_bytes - sum(len(w) + 1 for w in (*words, *names))
    found: dict[str, None] = {}
    for sentence in _sentences(intents, table):
        if sentence in found:
            continue
        if len(found) >= phrases or len(sentence) + 1 > room:
            break
        room -= len(sentence) + 1
        found[sentence] = None
    said = {word for sentence in found for word in sentence.split()}
    return Hints((*found, *(word for word in words if word not in said and word not in found)), names)


def _sentences(intents: Intents, table: Table | None) -> Iterator[str]:
    """Sentences in rounds: every phrase gives some of its own in each, the user's first."""
    options = _Options(table)
    used: Counter[tuple[str, str]] = Counter()
    ordered = [*intents.all, *sayings.intents()]
    active = [(i, p) for i in ordered for p in i.phrases]
    for number in range(40):
        for intent, phrase in list(active):
            share = 1 if number == 0 else 2 * len(phrase.blanks) - 1
            if share <= 0:
                active.remove((intent, phrase))
                continue
            for _ in range(share):
                sentence = _filled(intent, phrase, options, used)
                if not sentence:
                    active.remove((intent, phrase))
                    break
                yield sentence


def _filled(intent: Intent, phrase: Phrase, options: _Options, used: Counter[tuple[str, str]]) -> str:
    """The phrase with the least used names in its blanks, or "" where a blank has none."""
    said: list[str] = []
    taken: set[str] = set()
    before = phrase.text
    for piece in phrase.text.split(" "):
        blank = _BLANK.fullmatch(piece)
        if blank is None:
            said += spoken_words(piece)
            continue
        slot = intent.slots[blank[1]]
        names = [n for n in options.of(slot) if n not in taken]
        if not names:
            return ""
        kind = slot.kind + slot.prefer
        name = min(names, key=lambda n: (used[before, n], used[phrase.text, n], used[kind, n]))
        for context in {before, phrase.text, kind}:
            used[context, name] += 1
        before = name
        taken.add(name)
        said.append(name)
    return " ".join(said) if all(_SAYABLE.fullmatch(w) for w in " ".join(said).split()) else ""


class _Options:
    """What may stand in a blank, as it is said."""

    def __init__(self, table: Table | None) -> None:
        self._table = table
        self._known: dict[tuple[str, str], list[str]] = {}

    def of(self, slot: Slot) -> list[str]:
        key = slot.kind, slot.prefer
        if key not in self._known:
            found = (" ".join(spoken_words(x)) for x in self._find(slot))
            self._known[key] = list(dict.fromkeys(x for x in found if _sayable(x)))[:_OPTIONS]
        return self._known[key]

    def _find(self, slot: Slot) -> Iterable[str]:
        if slot.choices:
            # Aliases beyond the usual ones would only make the model broader
            members: Counter[int] = Counter()
            for said, member in slot.choices:
                members[id(member)] += 1
                if members[id(member)] <= 3:
                    yield said
        elif self._table is None:
            return
        elif slot.kind == "table":
            yield self._table.noun
        elif slot.kind == "column":
            wanted = {"measure": self._table.numbers(), "group": self._table.groupings()}.get(slot.prefer)
            for column in wanted if wanted else self._table.columns:
                yield column.spoken
        elif slot.kind in ("value", "values"):
            for value in self._table.values:
                yield f"{value.column.spoken} {value.spoken}" if value.bare else value.spoken
            yield from (value.spoken for value in self._table.years.values())
        elif slot.kind == "number":
            yield from _numbers(self._table)


def _numbers(table: Table) -> Iterator[str]:
    """Round numbers of the size that the columns hold, and small ones for "the first ten"."""
    import numpy as np

    small = [spoken_numbers.spell(n) for n in (5, 10, 3, 20)]
    some: list[list[str]] = [small]
    for column in table.numbers()[:20]:
        series = column.series.iloc[:50_000].dropna().to_numpy("float64")
        series = series[np.isfinite(series) & (np.abs(series) < 1e9)]
        found: list[str] = []
        for value in np.percentile(series, _ROUND).tolist() if len(series) else ():
            step = 10 ** (len(str(int(abs(value)))) - 2) if abs(value) >= 10 else 1
            found.append(spoken_numbers.spell(round(value / step) * step))
        some.append(found)
    for place in range(max(map(len, some))):
        yield from (names[place] for names in some if place < len(names))


def _names(table: Table | None) -> tuple[str, ...]:
    """What the table's columns, rows and values are called, for recognisers that take names only.

    In the spelling of the data where that can be said: "Gentoo" is a name, of "gentoo" few have heard.
    """
    if table is None:
        return ()
    names = [*(c.spoken for c in table.columns), table.noun, *(v.spoken for v in table.values if not v.bare)]
    found: dict[str, str] = {}
    for name in names:
        said = " ".join(spoken_words(name))
        if _sayable(said):
            found.setdefault(said, name if name.lower() == said else said)
    return tuple(found.values())[:_NAMES]


def _words(intents: Intents, table: Table | None) -> list[str]:
    """Single words that sentences may lack, the table's first."""
    found: dict[str, None] = {}
    texts: list[str] = []
    if table is not None:
        texts += [c.spoken for c in table.columns]
        texts += [v.spoken for v in table.values]
        texts += [table.noun, *dict.fromkeys(c.unit for c in table.columns)]
        texts += [said for c in table.numbers() for said, other in synonyms.verbs(c.words) if not other]
    slots: Sequence[Slot] = [s for i in (*intents.all, *sayings.intents()) for s in i.slots.values()]
    texts += [said for s in slots for said, _ in s.choices]
    if any(s.kind == "number" for s in slots):
        texts += spoken_numbers.WORDS
    for text in texts:
        found.update((w, None) for w in spoken_words(text) if _SAYABLE.fullmatch(w))
    return list(found)[:_WORDS]


def _sayable(text: str) -> bool:
    return bool(text) and all(_SAYABLE.fullmatch(w) for w in text.split())
