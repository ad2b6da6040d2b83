"""What is said where something was not understood: which word, and the nearest thing that can be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from difflib import SequenceMatcher

from voice_widget.agents.assistant.grammar.lexicon import Lexicon
from voice_widget.agents.assistant.grammar.reading import Tried, tried
from voice_widget.agents.assistant.language import vocabulary
from voice_widget.agents.assistant.language.speaking import listing
from voice_widget.agents.assistant.language.words import sound
from voice_widget.agents.assistant.operations.series import said_aggregate
from voice_widget.agents.assistant.tables.plans import Asked, Choice, Filter, Outcome, Plan, Refused
from voice_widget.agents.assistant.tables.tables import Table
from voice_widget.agents.assistant.telling import wording

LOST = "I did not get that."
_MOST = 3  # so many words are named; of more none was meant for this table
_JOINS = frozenset(
    str.split(
        "in of for from by per at on the a an not without with each every except excluding to and or "
        "named called outside"
    )
)
_NEAR = 0.8


def refused(words: list[str], result: Tried, lexicon: Lexicon, today: datetime) -> Outcome:
    """Name the words that nobody knows, and offer what is near."""
    if not result.unknown:
        return Refused(_placed(words, result), lexicon.columns_in(words))
    named_here = lexicon.columns_in(words)
    if len(result.unknown) > _MOST:
        return Refused(LOST, named_here)
    for instead, name in _alike(words, result.unknown, lexicon):
        other = tried(instead, lexicon, today)
        if other.plans:
            plan = other.plans[0][1]
            return Asked(f"{LOST} Did you mean {name}?", (Choice("yes", plan),))
    lost = listing([f"“{word}”" for word in result.unknown], last="or")
    said = f"{LOST} I do not know {lost} here."
    rest = _without(words, result.unknown)
    other = tried(rest, lexicon, today) if rest and rest != words else Tried()
    plans = list(dict.fromkeys(plan for _, plan, _ in other.plans))
    if len(plans) == 1 and (what := named(plans[0], lexicon.table)):
        offer = f"leave it out and tell you {what}" if " without " in what else f"tell you {what} without it"
        return Asked(f"{said} Shall I {offer}?", (Choice("yes", plans[0]),))
    return Refused(said, named_here)


def undenied(outcome: Outcome, lexicons: Sequence[Lexicon]) -> Outcome:
    """Ask whether it was meant without its "not", by what it comes to then."""
    if isinstance(outcome, Plan):
        table = next(lexicon.table for lexicon in lexicons if lexicon.table.name == outcome.table)
        what = named(outcome, table) if _plain(outcome) else ""
        return Asked(f"Do you mean {what or 'it without the “not”'}?", (Choice("yes", outcome),))
    if isinstance(outcome, Asked):
        said = outcome.sentence
        return Asked(said if said.startswith(LOST) else f"Without the “not”: {said}", outcome.choices)
    near = outcome.near if isinstance(outcome, Refused) else ()
    return Refused(f"{LOST} I do not know what to do with “not”.", near)


def _plain(plan: Plan) -> bool:
    """Whether its rows, groups and number say all of it."""
    other = Plan(plan.do, plan.table, plan.filters, measures=plan.measures, aggregate=plan.aggregate)
    return plan == other.but(quantile=plan.quantile, groups=plan.groups, chosen=plan.chosen)


def _placed(words: Sequence[str], result: Tried) -> str:
    """All words are known, and they do not go together: which ones were left."""
    left = [" ".join(words[item.start : item.end]) for item in result.left]
    if not left or len(left) > 4:
        return LOST
    return f"{LOST} I do not know what to do with “{' … '.join(left)}”."


def _without(words: Sequence[str], unknown: Sequence[str]) -> list[str]:
    """The words without those that nobody knows, and without what brought them in."""
    kept: list[str] = []
    for word in words:
        if word in unknown:
            while kept and kept[-1] in _JOINS:
                kept.pop()
            continue
        kept.append(word)
    return kept


def _alike(words: Sequence[str], unknown: Sequence[str], lexicon: Lexicon) -> Iterator[tuple[list[str], str]]:
    """The words with what may have been misheard put right."""
    for start in range(len(words)):
        for end in range(min(len(words), start + 3), start, -1):
            part = words[start:end]
            if not any(word in unknown for word in part):
                continue
            joined = "".join(part)
            if len(joined) < 5:
                continue
            for name in lexicon.spoken_names:
                if not set(name.split()) <= set(part) and _like(joined, name.replace(" ", "")):
                    yield [*words[:start], *name.split(), *words[end:]], name


def _like(heard: str, name: str) -> bool:
    if len(name) < 4 or name[0] != heard[0] or abs(len(name) - len(heard)) > 3 or name in vocabulary.KNOWN:
        return False
    ratio = SequenceMatcher(None, heard, name, autojunk=False).ratio()
    return ratio >= _NEAR or (ratio >= 0.6 and len(sound(heard)) > 2 and sound(heard) == sound(name))


def named(plan: Plan, table: Table) -> str:
    """What a plan gives, in a few words; "" where there are none."""
    which = wording.filters(plan.filters, table)
    groups = wording.by(plan, table)
    if plan.do == "count":
        return f"the number of rows{groups}{which}"
    if plan.do == "aggregate" and len(plan.measures) == 1:
        number = f"{said_aggregate(plan)} {table.columns[plan.measures[0]].spoken}".strip()
        return f"the {number}{groups}{which}"
    return ""


def labelled(plans: Sequence[Plan], tables: Mapping[str, Table]) -> tuple[Choice, ...]:
    """Plans that a question could mean, each by what it differs in."""
    labels = [_label(plan, plans, tables[plan.table]) for plan in plans]
    if len(set(labels)) < len(labels):
        labels = [named(plan, tables[plan.table]) or f"the {plan.do}" for plan in plans]
    return tuple(Choice(label, plan) for label, plan in zip(labels, plans, strict=True))


def _label(plan: Plan, plans: Sequence[Plan], table: Table) -> str:
    if len({p.table for p in plans}) > 1:
        own = [p for p in plans if p.table == plan.table]
        name = table.noun or plan.table
        return name if len(own) == 1 else f"{_label(plan, own, table)} in {name}"
    if len({p.measures for p in plans}) > 1 and plan.measures:
        return listing([table.columns[p].spoken for p in plan.measures])
    if len({p.filters for p in plans}) > 1:
        return _rows(plan.filters, [p.filters for p in plans], table)
    if len({p.base for p in plans}) > 1 and plan.base:
        return _rows(plan.base, [p.base for p in plans], table)
    if len({p.pair for p in plans}) > 1 and plan.pair:
        return listing(list(dict.fromkeys(table.columns[side.column].spoken for side in plan.pair)))
    if len({p.groups for p in plans}) > 1 and plan.groups:
        return wording.by(plan, table).strip()
    if len({p.sort for p in plans}) > 1 and plan.sort is not None:
        return table.columns[plan.sort].spoken
    return named(plan, table) or f"the {plan.do}"


def _rows(mine: Sequence[Filter], all_of_them: Sequence[Sequence[Filter]], table: Table) -> str:
    """The filters that not all of them have, each with its column."""
    said = []
    for wanted in mine:
        if any(wanted not in other for other in all_of_them):
            held = wording.held(wanted, table) if wanted.op == "in" else wording.clause(wanted, table)
            name = table.columns[wanted.column].spoken
            said.append(held if name in held else f"{name} {held}")
    return " and ".join(said) or "all of them"
