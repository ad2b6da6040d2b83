"""A "not" that belongs to the verb of what is asked for: "what doesn't Gentoo weigh on average". Pure.

Nobody asks that: it was misheard, and leaves out no rows. In "how many do not live on Dream" and "of those
that are not Gentoo" it does, and such questions are not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from voice_widget.agents.assistant.grammar.lexicon import Lexicon
from voice_widget.agents.assistant.language.doings import deeds
from voice_widget.agents.assistant.language.lattice import Item, readings

_DO = frozenset(str.split("do does did have has had can could will would should"))
_BE = frozenset(str.split("is are was were"))
_THE = frozenset(str.split("the a an my our your"))
_MEASURES = ("what", "how", "howmuch", "size")
_DOING = frozenset(str.split("get find see want need"))
_THINGS = ("val", "vals", "noun", "pron", "all", "unknown")
_NUMBERS = ("agg", "super", "supercol", "topn", "col", "vcol", "share", "percentile", "diff")
_ENDS = ("super", "supercol", "most", "first", "ontop", "newest")
_LIMITS = ("cmp", "cmpcol", "num", "between", "more", "cmpb", "than")


def undenied(words: Sequence[str], lexicon: Lexicon, today: datetime) -> list[str] | None:
    """The words without a "not" that belongs to the verb; None: there is none.

    Args:
        words: The utterance.
        lexicon: Of a table.
        today: The day it is said.
    """
    if not {"not", "never"} & set(words):
        return None
    found = lexicon.items(words, today)
    for reading in readings(found, len(words), 1):
        items = [item for item in reading.items if item.kind != "fill" or _helps(words, item)]
        for at, item in enumerate(items):
            if (
                item.kind == "not"
                and item.value in ("not", "never")
                and _denied(words, items[:at], item, items[at + 1 :])
            ):
                return [*words[: item.start], *words[item.end :]]
    return None


def _helps(words: Sequence[str], item: Item) -> bool:
    return item.end == item.start + 1 and words[item.start] in _DO | _THE | _DOING


def _denied(words: Sequence[str], before: Sequence[Item], no: Item, after: Sequence[Item]) -> bool:
    told = [item for item in before if item.kind not in ("lead", "and", "but")]
    helper = words[no.start - 1] if no.start else ""
    asks = told[0].kind if told else ""
    if not after or any(item.kind in ("rel", "which", "who") for item in told):
        return False
    if helper in _BE:
        return _of_being(asks, told, after)
    opens = asks in (*_MEASURES, "count", "when") or (len(told) == 1 and words[told[0].start] == helper)
    if helper in _DO:
        ours = asks in _MEASURES and words[no.end] in ("we", "you", "i")  # "how much didn't we sell"
        when = asks in ("count", "when") and after[0].kind == "pron"  # "when didn't it rain"
        return opens and not when and not _which(told) and (ours or _does(words, after))
    return _late(words, asks, told, after)


def _which(told: Sequence[Item]) -> bool:
    """Whether it asks for some of many: "what islands don't Gentoo live on"."""
    of = told[1] if len(told) > 1 and told[0].kind == "what" else None
    return of is not None and (of.kind == "noun" or (of.kind == "col" and of.value.kind == "text"))


def _of_being(asks: str, told: Sequence[Item], after: Sequence[Item]) -> bool:
    """As in "what isn't the average mass", "how heavy isn't Gentoo", "isn't Gentoo the heaviest"."""
    first = next((item for item in after if item.kind != "fill"), after[-1])
    between = [item.kind for item in told[1:-1]]
    if len(told) == 1:  # it begins with "isn't"
        return first.kind in _THINGS and len(after) > 1
    if asks == "when":
        return not between and first.kind in _ENDS
    if asks == "size" or (asks == "how" and len(between) == 1):
        return not set(between) & {"val", "vals", "noun", "pron"}
    return asks in _MEASURES and not between and first.kind in _NUMBERS


def _does(words: Sequence[str], after: Sequence[Item]) -> bool:
    """Whether who does it follows, and then what is done: "not the Gentoo penguins weigh"."""
    first = after[0]
    if first.kind == "fill":
        return words[first.start] in _THE
    if (
        first.kind == "noun"
        and first.value not in ("people", "persons")
        and not str(first.value).endswith("s")
    ):
        return False  # "did not order lamps"
    if first.kind == "val" and _deed(words, first):
        return False
    for at, item in enumerate(after):
        if at and _verb(words, after[at - 1], item, last=at + 1 == len(after)):
            return after[at - 1].kind not in ("and", "or", "but")
        if item.kind not in (*_THINGS, "prep", "and", "or", "fill") or words[item.start] in _DOING:
            return False
    return False


def _verb(words: Sequence[str], before: Item, item: Item, *, last: bool) -> bool:
    if item.kind in ("vcol", "verb", "sort", *_ENDS) or _has(words, item) or _deed(words, item):
        return True
    if words[item.start] in _DOING or (item.kind == "col" and before.kind == "pron"):
        return True  # "not it rain"
    # "not Germany order", and what nobody knows behind a name
    return before.kind in ("val", "vals") and (item.kind == "unknown" or (item.kind == "noun" and last))


def _late(words: Sequence[str], asks: str, told: Sequence[Item], after: Sequence[Item]) -> bool:
    """As in "what does Gentoo not weigh"."""
    if not told or told[-1].kind not in _THINGS or not any(words[item.start] in _DO for item in told):
        return False
    if asks == "count":
        return len(after) == 1 and _has(words, after[0])
    measured = after[0].kind == "vcol" and not any(item.kind in _LIMITS for item in after)
    return asks in ("what", "how", "howmuch") and measured


def _has(words: Sequence[str], item: Item) -> bool:
    return words[item.start] in ("have", "has", "had")


def _deed(words: Sequence[str], item: Item) -> bool:
    """Whether a value was said by what was done: "ship" of "shipped"."""
    return item.kind == "val" and words[item.start] in deeds(str(item.value[1]))
