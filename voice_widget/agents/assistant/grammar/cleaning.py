"""Items made plain before the rules see them, and what may be left of them after. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from voice_widget.agents.assistant.language.doings import WAYS
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.language.synonyms import summable
from voice_widget.agents.assistant.tables.tables import Column, Table

SILENT = ("be", "with", "verb", "rel", "only", "there", "again")
"""Kinds that a core does not need: what they bring in has been taken, or nothing was."""
NOUNS = ("noun", "col", "vcol", "val", "vals", "flag", "pron", "table", "filt")
_EVERYBODY = ("everyone", "everybody", "everything", "anyone", "all", "all the", "all of")
_FALLS = ("fall", "falls", "fell")
_USING = ("use", "uses", "used")
_OPENING = frozenset(str.split("is are was were do does did has have"))
_DONE = frozenset(
    str.split(
        "paid delivered shipped carried served handled processed sent received opened loaded entered posted "
        "moved requested visited used registered issued reached generated produced included stored kept "
        "fetched called shifted covered owned attracted arrived offered employed listed reported achieved "
        "yielded taken"
    )
)
"""What may have been done to some rows and not to others."""
_ARTICLES = ("the", "a", "an", "my", "our", "your")


def cleaned(items: Sequence[Item]) -> list[Item]:
    """Without what means nothing; "which" and "who" in the middle bring clauses in."""
    found: list[Item] = []
    asks = yes_or_no(items)
    items = [_per(items, at) for at in range(len(items))]
    kept = [item for item in items if item.kind not in ("fill", "there", "again")]
    kept = [i for i, after in zip(kept, [*kept[1:], None], strict=False) if not points(i, after)]
    for at, item in enumerate(kept):
        if item.kind == "verb" and item.value in _FALLS and (asks or at + 1 == len(kept)):
            item = Item("trend", item.value, item.start, item.end, item.cost)
        if item.kind == "agent":  # who manages: which manager
            if not (found and found[-1].kind == "who"):
                return [item]
            who = found.pop()
            found += [Item("which", "which", who.start, who.end, who.cost)]
            item = Item("col", item.value, item.start, item.end, item.cost)
        if (
            item.kind == "verb"
            and item.value in _USING
            and [i.kind for i in kept[at + 1 : at + 2]] == ["col"]
        ):
            item = Item("with", item.value, item.start, item.end, item.cost)
        if item.kind == "bestsold":  # the most of what was sold
            item = Item("most", item.value, item.start, item.end, item.cost)
        if item.kind == "vcol" and _said_too(item, kept, at):
            continue
        if item.kind == "sortby":
            found.append(Item("sort", "sort", item.start, item.end, item.cost))
            item = Item("by", "by", item.end, item.end)
        if at == 0 and item.kind == "rel" and item.value == "where":
            item = Item("what", "where", item.start, item.end, item.cost)
        if item.kind == "newest":
            item = Item("first", item.value, item.start, item.end, item.cost)
        if item.kind == "busy":  # the most rows
            found += [
                Item("most", item.value, item.start, item.end, item.cost),
                Item("noun", "rows", item.start, item.end),
            ]
            continue
        if item.kind == "agg" and isinstance(item.value, str):
            item = Item("agg", (item.value, None), item.start, item.end, item.cost)
        # The rows' own name is no other choice beside a value: what was said was "are".
        if item.kind == "or" and found and found[-1].kind == "noun" and _values(kept, at + 1):
            item = Item("be", "are", item.start, item.end, item.cost)
        if item.kind in ("which", "who", "what", "when") and found and found[-1].kind in (*NOUNS, "period"):
            item = Item("rel", item.value, item.start, item.end, item.cost)
        if (
            item.kind == "but"
            and found
            and (
                (found[-1].kind in ("noun", "all") and found[-1].value in _EVERYBODY)
                or (at > 1 and kept[at - 2].kind == "all" and kept[at - 1].kind == "col")
            )
        ):
            item = Item("not", "but", item.start, item.end, item.cost)
        if _throughout(kept, at):
            item = Item("only", item.value, item.start, item.end, item.cost)
        if (
            item.kind == "all"
            and at + 1 < len(kept)
            and kept[at + 1].kind in (*NOUNS, "describe", "missing", "cols", "distinct", "values", "prep")
        ):
            continue
        found.append(item)
    return found


def _per(items: Sequence[Item], at: int) -> Item:
    """As in "How many rides a day": per day."""
    item = items[at]
    before, after = (items[n].kind if 0 <= n < len(items) else "" for n in (at - 1, at + 1))
    if item.kind == "fill" and item.value in ("a", "an") and (before, after) == ("noun", "unit"):
        return Item("by", "per", item.start, item.end, item.cost)
    return item


def _throughout(items: Sequence[Item], at: int) -> bool:
    """As in "which depts are all remote": only so, and not some of them."""
    before, after = (items[n].kind if 0 <= n < len(items) else "" for n in (at - 1, at + 1))
    asks = items[at].kind == "all" and has_any(items[:at], "which", "what", "show", "count", "distinct")
    says = before in ("be", "with", "verb") and after in ("val", "vals", "flag", "noflag")
    return asks and says and str(items[at].value).startswith("all")


def _values(items: Sequence[Item], at: int) -> bool:
    """Whether a value stands there, and the question ends with it: "Chinstrap", "in Bonn"."""
    kinds = [item.kind for item in items[at:]]
    return kinds[-1:] in (["val"], ["vals"], ["flag"]) and kinds[:-1] in ([], ["prep"])


_DEEDS = frozenset(str.split("deliver ship send receive process handle return cancel")) | _DONE


def unsaid(items: Sequence[Item], table: Table) -> str | None:
    """Why "how many did we deliver" is not all of them: a status says what was done, and not that."""
    done = next((i.value for i in items if i.kind == "verb" and i.value in _DEEDS), None)
    if done is None or any(i.kind in ("val", "vals", "super", "most", "agg") for i in items):
        return None
    for column in table.columns:
        if (
            column.kind == "text"
            and _STATES & set(column.words)
            and 1 < len(table.distinct(column) or ()) <= 20
        ):
            named = ", ".join(map(str, table.distinct(column) or ()))
            return f"I do not know which of them that is. {column.spoken.capitalize()} may be: {named}."
    return None


_BEING = frozenset(
    (
        *str.split(
            "exist exists existed work works live lives happen happens happened occur occurs occurred"
        ),
        *str.split(
            "come comes came appear appears appeared recorded registered measured counted listed logged"
        ),
        *("take place", "took place", "show up", "came in", "come in", "came through", "come through"),
    )
)
_STATES = frozenset(("status", "state", "stage"))


def of_sums(items: Sequence[Item]) -> bool:
    """Whether it is as in "average monthly revenue", "average revenue per month": of rows, or of months?"""
    plain = [item for item in items if item.kind != "fill"]
    kinds = [item.kind for item in plain]
    for at, mean in enumerate(plain):
        if mean.kind != "agg" or mean.value not in ("average", "mean", "typical", "avg"):
            continue
        named = next((n for n in range(at + 1, len(plain)) if kinds[n] in ("col", "vcol")), at)
        if named == at or not summable(plain[named].value.words):
            continue
        if kinds[at + 1 : named] == ["every"]:
            return True
        per = plain[named + 1 : named + 3]
        if [i.kind for i in per] == ["by", "unit"] and per[0].value in _PER:
            return set(kinds[at + 1 : named]) <= {"count", "prep"}
    return False


_PER = frozenset(
    ("per", "each", "every", "in each", "in every", "on each", "on every", "for each", "for every")
)


def _said_too(verb: Item, items: Sequence[Item], at: int) -> bool:
    """As in "how much money did we make": the verb says what the column said before."""
    after = items[at + 1].kind if at + 1 < len(items) else ""
    named = [item for item in items if item.kind == "col" and item.value is verb.value]
    return bool(named) and after not in ("cmp", "num", "between", "not", "be", "more", "thru", "cmpb", "than")


def dangling(items: Sequence[Item]) -> bool:
    """Whether a preposition stands before a word that is passed over, or before nothing: "from the us"."""
    plain = [item for item in items if item.kind != "fill"]
    if any(a.kind == "not" and b.kind == "only" for a, b in itertools.pairwise(plain)):
        return True  # "not just from north": others too
    if any(a.value == "instead" and b.kind == "prep" for a, b in itertools.pairwise(plain)):
        return True  # "on Dream instead of Biscoe"
    if plain and plain[-1].kind == "rel":  # "how many is that": it brings nothing in
        return True
    for before, item, after in zip((None, *plain), plain, (*plain[1:], None), strict=False):
        if item.kind == "verb" and item.value in _DONE and _tells(before, after):
            return True
    if len(plain) > 2 and plain[0].kind == "count" and [i.kind for i in plain[-2:]] == ["noun", "verb"]:
        return plain[-1].value not in _BEING and len(items) == len(plain)  # "how many people pay"
    for before, item, after in zip((None, *plain), plain, (*plain[1:], None), strict=False):
        if item.kind == "pron" and item.value == "one" and before is not None:
            thing = after is not None and after.kind == "noun" and before.kind not in ("prep", "by")
            if before.kind == "only" or thing:
                return True  # "made only one request": not any number of them
    if any(a.kind == "num" and b.kind == "share" for a, b in itertools.pairwise(plain)):
        return True  # "above 10 percent": a unit
    told = [item for item in items if item.kind != "fill" or item.value not in _ARTICLES]
    return any(
        item.kind == "prep" and (after is None or after.kind == "fill")
        for item, after in zip(told, (*told[1:], None), strict=False)
    )


def _tells(before: Item | None, after: Item | None) -> bool:
    """Whether a verb says which rows are meant: "were paid", "the delivered orders"."""
    if before is not None and before.kind in ("be", "not"):
        return after is None or after.kind in ("and", "or", "but", "by")
    named = after is not None and after.kind in ("noun", "col", "flag")
    return named and (
        before is None or before.kind in ("count", "prep", "agg", "show", "all", "share", "which", "what")
    )


_UNDONE = frozenset(("not recorded", "not reported", "not noted", "not measured", "not entered"))


def undone(items: Sequence[Item]) -> bool:
    """Whether it is as in "not measured in 2008": another year, not a gap; of a column a gap is meant."""
    at = next((n for n, i in enumerate(items) if i.kind == "missing" and i.value in _UNDONE), len(items))
    after = items[at + 1 :]
    if after and after[0].value == "this":  # "this year"
        return True
    return not has_any(items, "col", "vcol", "flag", "values") and any(
        item.kind in ("prep", "period", "val", "vals") for item in after
    )


_LEFT = {  # what is told by a verb and the word after it: what was, or what became of something
    **dict.fromkeys(("used", "use"), ("to",)),
    **dict.fromkeys(
        str.split("move moves moved shift shifts shifted"), ("to", "from", "into", "out of", "within")
    ),
    "stayed": ("in", "on", "at", "with", "from"),
}
_GONE = {  # of what is no order: that goes to a country, and people go there from elsewhere
    **dict.fromkeys(str.split("go goes going went come comes came coming get gets got"), ("to", "into")),
    "served": ("in", "on", "at", "for"),
}
_GOODS = frozenset(
    str.split("order orders sale sales purchase purchases transaction transactions request requests row rows")
)
_REACH = frozenset(str.split("reach reached"))
_ARRIVE = frozenset(str.split("arrive arrives arrived"))
_END = frozenset(str.split("end ends ended"))
_MODAL = frozenset(("would", "could", "should", "shall", "want to", "like", "like to"))
_NO_MORE = frozenset(("any more", "any longer", "anymore"))


def changed(items: Sequence[Item]) -> bool:
    """Whether it tells of what once was or has changed, and no row says: "used to live", "moved to"."""
    if any(_wished(items, at) for at in range(1, len(items) - 1)):
        return True
    plain = [item for item in items if item.kind != "fill"]
    moves = any(item.kind == "noun" and item.value not in _GOODS for item in items)
    left = {**_LEFT, **_GONE} if moves else _LEFT
    for at, item in enumerate(plain):
        if item.kind != "verb" or at + 1 == len(plain):
            continue
        if plain[at + 1].value in left.get(item.value, ()) and not _on_its_way(plain[at + 1 : at + 3]):
            return True
        told = next((i.kind for i in plain[at + 1 :] if i.kind != "prep"), "")
        comes = item.value in _ARRIVE or (moves and item.value in _REACH)
        if (comes and told in ("val", "vals")) or (item.value in _END and told == "period"):
            return True
    ceased = any(item.kind == "fill" and item.value in _NO_MORE for item in items)
    return ceased and has_any(items, "not") and has_verb(items)


def _on_its_way(items: Sequence[Item]) -> bool:
    """As in "flights that go to Miami", where a column tells whereto."""
    said, named = items[0], items[-1]
    return named.kind == "val" and bool(WAYS.get(said.value, frozenset()) & set(named.value[0].words))


def _wished(items: Sequence[Item], at: int) -> bool:
    """As in "how many people should be remote", "were hired again in 2020"."""
    before, item, after = items[at - 1 : at + 2]
    if item.kind == "again" and item.value == "again":
        return before.kind in ("verb", "vcol") and after.kind == "prep"
    counted = before.kind == "col" and at > 1 and items[at - 2].kind == "count"
    asks = counted or before.kind in ("noun", "pron", "who", "count")
    return item.kind == "fill" and item.value in _MODAL and asks and after.kind != "fill"


def stray_only(items: Sequence[Item]) -> bool:
    """Whether an "only" is left that belongs to no rows, groups or numbers: it may not be passed over."""
    for at, item in enumerate(items):
        if item.kind != "only" or all(before.kind in _BEFORE_ALL for before in items[:at]):
            continue
        # "only for those with …", "average of only the body mass"
        after = next((i.kind for i in items[at + 1 :] if i.kind != "prep"), "")
        before = next((i.kind for i in reversed(items[:at]) if i.kind != "prep"), "")
        told = before in _TOLD and after in ("col", "vcol")
        if items[at - 1].kind not in _LIMITED and after not in _LIMITED and not told:
            return True
    return False


def limits(items: Sequence[Item]) -> bool:
    """Whether an "only" limits what is told: not so in "just list the islands"."""
    told = itertools.dropwhile(lambda item: item.kind in _BEFORE_ALL, items)
    return has_any(list(told), "only") or any(_throughout(items, at) for at in range(len(items)))


_BEFORE_ALL = frozenset(str.split("fill show lead and but only what be prep again"))
_TOLD = frozenset(str.split("agg describe plot hist"))
_LIMITED = frozenset(str.split("filt group agg count pron order"))


def stranded(items: Sequence[Item]) -> bool:
    """Whether it ends as in "which city do we ship to": in what belongs to what was asked for first."""
    if len(items) < 4 or items[-1].kind != "prep" or items[-2].kind in ("be", "fill", "prep", "and", "or"):
        return False
    first = next((n for n, item in enumerate(items) if item.kind not in ("fill", "prep")), 0)
    asked = items[first + 1] if items[first].kind in ("count", "which", "what") else items[first]
    helps = any(item.value in ("do", "does", "did", "have", "has") for item in items[first + 1 : -2]) or any(
        item.kind == "exist" for item in items[first + 1 : -2]
    )
    return asked.kind in ("col", "flag", "unit", "what", "first", "super", "distinct") and (
        helps or has_verb(items[first + 1 :])
    )


def has_any(items: Sequence[Item], *kinds: str) -> bool:
    """Whether there is an item of one of these kinds."""
    return any(item.kind in kinds for item in items)


def has_verb(items: Sequence[Item]) -> bool:
    """Whether something is done in it."""
    return any(item.kind == "verb" for item in items)


def named_once(items: Sequence[Item]) -> list[Item]:
    """Without a second name of the rows: "the rows of the table", "duration of login requests"."""
    found: list[Item] = []
    for item in items:
        before = [i for i in found if i.kind not in ("filt", *SILENT)]
        last = before[-1].kind if before else ""
        taken = bool(found) and found[-1].kind == "filt"
        if item.kind in ("noun", "table") and (last == "noun" or (taken and last in ("col", "vcol"))):
            continue
        found.append(item)
    return found


def without_rows(items: Sequence[Item]) -> list[Item]:
    """Without "of the orders" and "in the table": a question is about the rows anyway."""
    found: list[Item] = []
    for item in items:
        if (
            item.kind in ("noun", "table", "pron", "all")
            and found
            and found[-1].kind == "prep"
            and len(found) > 1
        ):
            found.pop()
            continue
        found.append(item)
    return found


def asking(items: Sequence[Item]) -> list[Item]:
    """As in "The product with the highest revenue": which one it is."""
    at = next((n for n, item in enumerate(items) if item.kind != "show"), 0)
    kinds = [item.kind for item in items[at : at + 3]]
    if (
        len(kinds) < 3
        or kinds[0] not in ("col", "unit")
        or kinds[1] != "with"
        or kinds[2] not in ("super", "most", "supercol")
    ):
        return list(items)
    column: Column = items[at].value
    if kinds[0] == "col" and not (column.kind == "text" or column.key or column.identifies):
        return list(items)
    return [Item("which", "which", items[at].start, items[at].start), *items[at:]]


def yes_or_no(items: Sequence[Item]) -> bool:
    """Whether it begins as what is answered by yes or no."""
    first = next((i for i in items if i.value in _OPENING or i.kind != "fill"), None)
    return first is not None and first.kind in ("fill", "be", "with") and first.value in _OPENING


def points(item: Item, after: Item | None) -> bool:
    """As in "this table"."""
    return (
        item.kind == "pron" and item.value in ("this", "that") and after is not None and after.kind == "table"
    )
