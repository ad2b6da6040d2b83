"""The names of one table: which items its columns, values and rows give in an utterance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from voice_widget.agents.assistant.language import countries, doings, numbers, synonyms, vocabulary
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.language.words import forms, split, stem
from voice_widget.agents.assistant.tables import nouns, periods
from voice_widget.agents.assistant.tables.tables import Column, Table

ALIAS, PART = 0.4, 0.6
"""What a synonym, and what a part of a name, costs beyond the name itself."""
NAMED = 2 * PART
"""What it costs to take the thing that a column names for the row: where it is no column."""
DOUBTED = 1.2
"""What it costs to take a word that stands in a name for one about gaps: "complete", "missing"."""
UNKNOWN = 10.0
_UNIT_WORDS = frozenset(
    str.split(
        "gram grams g kilogram kilograms kilo kilos kg millimeter millimeters mm centimeter "
        "centimeters cm meter meters kilometer "
        "kilometers km mile miles dollar dollars usd euro euros eur pound pounds bucks percent pct "
        "second seconds minute "
        "minutes hour hours day days week weeks month months year years star stars point points "
        "degree degrees celsius fahrenheit "
        "millisecond milliseconds ms tonne tonnes ton tons "
        "liter liters litre litres metres metre millimetres centimetres "
        "kwh watt watts kilowatt "
        "kilowatts megabytes gigabytes mb gb unit units inches inch feet foot cents kph mph kmh"
    )
)
_POLITE = frozenset(word for said in vocabulary.FILLERS for word in said.split()) - {"show"}
_RATES = frozenset(str.split("a an per each every"))
_METRIC = {
    name.replace("meter", "metre").replace("liter", "litre"): name
    for name in str.split(
        "meter meters kilometer kilometers centimeter centimeters millimeter millimeters liter liters"
    )
}
_UNIT_WORDS |= frozenset(_METRIC)
_SMALL = frozenset(
    str.split(
        "of the a an and in on for to per by is are was were be do does did has have had can will would "
        "you your we our us they i my me it its this that these those there "
        "how what which who when where why many much often not no or if so at with from"
    )
)


class Lexicon:
    """All that can be named in one table.

    Args:
        table: The table.
    """

    def __init__(self, table: Table) -> None:
        self._contents: int | None = None  # nobody has asked yet
        self._read(table)

    def renew(self) -> None:
        """Read the values again: they may have been changed in place since they were read or renewed."""
        contents = self.table.contents()
        if contents is None or contents != self._contents:
            self._read(Table(self.table.frame, self.table.name))
        self._contents = contents

    def _read(self, table: Table) -> None:
        self.table = table
        self._root: dict[Any, Any] = {}
        self.spoken_names: dict[str, None] = {}
        """Names of columns and values, for what was misheard."""
        self._capped: list[Column] = []
        self._verbs: dict[str, list[tuple[int, Column]]] = defaultdict(list)
        self._short: dict[str, list[Column]] = defaultdict(list)  # a word of a name → its columns
        self._told = nouns.told(table)
        for column in table.columns:
            self._add_column(column)
        for said, columns in self._verbs.items():  # what is worth much is the revenue, or else the price
            for far, column in columns:
                if far == min(n for n, _ in columns):
                    self._add(said.split(), "vcol", column, ALIAS)
        for column in table.columns:
            self._add_values(column)
        for noun in nouns.of(table):
            self._add(split(noun), "noun", noun.split()[-1], 0.0)
        for noun in nouns.named(table):
            self._add(split(noun), "noun", noun.split()[-1], NAMED)

    # --- what is known -----------------------------------------------------------------------------

    def _add(self, words: Sequence[str], kind: str, value: Any, cost: float) -> None:
        if not words:
            return
        node = self._root
        for word in words:
            node = node.setdefault(stem(word), {})
        here: list[tuple[str, Any, float]] = node.setdefault(None, [])
        for at, (other, known, price) in enumerate(here):
            if other == kind and known == value:
                here[at] = kind, value, min(cost, price)
                return
        here.append((kind, value, cost))

    def _add_column(self, column: Column) -> None:
        self.spoken_names[column.spoken] = None
        spoken, full = column.spoken.split(), list(column.words)
        kind = "flag" if column.flag else "col"
        plain = (
            [w for w in spoken if w not in ("is", "has", "was", "did", "can")] or spoken
            if column.flag
            else spoken
        )
        for words in {tuple(spoken), tuple(full), tuple(plain)}:
            self._add(words, kind, column, 0.0)
        if column.unit:
            unit = column.unit.split()
            self._add([*spoken, *unit], kind, column, 0.0)
            self._add([*spoken, "in", *unit], kind, column, 0.0)
        if len(plain) == 2 and not set(plain) & _SMALL:
            self._add([plain[1], "of", plain[0]], kind, column, 0.1)
            self._add([plain[1], "of", "the", plain[0]], kind, column, 0.1)
            self._add(["".join(plain)], kind, column, 0.1)
        if len(plain) == 2 and synonyms.per_unit(plain, plain[0]):
            self._add([plain[1], "per", plain[0]], kind, column, 0.1)
        if column.kind == "date":
            self._add(["date"], kind, column, PART)
            self._add(["time"], kind, column, PART)
            self._add([*spoken, "date"], kind, column, 0.0)
        elif column.kind == "text" or column.groups:
            for said in ("name", "code"):
                self._add([*spoken, said], kind, column, 0.1)
            self._add(["name", "of", "the", *spoken], kind, column, 0.1)
        if column.flag:
            self._add([*plain[:-1], plain[-1] + "ly"], kind, column, 0.0)
            for said in synonyms.yeses(plain):
                self._add(said.split(), kind, column, ALIAS)
            for said in synonyms.negatives(plain[0]):
                self._add([said, *plain[1:]], "noflag", column, 0.0)
                self._add(["".join([said, *plain[1:]])], "noflag", column, 0.0)
        if column.kind == "text":
            for said in synonyms.agents(plain):
                self._add(said.split(), "agent", column, ALIAS)
        if column.kind == "date" or column.flag:
            for said in doings.events(plain):
                self._add([said], kind, column, ALIAS)
                if column.kind == "date" and not column.series.hasnans:
                    self._add([said], "noun", said, ALIAS + 0.1)
        self._add_parts(column, kind, plain)
        for at, word in enumerate(plain):
            for other in () if synonyms.per_unit(plain, word) else synonyms.same(word):
                self._add([*plain[:at], other, *plain[at + 1 :]], kind, column, ALIAS)
                if len(plain) > 1 and column.kind != "text":
                    self._add([other], kind, column, ALIAS + PART)
            self._short[word].append(column)
        if column.kind == "duration":
            plain = [*plain, "duration"]  # whatever it is called
        if column.kind in ("number", "date", "duration") and not column.identifies:
            for said, far in synonyms.verbs(plain):
                self._verbs[said].append((far, column))
            for said, end in synonyms.polar(plain):
                self._add(said.split(), "adj", (end, column), ALIAS)
            for said, end in synonyms.amounts(plain):
                self._add(said.split(), "some", (end, column), ALIAS)
        if column.kind in ("number", "duration") and not column.identifies:
            for degree, meaning, said in synonyms.degrees(plain):
                self._add(said.split(), degree, (meaning, column), 0.1)

    def _add_parts(self, column: Column, kind: str, plain: Sequence[str]) -> None:
        if len(plain) < 2 or (
            column.identifies and column.unique
        ):  # an order's id is called by its name only
            return
        for start in range(len(plain)):
            for end in range(start + 1, len(plain) + 1):
                part = plain[start:end]
                if len(part) == 1 and (part[0] in self._told or synonyms.per_unit(plain, part[0])):
                    continue  # matches are no dates of them
                if len(part) < len(plain) and not set(part) <= _SMALL and (len(part) > 1 or len(part[0]) > 2):
                    if len(part) == 1 and (
                        part[0] in ("number", "no", "id", "total", "average", "avg", "max", "min", "is")
                    ):
                        continue
                    self._add(part, kind, column, PART)

    def _add_values(self, column: Column) -> None:
        if (
            column.kind == "number"
            and {"status", "code"} & set(column.words)
            and self.table.few_integers(column)
        ):
            for number in column.series.dropna().unique():  # "a 404"
                self._add([str(int(number))], "val", (column, number), ALIAS)
        if column.kind != "text" or column.flag:
            return
        found = self.table.distinct(column)
        if found is None:
            self._capped.append(column)
            return
        texts = [str(value) for value in found]
        states = countries.of(texts) if synonyms.place(column.words) else {}
        for value, text in zip(found, texts, strict=True):
            words = split(text)
            if not words or len(words) > 8:
                continue
            target = column, value
            if len(found) <= 200:
                self.spoken_names[" ".join(words)] = None
            if len(found) <= 20:
                for said in doings.deeds(text):  # "how many did we ship": those that were shipped
                    self._add([said], "val", target, 0.1)
            bare = len("".join(words)) < 2 or _empty(text)
            self._add(words, "bare" if bare else "val", target, 0.0)
            if len(words) > 1 and text.isalpha():  # "jetblue", of JetBlue
                self._add(["".join(words)], "val", target, 0.0)
            for said in states.get(text, ()):
                self._add(said.split(), "val", target, 0.1)
            for said in synonyms.value_names(text, texts):
                self._add([said], "val", target, 0.1 if said != text.lower() else 0.0)

    # --- what an utterance names -------------------------------------------------------------------

    def items(self, words: Sequence[str], today: datetime, *, searching: bool = False) -> list[Item]:
        """All that the words may mean, names and vocabulary together.

        Args:
            words: The utterance.
            today: The day it is said.
            searching: Whether columns with very many values are searched for words that nobody knows.
        """
        said = {n.start: n for n in numbers.find(words)}
        found = [*vocabulary.items(words), *periods.items(words, today), *self._named(words, said)]
        found += [Item("num", number.value, number.start, number.end) for number in said.values()]
        for at, word in enumerate(words):
            nth = periods.ordinal(word)
            if nth is not None:
                found.append(Item("nth", nth, at, at + 1))
            if nth is not None and nth < 10 and at and (tens := numbers.TENS.get(words[at - 1])):
                found.append(Item("nth", tens + nth, at - 1, at + 1))
            if word in numbers.DECADES:
                found.append(Item("decade", numbers.DECADES[word], at, at + 1))
            if word in numbers.TENTHS:
                found.append(Item("nth", numbers.TENTHS[word], at, at + 1))
            share = said.get(at + 1)
            if word == "p" and share is not None and 0 < share.value < 100 and words[at + 1][0] != "0":
                found.append(Item("percentile", share.value / 100, at, share.end))
            if len(word) == 3 and word[0] == "p" and word[1:].isdecimal():
                found.append(Item("percentile", int(word[1:]) / 100, at, at + 1))
            if word in _UNIT_WORDS:
                found.append(Item("uom", _METRIC.get(word, word), at, at + 1, 1.1))
        meant = {(item.start, item.end): item.cost for item in found if item.kind == "vcol"}
        for at, item in enumerate(found):  # a verb that asks for a column is passed over only if it must be
            if item.kind == "verb" and (item.start, item.end) in meant:
                cost = meant[item.start, item.end] + 0.7
                found[at] = Item("verb", item.value, item.start, item.end, max(cost, item.cost))
        found = self._plainly(found, words)
        covered = {at for item in found for at in range(item.start, item.end)}
        for at in range(len(words)):
            if at not in covered:
                found += self._abbreviated(words[at], at)
        covered = {at for item in found for at in range(item.start, item.end)}
        if searching:
            found += self._searched(words, covered)
        named = {(item.start, item.end) for item in found if item.kind in ("col", "flag") and item.cost <= 1}
        found = _turned(self._doubted(found), words)
        last = {end for _, end in named}  # "total count", of a column "count": not one phrase
        found = [i for i in found if i.kind != "count" or i.end - i.start < 2 or i.end not in last]
        begins = next((n for n, word in enumerate(words) if word not in _POLITE), 0)  # "show the shows"
        found = [
            i
            for i in found
            if (i.start, i.end) not in named
            or i.kind not in ("verb", "show")
            or (i.kind, i.start) == ("show", begins)
        ]
        # A word of which every longer meaning fails stands for itself, and stops the reading.
        found += [Item("unknown", words[at], at, at + 1, UNKNOWN) for at in range(len(words))]
        return found

    def _doubted(self, found: Sequence[Item]) -> list[Item]:
        """No word of the data for one about gaps: "not missing" of a status, "complete" of a percentage."""
        amounts = {i.end for i in found if i.kind == "col" and i.value.kind == "number"}
        names = {i.end for i in found if i.kind in ("col", "flag", "val")}
        return [
            replace(i, cost=i.cost + DOUBTED) if i.kind == "known" and i.end in names else i
            for i in found
            if i.kind != "known" or i.end not in amounts
        ]

    def _plainly(self, found: Sequence[Item], words: Sequence[str]) -> list[Item]:
        """Without what another word beside or in its place makes unlikely."""
        spans = {
            kind: {(i.start, i.end) for i in found if i.kind == kind} for kind in ("unit", "noun", "val")
        }
        kept: list[Item] = []
        for item in found:
            span = item.start, item.end
            if (
                item.kind == "val"
                and span in spans["unit"]
                and item.start
                and words[item.start - 1] in _RATES
            ):
                continue  # "rides a day", where a pass is for a day
            said = item.kind == "val" and span in spans["unit"] and words[item.start]
            if said and said != str(item.value[1]).lower():
                continue  # "how many days", where a tariff is for the day
            if item.kind == "val" and item.value[0] not in _called(words, span, found):
                continue  # "from Market", where "from" and "to" are columns
            if item.kind == "percentile" and span in spans["val"]:
                continue  # "is p03 a smoker", of a patient
            if item.kind == "col" and span in spans["noun"] and nouns.numbered(item.value, words[item.start]):
                continue  # "rides" are rows, where each "ride" has its number
            kept.append(item)
        return kept

    def columns_in(self, words: Sequence[str]) -> tuple[int, ...]:
        """The columns that are named in full, by their positions."""
        found = self._named(words, {n.start: n for n in numbers.find(words)})
        named = [item for item in found if item.kind in ("col", "flag") and item.cost < 1.0 + ALIAS]
        return tuple(dict.fromkeys(item.value.position for item in named))

    def _named(self, words: Sequence[str], said: dict[int, numbers.Found]) -> Iterator[Item]:
        for start in range(len(words)):
            stack: list[tuple[int, dict[Any, Any]]] = [(start, self._root)]
            while stack:
                at, node = stack.pop()
                for kind, value, cost in node.get(None, ()):
                    yield Item(kind, value, start, at, 1.0 + cost)
                if at >= len(words):
                    continue
                stack += [(at + 1, node[key]) for key in forms(words[at]) if key in node]
                if at in said and said[at].value == int(said[at].value):
                    number = said[at]
                    key = str(int(number.value))
                    if key != words[at] and (following := node.get(key)) is not None:
                        stack.append((number.end, following))

    def _abbreviated(self, word: str, at: int) -> Iterable[Item]:
        if word in vocabulary.KNOWN:  # "minus" is no "min"
            return
        for name, columns in self._short.items():
            if synonyms.abbreviates(name, stem(word)) or synonyms.abbreviates(word, name):
                for column in columns:
                    cost = 1.0 + ALIAS + (PART if len(column.spoken.split()) > 1 else 0.0)
                    yield Item("flag" if column.flag else "col", column, at, at + 1, cost)

    def _searched(self, words: Sequence[str], covered: set[int]) -> Iterable[Item]:
        """Words that nobody knows, as values of columns that have too many to be known by name."""
        lost = [at for at in range(len(words)) if at not in covered]
        grams = {
            (start, end): " ".join(words[start:end])
            for at in lost
            for start in range(max(0, at - 2), at + 1)
            for end in range(at + 1, min(len(words), at + 3) + 1)
        }
        for column in self._capped if grams else ():
            series = column.series.dropna().astype(str)
            folded = series.str.lower().str.replace(r"[\W_]+", " ", regex=True).str.strip()
            hits = folded.isin(set(grams.values()))
            for value, plain in set(zip(series[hits], folded[hits], strict=True)):
                for (start, end), gram in grams.items():
                    if gram == plain:
                        yield Item("val", (column, value), start, end, 1.0)


def _called(words: Sequence[str], span: tuple[int, int], found: Sequence[Item]) -> list[Column]:
    """The columns of a value; where it stands in several, the one whose name is said before it."""
    held = [i.value[0] for i in found if i.kind == "val" and (i.start, i.end) == span]
    before = [word for word in words[: span[0]] if word not in ("the", "a", "an")][-1:]
    ways = doings.WAYS.get("".join(before), frozenset())
    return [c for c in held if [c.spoken] == before] or [c for c in held if ways & set(c.words)] or held


def _turned(found: Sequence[Item], words: Sequence[str]) -> list[Item]:
    """Of what counts against somebody the worst is the highest: a delay, a price."""
    named = [i.value for i in found if i.kind in ("col", "vcol") and i.value.kind == "number"]
    if not named or not all(synonyms.counts_against(column.words) for column in named):
        return list(found)
    other = {"highest": "lowest", "lowest": "highest"}
    return [
        replace(i, value=other[i.value]) if i.kind == "super" and words[i.start] in ("best", "worst") else i
        for i in found
    ]


def _empty(text: str) -> bool:
    """Whether a value is a word that people say in another sense too."""
    return text.strip().lower() in ("other", "unknown", "none", "n/a", "yes", "no")
