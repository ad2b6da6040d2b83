"""Who corrects themselves: "by region, no, by country", "from Spain, I mean from France". Pure.

What was said last takes the place of what it corrects. What that is shows in the plans: with the new words in
the place of some old ones exactly one thing of the plan is another. Where nothing fits so, it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields

from voice_widget.agents.assistant.tables.plans import Filter, Plan

PlanOf = Callable[[list[str]], Plan | None]
"""What words come to, if it is a plan."""

_MARKS = frozenset(
    tuple(phrase.split())
    for phrase in str.split(
        "no wait|wait no|no sorry|sorry no|no no|no i mean|no i meant|i mean|i meant|i should say"
        "|or rather|no rather|scratch that|strike that|no make that|make that|make it|actually make that"
        "|actually make it|no make it|no actually|actually no|hold on|hang on|sorry|correction|excuse me"
        "|my mistake|my bad|oops|no not|or actually|let us make that|let us make it|i take that back"
        "|better make that|or no|oh no|ah no|oh wait|er no|um no|uh no|apologies|pardon me|no better",
        "|",
    )
)
_LONGEST = max(map(len, _MARKS))
_AFTER = frozenset(str.split("no er um uh oh ah well actually rather please sorry wait i mean meant"))
"""What may follow a mark and belongs to it."""
_JOINS = frozenset(str.split("by per in from for on at of with to for since before after between during"))
_TURNS = _JOINS | _AFTER | {"not", "wait"}
_TAKEN_BACK = frozenset(("no", "scratch", "strike", "take"))
_OPENING = frozenset(str.split("is are was were do does did has have can"))
NO = "no-"
"""How `tokens` writes a "no" that stands between commas."""
_ONE = (
    "filters",
    "base",
    "measures",
    "aggregate",
    "groups",
    "end",
    "order",
    "sort",
    "limit",
    "having",
    "rank",
    "pair",
)


def marked(words: Sequence[str], start: int = 0) -> tuple[int, int] | None:
    """Where the first mark of a correction begins and ends.

    Example:
        >>> marked("by region no wait by country".split()), marked("orders with no city".split())
        ((2, 4), None)
    """
    for at in range(start, len(words)):
        end = _end(words, at)
        if end is None:
            continue
        while end < len(words) and words[end] in (*_AFTER, NO):
            end += 1
        return at, end
    return None


def _end(words: Sequence[str], at: int) -> int | None:
    for size in range(min(_LONGEST, len(words) - at), 0, -1):
        if words[at : at + 2] == ["or", "no"] and words[at + 2 : at + 3] and words[at + 2] not in _TURNS:
            break  # "in sales or no legal", without a pause
        if tuple("no" if word == NO else word for word in words[at : at + size]) in _MARKS:
            return at + size
    if words[at] == NO:
        return at + 1
    turns = words[at] in ("no", "actually") and words[at + 1 : at + 2]
    return at + 1 if turns and words[at + 1] in _JOINS else None


def corrected(words: list[str], plan_of: PlanOf) -> list[str] | None:
    """The words with every correction carried out; None: it is not clear what one of them corrects.

    Args:
        words: The utterance.
        plan_of: What words come to.
    """
    while (found := marked(words)) is not None:
        start, end = found
        following = marked(words, end)
        stop = len(words) if following is None else following[0]
        before, after = words[:start], words[end:stop]
        if before and after:
            either = words[start:end] == ["or", "no"]
            if either and set(after) <= set(before):  # "a bonus of at least 5000 or no bonus"
                return words
            mark = set(words[start:end])
            merged = _merged(
                before,
                after,
                plan_of,
                firm=bool({"no", NO, "meant", "that"} & mark),
                alike=mark <= {"or", "no", NO},
            )
            if merged is None:
                return words if either else None
            before, after = merged, []
        elif before and not after and not (_TAKEN_BACK.isdisjoint(words[start:end]) or _asks(before)):
            return None
        words = [*before, *after, *words[stop:]]
    return words


def _asks(words: Sequence[str]) -> bool:
    """Whether it is for a yes or a no anyway: "is there any on Dream, or no"."""
    return words[0] in _OPENING


def _merged(
    before: list[str], after: list[str], plan_of: PlanOf, *, firm: bool, alike: bool
) -> list[str] | None:
    """The words before a mark with those after it in their place.

    Args:
        before: Up to the mark.
        after: From it on.
        plan_of: What words come to.
        firm: The mark says that something was wrong: nothing is only added.
        alike: It is a mere "no": of rows only others by the same column are meant.
    """
    was = plan_of(before)
    if was is None:  # only a word was begun: "the average, no, the median age"
        whole = [*before[:-1], *after]
        return whole if plan_of(whole) is not None else after if len(before) == 1 and plan_of(after) else None
    for ends in ([len(before)], range(len(before) - 1, 0, -1)):
        found: dict[Plan, list[str]] = {}
        for stop in ends:
            for first in range(stop - 1, max(-1, stop - 7), -1):
                whole = [*before[:first], *after, *before[stop:]]
                plan = plan_of(whole)
                if plan is not None and _one_thing(was, plan):
                    found.setdefault(plan.but(chosen=False), whole)
        if len(found) == 1:
            [(plan, whole)] = found.items()
            return None if alike and _columns(was) != _columns(plan) else whole
        if found:
            return None
    if not firm and (plan := plan_of([*before, *after])) is not None and _adds(was, plan):
        return [*before, *after]
    plan = plan_of(after)
    if plan is not None and len(plan.filters) == len(was.filters) and len(plan.groups) == len(was.groups):
        return after
    return None


def _columns(plan: Plan) -> set[int]:
    """The columns that rows are picked by."""
    return {wanted.column for wanted in plan.filters}


def _one_thing(was: Plan, now: Plan) -> bool:
    """Whether exactly one thing of a plan is another, in the place of what it was."""
    changed = {field.name for field in fields(Plan) if getattr(was, field.name) != getattr(now, field.name)}
    changed -= {"chosen"}
    if "quantile" in changed:
        changed = changed - {"quantile"} | {"aggregate"}
    if "measures" in changed and was.chosen and now.chosen:
        changed -= {"aggregate"}
    if len(changed) != 1 or (name := changed.pop()) not in _ONE:
        return False
    old, new = getattr(was, name), getattr(now, name)
    if not isinstance(old, tuple) or name == "having":
        return True
    pairs = [pair for pair in zip(old, new, strict=False) if pair[0] != pair[1]]
    if len(old) != len(new) or len(pairs) != 1:
        return False
    [(before, after)] = pairs
    if not isinstance(before, Filter) or not isinstance(after, Filter):
        return True
    others = {f.column for f in new if f is not after}
    return len(before.values) == len(after.values) and (
        before.column == after.column or (before.negated == after.negated and after.column not in others)
    )


def _adds(was: Plan, now: Plan) -> bool:
    """Whether a plan only says more than another: rows where there were all, groups where there were none."""
    return was.but(filters=(), groups=()) == now.but(filters=(), groups=()) and all(
        not old or old == new for old, new in ((was.filters, now.filters), (was.groups, now.groups))
    )
