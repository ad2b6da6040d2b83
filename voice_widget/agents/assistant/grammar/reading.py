"""From the words of an utterance to what it comes to: plans, questions back, refusals.

Every reading of the words is tried, the plainest first. One counts only if the grammar takes every item of
it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from voice_widget.agents.assistant.grammar import clauses
from voice_widget.agents.assistant.grammar.cleaning import (
    SILENT,
    asking,
    changed,
    cleaned,
    dangling,
    limits,
    named_once,
    of_sums,
    points,
    stranded,
    stray_only,
    undone,
    unsaid,
    without_rows,
    yes_or_no,
)
from voice_widget.agents.assistant.grammar.comparing import paired
from voice_widget.agents.assistant.grammar.counting import none_of
from voice_widget.agents.assistant.grammar.dating import dates
from voice_widget.agents.assistant.grammar.doing import at_a_rate, completed, parts_name, unknown_doer, untold
from voice_widget.agents.assistant.grammar.frame import Frame
from voice_widget.agents.assistant.grammar.grammar import (
    ADDING,
    Clause,
    Impossible,
    Scene,
    Unclear,
    clause,
    each,
    has,
    rewritten,
)
from voice_widget.agents.assistant.grammar.grouping import GROUPS, HAVING, ORDERS
from voice_widget.agents.assistant.grammar.lexicon import Lexicon
from voice_widget.agents.assistant.grammar.limits import both_ways, never, settled, settled_ways, summed
from voice_widget.agents.assistant.grammar.measures import NUMBERS
from voice_widget.agents.assistant.grammar.ordering import ALONE, DIRECTIONS
from voice_widget.agents.assistant.grammar.scales import SCALES
from voice_widget.agents.assistant.grammar.sentences import core
from voice_widget.agents.assistant.language.lattice import Item, readings
from voice_widget.agents.assistant.language.words import stem
from voice_widget.agents.assistant.tables.plans import Asked, Plan
from voice_widget.agents.assistant.tables.tables import Column

_TRIED = 150
_EVERY = frozenset(("all", "all the", "all of", "every single", "each and every"))
_EACH = frozenset(("each", "every"))
_EVERYBODY = frozenset(("noun", word) for word in ("everyone", "everybody", "everything"))
_NOW = "I can tell only what the rows say, not what was before, has changed or should be."
_SELLING = frozenset(str.split("sold sell sells buy buys bought ordered purchased moved move moves"))
_COLUMN_WANTED = (
    "agg",
    "by",
    "distinct",
    "values",
    "describe",
    "plot",
    "hist",
    "corr",
    "against",
    "common",
    "sort",
    "missing",
)
PLURAL = frozenset(
    (*str.split("them those these they their theirs ones one"), "of them", "of those", "of these", "the ones")
)
_ONES = frozenset(("one", "ones", "the ones"))


@dataclass(frozen=True)
class Parts:
    """An utterance with its clauses taken out: what is left is its core."""

    core: tuple[Item, ...]
    frame: Frame
    lead: str = ""
    """It begins as one that goes on: the kind of "and", "but", "what about"."""
    adds: bool = False
    """It begins as one that adds: "plus", not "and"."""
    only: bool = False
    plural: bool = False
    """It speaks of "them"."""
    singular: bool = False
    within: bool = False
    """It asks for some of them: "how many of those"."""
    several: bool = False
    """It names a column in the plural: "which years", which is not asked of one row."""


@dataclass
class Tried:
    """What the readings of one table came to."""

    plans: list[tuple[float, Plan, Parts]] = field(default_factory=list)
    asked: list[tuple[float, Asked]] = field(default_factory=list)
    refused: list[tuple[float, Impossible]] = field(default_factory=list)
    parts: list[tuple[float, Parts]] = field(default_factory=list)
    unknown: tuple[str, ...] = ()
    left: tuple[Item, ...] = ()


def tried(words: Sequence[str], lexicon: Lexicon, today: datetime, *, searching: bool = False) -> Tried:
    """All readings of the words over one table that come to something."""
    result = Tried()
    found = lexicon.items(words, today, searching=searching)
    whole = {(i.start, i.end) for i in found if i.kind in ("col", "flag") and i.cost <= 1}
    dated: list[Column | None] = [*dates(lexicon.table)] or [None]
    best = float("inf")
    for count, reading in enumerate(readings(found, len(words), _TRIED)):
        lost = [words[item.start] for item in reading.items if item.kind == "unknown"]
        if count == 0:
            result.unknown = tuple(lost)
        if lost or reading.cost > best + 1e-6:
            break
        if parts_name(reading.items, whole):
            continue
        for date in dated:
            scene = Scene(lexicon.table, date)
            try:
                parts = parted(reading.items, scene)
                if parts is None:
                    break
                if _several(reading.items, words):
                    parts = replace(parts, several=True)
                result.parts.append((reading.cost, parts))
                plan = core(parts.core, parts.frame)
                if plan is not None:
                    result.plans.append((reading.cost, plan, parts))
                    best = min(best, reading.cost)
                elif not result.left:
                    result.left = parts.core
            except Unclear as unclear:
                result.asked.append((reading.cost, asked(unclear)))
            except Impossible as impossible:
                result.refused.append((reading.cost, impossible))
            if not scene.guessed:
                break
    return result


def _several(items: Sequence[Item], words: Sequence[str]) -> bool:
    """Whether a column is named in the plural, and is not called so itself."""
    last = [(item.value, words[item.end - 1]) for item in items if item.kind in ("col", "flag")]
    return any(stem(word) != word and word not in column.words for column, word in last)


def asked(unclear: Unclear) -> Asked:
    """A question back with its choices named."""
    names = [choice.label for choice in unclear.choices]
    listed = ", ".join(names[:-1]) + f" or {names[-1]}" if len(names) > 1 else "".join(names)
    return Asked(unclear.sentence.replace("{}", listed), unclear.choices)


def parted(items: Sequence[Item], scene: Scene) -> Parts | None:
    """Take clauses, groups and orders out of a reading."""
    if stranded(items):
        items = items[:-1]
    items = completed(items)
    if dangling(items) or undone(items) or unknown_doer(items):
        return None
    if changed(items):
        raise Impossible(_NOW)
    if (paid := at_a_rate(items)) is not None:
        raise Impossible(f"I do not know for what time the {paid.spoken} is.", [paid])
    if of_sums(items):
        raise Impossible("The average of the rows in each of them, or of their totals?")
    scene.asks = yes_or_no(items)
    if (done := unsaid(items, scene.table) or untold(items, scene.table)) is not None:
        raise Impossible(done)
    every = any((i.kind == "all" and i.value in _EVERY) or (i.kind, i.value) in _EVERYBODY for i in items)
    exists = has(items, "exist") and not has(items, "count")
    if (scene.asks and every) or (limits(items) and (scene.asks or exists)):
        raise Impossible("I cannot say whether it is so for all of them. Ask how many, or what share.")
    lead = items[0].kind if items and items[0].kind in ("lead", "and", "but") else ""
    adds = lead == "and" and items[0].value in ADDING
    only = has(items, "only")
    prons = {
        i.value
        for i, then in zip(items, (*items[1:], None), strict=True)
        if i.kind == "pron" and not points(i, then)
    }
    scene.newest = has(items, "newest")
    if _SELLING & set(each(items, "verb")) or has(items, "bestsold"):
        scene.notes = ("sold",)
    if limits(items):
        scene.notes = (*scene.notes, "only")
    if any(item.kind == "and" and item.value == "both" for item in items):
        scene.notes = (*scene.notes, "both")
    if scene.asks and any(_EACH & set(str(item.value).split()) for item in items if item.kind == "by"):
        scene.notes = (*scene.notes, "each")
    scene.sums = not has(items, "count", "share", "often", "noun", "show", "which", "exist")
    found = asking(cleaned(items))
    found = rewritten(found, NUMBERS, scene)
    found = paired(found, scene)
    for rules in (
        DIRECTIONS,
        ORDERS,
        ALONE,
        GROUPS,
        HAVING,
        clauses.PERIODS,
        SCALES,
        clauses.FILTERS,
        clauses.EQUALS,
        clauses.FLAGS,
    ):
        found = rewritten(found, rules, scene)
    if summed(found):
        return None
    found = _flags(found)
    if stray_only(found):
        return None
    found = [both_ways(item, scene.table) for item in clauses.either(_with_some(found))]
    taken: list[Clause] = each(found, "filt")
    groups = tuple(dict.fromkeys(group for several in each(found, "group") for group in several))
    orders, heads = each(found, "order"), each(found, "head")
    if scene.asks and orders:
        raise Impossible("I can tell which ones stand at an end, not whether one is among them.")
    if len(orders) + len(heads) > 1:
        return None
    if any(clause.adds for clause in taken[adds:]):
        return None
    if never(taken):
        return None
    settled(taken, scene.table)
    settled_ways(taken, scene.table)
    if "average" in scene.notes and len(taken) > 1:
        raise Impossible("The average of all rows, or of those only?")
    frame = Frame(scene, tuple(taken), groups, orders[0] if orders else None, heads[0] if heads else None)
    if has(found, "super", "most", "supercol"):  # "which dept with only remote people has the highest"
        for item, then in itertools.pairwise(found):
            if item.kind == "col" and then.kind == "filt" and then.value.glue[:1] == ("with",):
                none_of(item.value, frame)
    if has(found, "each") and not _of_each_row(found):
        return None
    if has(found, "with"):
        scene.notes = (*scene.notes, "has")
    gone = {"each", "filt", "group", "order", "head", *SILENT}
    core_items = [item for item in named_once(found) if item.kind not in gone]
    if lead and core_items and core_items[0].kind in ("and", "lead"):
        core_items = core_items[1:]
    core_items = without_rows(core_items)
    some, one = prons & PLURAL, prons - PLURAL
    return Parts(tuple(core_items), frame, lead, adds, only, bool(some), bool(one), bool(some - _ONES))


def _of_each_row(items: Sequence[Item]) -> bool:
    """Whether it is the same for each row as over all: "the highest revenue per order", not the total."""
    ends = each(items, "super", "supercol")
    names = {name for name, _ in each(items, "agg")}
    if len(each(items, "col", "vcol")) > 1 or names & {"sum", "range", "std"}:
        return False
    return names == {"mean"} or (bool(names or ends) and not has(items, "which", "who", "group"))


def _flags(items: Sequence[Item]) -> list[Item]:
    """Yes-or-no columns that are not asked for as columns pick the rows with a yes."""
    if has(items, "corr", "than"):
        return list(items)
    found: list[Item] = []
    for at, item in enumerate(items):
        if item.kind != "flag" or _wanted(found):
            if item.kind == "rate" and found and found[-1].kind == "flag":
                flag = found.pop()
                found += [Item("share", "rate", item.start, item.end), _yes(flag, found)]
                continue
            found.append(item)
            continue
        if at + 1 < len(items) and items[at + 1].kind == "rate":
            found.append(item)
            continue
        found.append(_yes(item, found))
    return found


def _yes(flag: Item, before: list[Item]) -> Item:
    column: Column = flag.value
    assert column.flag is not None
    glue: list[Item] = []
    while before and before[-1].kind in ("prep", "with", "rel", "be", "only", "and", "but", "verb"):
        glue.insert(0, before.pop())
    return clause(column, "in", (column.flag[0],), False, [*glue, flag])


def _wanted(before: Sequence[Item]) -> bool:
    kinds = [item.kind for item in before]
    while kinds and kinds[-1] in ("prep", "and", "be"):
        kinds.pop()
    return bool(kinds) and kinds[-1] in _COLUMN_WANTED


def _with_some(items: Sequence[Item]) -> list[Item]:
    """As in "Readings with rain": of an amount that is never missing and often nought, those with some."""
    found: list[Item] = []
    last = len(items) - 1
    for at, item in enumerate(items):
        after = items[at + 1].kind if at < last else ""
        if (
            item.kind == "col"
            and found
            and found[-1].kind == "with"
            and after in ("", "filt", "group")
            and _some(item.value)
        ):
            if has(items, "which", "super", "most", "corr"):
                found.append(item)
                continue
            found[-1] = clause(item.value, "above", (0,), False, [found[-1], item])
            continue
        if (
            item.kind == "col"
            and found
            and found[-1].kind == "with"
            and (after in ("", "group") or _goes_on(items[at + 1]))
            and _partly(item.value)
            and not has(items, "which", "super", "most", "corr", "what", "agg")
        ):
            if item.value.kind == "number" and bool((item.value.series == 0).any()):  # some, or any known
                name = item.value.spoken
                raise Impossible(f"With {name} above 0, or with known {name}?", [item.value])
            found[-1] = clause(item.value, "missing", (), True, [found[-1], item])
            continue
        found.append(item)
    return found


def _goes_on(after: Item) -> bool:
    """Whether another clause follows, as in "had a cabin and survived"."""
    return after.kind == "filt" and after.value.glue[:1] == ("and",)


def _partly(column: Column) -> bool:
    """Whether some rows have it and others have not."""
    return column.kind in ("text", "number", "date") and bool(column.series.isna().any())


def _some(column: Column) -> bool:
    return clauses.has_none(column)
