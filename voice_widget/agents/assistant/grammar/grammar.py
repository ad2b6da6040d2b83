"""Rules over the kinds of items: patterns such as ``not prep* val``, and what they make of a match. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.tables.plans import Choice, Filter, Op
from voice_widget.agents.assistant.tables.tables import Column, Table


class Impossible(Exception):
    """It was understood, and cannot be: the sentence says why."""

    def __init__(self, sentence: str, near: Sequence[Column] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.near = tuple(column.position for column in near)


class Unclear(Exception):
    """It may mean several things: the sentence asks, and each choice is a plan."""

    def __init__(self, sentence: str, choices: Sequence[Choice] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.choices = tuple(choices)


@dataclass
class Scene:
    """What rules know beside the items.

    Attributes:
        table: The table.
        date: The column of dates that is meant where none is named.
        guessed: That column was used.
        asks: It is a question for a yes or a no.
        rank: Of those at an end the second or third is wanted.
        newest: First and last are meant by date, not by place.
        sums: A number of several rows is asked for, such as an average, not which rows.
        notes: Verbs that say what is counted: what was sold are units, not rows.
    """

    table: Table
    date: Column | None = None
    guessed: bool = False
    notes: tuple[str, ...] = ()
    asks: bool = False
    rank: int = 1
    newest: bool = False
    sums: bool = False


Build = Callable[[Sequence[Item], Scene], "Item | Sequence[Item] | None"]

GLUE = "(prep|with|rel|be|only|and|verb)*"
"""What brings a clause in."""
ANY = "(col|vcol|flag)"
"""A column, by whatever kind of word."""


def pattern(text: str) -> re.Pattern[str]:
    """A pattern over kinds; ``C`` is any column.

    Example:
        >>> bool(pattern("not prep* C").fullmatch("not prep prep flag "))
        True
    """
    spaced = re.sub(r"[a-z]+", r"(?:\g<0>_)", text.replace("C", ANY))
    return re.compile("(?<![a-z])" + spaced.replace(" ", "").replace("_", " "))


@dataclass(frozen=True)
class Rule:
    """A pattern, and what it makes of the items that it matches; None: it does not apply here after all."""

    kinds: str
    build: Build
    compiled: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compiled", pattern(self.kinds))


class Rules(tuple[Rule, ...]):
    """Rules in the order in which they are applied; the same as no others."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def kinds_of(items: Sequence[Item]) -> str:
    """The kinds, each with a space behind it."""
    return "".join([f"{item.kind} " for item in items])


def rewritten(items: Sequence[Item], rules: Rules, scene: Scene) -> list[Item]:
    """The items after every rule, in order, has been applied from left to right as often as it fits."""
    found = list(items)
    text = kinds_of(found)
    at = -1
    # Most rules fit nothing, and the readings of a sentence are much alike: which fit is searched for once.
    while (at := next((n for n in fitting(rules, text) if n > at), -1)) >= 0:
        rule, start = rules[at], 0
        while match := rule.compiled.search(text, start):
            first = text.count(" ", 0, match.start())
            last = first + text.count(" ", match.start(), match.end())
            if first == last:
                break
            made = rule.build(found[first:last], scene)
            if made is None:
                start = text.index(" ", match.start()) + 1
                continue
            new = [made] if isinstance(made, Item) else list(made)
            found[first:last] = new
            text = kinds_of(found)
            # What was made may be part of what follows, but is not made again.
            start = sum(len(item.kind) + 1 for item in found[: first + len(new)])
    return found


@lru_cache(maxsize=2048)
def fitting(rules: Rules, kinds: str) -> tuple[int, ...]:
    """The places of the rules that fit somewhere in these kinds."""
    return tuple(n for n, rule in enumerate(rules) if rule.compiled.search(kinds))


def one(items: Sequence[Item], *kinds: str) -> Any:
    """The value of the first item of these kinds."""
    return next((item.value for item in items if item.kind in kinds), None)


def each(items: Sequence[Item], *kinds: str) -> list[Any]:
    """The values of all items of these kinds."""
    return [item.value for item in items if item.kind in kinds]


def has(items: Sequence[Item], *kinds: str) -> bool:
    """Whether there is an item of one of these kinds."""
    return any(item.kind in kinds for item in items)


def columns(items: Sequence[Item]) -> list[Column]:
    """The columns that are named, in order."""
    return each(items, "col", "vcol", "flag")


def made(kind: str, value: Any, items: Sequence[Item]) -> Item:
    """An item in the place of others."""
    return Item(kind, value, items[0].start, items[-1].end, sum(item.cost for item in items))


@dataclass(frozen=True)
class Clause:
    """A filter with the kinds of words that brought it in: who are, with, in."""

    filter: Filter
    glue: tuple[str, ...] = ()

    @property
    def adds(self) -> bool:
        """Whether its rows come to the others: "apples, plus Nice" is not the apples in Nice."""
        return "plus" in self.glue and self.filter.op == "in" and "with" not in self.glue

    @property
    def predicate(self) -> bool:
        """Whether it says something of the rows, rather than naming them."""
        return bool({"be", "rel", "with", "vcol", "verb"} & set(self.glue))


def clause(column: Column, op: Op, values: tuple[Any, ...], negated: bool, items: Sequence[Item]) -> Item:
    """A filter in the place of the words that said it."""
    found = Filter(column.position, op, values, negated)
    glue = tuple(_told(item) for item in items)
    return made("filt", Clause(found, glue), items)


ADDING = ("plus", "along with", "together with")
"""What joins what is told together: "Nice, plus Bath"."""


def _told(item: Item) -> str:
    """What a clause keeps of a word that brought it in."""
    if item.kind == "not" and item.value == "no":
        return "no"
    return "plus" if item.kind == "and" and item.value in ADDING else item.kind


def rules(pairs: Sequence[tuple[str, Build]]) -> Rules:
    """Rules of patterns and what they make."""
    return Rules(Rule(kinds, build) for kinds, build in pairs)
