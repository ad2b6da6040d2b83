"""Who does what to what is named: the rows say what belongs together, not that. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from voice_widget.agents.assistant.grammar.grammar import Impossible
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.language.words import stem
from voice_widget.agents.assistant.tables import nouns
from voice_widget.agents.assistant.tables.tables import Column, Table

_FOR = frozenset(str.split("pay pays paid"))
_PAID = frozenset(str.split("salary wage pay income rent fee"))
_PAST = {"sell": "sold", "pay": "paid", "buy": "bought", "make": "made", "send": "sent", "take": "taken"}
_SERVING = frozenset(str.split("work works working own owns run runs ran"))


def unknown_doer(items: Sequence[Item]) -> bool:
    """Whether it asks who does something: "who owns P012" is not the row of P012.

    Those who live on Dream are rows, and so are those who work in sales; who runs sales stands in no row.
    """
    plain = [item for item in items if item.kind != "fill"]
    return any(_of_whom(plain, at) for at in range(1, len(plain) - 1))


_TRADE = str.split(
    "order sale sold price quantity qty unit product customer item revenue amount payment purchase cost "
    "transaction store shop client sku discount profit ship deliver cart basket"
)
_TOLD_BY = (  # what is done, and the words of a table in which that may be said of every row
    ("sell sells sold buy buys bought purchased ordered", _TRADE),
    ("delivered", [*_TRADE, *str.split("parcel package shipment carrier route")]),
    (
        "pay pays paid",
        [*_TRADE, *str.split("fare fee salary wage pay tip bill total tax rent charge income")],
    ),
    (
        "arrive arrives arrived",
        [*_TRADE, *str.split("arrive arrival flight train delay guest patient admit trip carrier")],
    ),
    ("stay stays stayed", str.split("stay night hotel guest room booking patient left churn resign quit")),
)
_SUPPORTED = {verb: frozenset(map(stem, words)) for verbs, words in _TOLD_BY for verb in verbs.split()}


def untold(items: Sequence[Item], table: Table) -> str | None:
    """Why "how many paid" is not all rows: nothing in the table says who did."""
    done = next((i.value for i in items if i.kind == "verb" and i.value in _SUPPORTED), None)
    if done is None:
        return None
    words = {stem(word) for column in table.columns for word in column.words}
    words |= {stem(word) for noun in nouns.of(table) for word in noun.split()}
    return None if words & _SUPPORTED[done] else f"I cannot tell of which rows “{done}” is true."


def _of_whom(items: Sequence[Item], at: int) -> bool:
    """Whether something is done there to what is named, or for it."""
    said, who = items[at], items[at - 1].kind == "who"
    if said.kind not in ("verb", "with") or not (who or (said.kind == "verb" and said.value in _SERVING)):
        return False
    joins = list(itertools.takewhile(lambda item: item.kind in ("prep", "col"), items[at + 1 :]))
    named = items[at + 1 + len(joins) :][:1]
    if not named or named[0].kind != "val":
        return False
    if named[0].value[0].unique:
        return True
    joined = bool(joins) and joins[0].kind == "prep"
    return who and said.kind == "verb" and (not joined or (said.value in _FOR and joins[0].value == "for"))


def _done(verb: str, words: set[str]) -> bool:
    """Whether the one word is what the verb has done: "sold" of "sell"."""
    said = verb.removesuffix("s")
    return len(words) == 1 and bool(
        words & {verb, _PAST.get(said, ""), f"{said}ed", f"{said.removesuffix('e')}ed", f"{said}{said[-1]}ed"}
    )


def at_a_rate(items: Sequence[Item]) -> Column | None:
    """What is paid for a time that no row tells: "the monthly salary", "salary per month"."""
    plain = [item for item in items if item.kind != "fill"]
    for at, item in enumerate(plain):
        if item.kind not in ("col", "vcol") or not _PAID & set(item.value.words):
            continue
        per = [(i.kind, i.value) for i in plain[at + 1 : at + 3]]
        every = at and plain[at - 1].kind == "every"
        if every or (len(per) == 2 and per[0] in (("by", "per"), ("by", "each")) and per[1][0] == "unit"):
            column: Column = item.value
            return column
    return None


def parts_name(items: Sequence[Item], whole: set[tuple[int, int]]) -> bool:
    """Whether a column's whole name is taken for two: "the five highest seat | prices" beside "seats"."""
    return any(
        one.kind in ("col", "vcol") and two.kind in ("col", "vcol") and (one.start, two.end) in whole
        for one, two in itertools.pairwise(items)
    )


def completed(items: Sequence[Item]) -> list[Item]:
    """With columns under their whole names: "how many seats were sold" asks for the seats sold.

    Raises:
        Impossible: It asks for those that were not.
    """
    found = list(items)
    for at, verb in enumerate(items):
        if verb.kind != "verb" or (whole := _whole(items, verb.value)) is None:
            continue
        named, column = whole
        if any(item.kind == "not" for item in items[max(0, at - 2) : at]):
            raise Impossible(f"I know only the {column.spoken}.", [column])
        found[found.index(named)] = replace(named, value=column)
        found.remove(verb)
    return found


def _whole(items: Sequence[Item], verb: str) -> tuple[Item, Column] | None:
    """A column that is named, and the one whose name has the verb beside the same words."""
    for item in items:
        if item.kind not in ("col", "vcol"):
            continue
        words = set(item.value.words)
        others = [
            column
            for column in item.value.table.columns
            if len(column.words) == len(words) + 1 and _done(verb, set(column.words) - words)
        ]
        if len(others) == 1:
            return item, others[0]
    return None
