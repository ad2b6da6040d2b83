"""What an utterance comes to in a talk: with the questions before it, over one table or several. Pure.

The state of a talk is what the utterances so far have left, and is made from them anew each time: nothing of
it is kept, so that one assistant can answer many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from voice_widget.agents.assistant import mending, talking
from voice_widget.agents.assistant.grammar import correcting
from voice_widget.agents.assistant.grammar.denying import undenied
from voice_widget.agents.assistant.grammar.following import follow
from voice_widget.agents.assistant.grammar.grammar import Impossible, Unclear
from voice_widget.agents.assistant.grammar.keeping import merged
from voice_widget.agents.assistant.grammar.lexicon import Lexicon
from voice_widget.agents.assistant.grammar.reading import Parts, Tried, tried
from voice_widget.agents.assistant.grammar.reading import asked as asked_back
from voice_widget.agents.assistant.grammar.tokens import MOST, READ, tokens
from voice_widget.agents.assistant.language.homophones import meant
from voice_widget.agents.assistant.tables.plans import Asked, Choice, Outcome, Plan, Refused, SmallTalk


@dataclass(frozen=True)
class State:
    """What the utterances so far have left.

    Attributes:
        plan: The last question that was answered.
        choices: What a question back left open.
    """

    plan: Plan | None = None
    choices: tuple[Choice, ...] = ()


def understand(
    text: str, state: State, lexicons: Sequence[Lexicon], today: datetime
) -> tuple[Outcome, State]:
    """What an utterance comes to, and what it leaves.

    Args:
        text: The utterance.
        state: What those before it have left.
        lexicons: One for each table.
        today: The day it is said.
    """
    words = tokens(text)
    if len(words) > MOST or len(text) > READ:
        return Refused("That was too long for me. Ask it in fewer words.", lost=False), State(state.plan)
    if state.choices and (picked := talking.picked(words, state.choices)) is not None:
        return picked, State(picked)
    talk = talking.kind(words)
    if talk is not None:
        return SmallTalk(talk), State(
            state.plan, state.choices if talk in ("repeat", "go_on", "help", "thanks") else ()
        )
    outcome = _corrected(words, state, lexicons, today)
    if isinstance(outcome, Plan):
        return outcome, State(outcome)
    if isinstance(outcome, Asked):
        return outcome, State(state.plan, outcome.choices)
    return outcome, State(state.plan)


def _corrected(words: list[str], state: State, lexicons: Sequence[Lexicon], today: datetime) -> Outcome:
    """What the words come to once what was taken back is out of them."""
    if correcting.marked(words) is None:
        return _of_tables(words, state, lexicons, today)

    def plan_of(part: list[str]) -> Plan | None:
        found = _of_tables(part, state, lexicons, today) if part else None
        return found if isinstance(found, Plan) else None

    whole = correcting.corrected(words, plan_of)
    if whole is None:
        return Refused("I am not sure what you corrected. Say the whole question once more.", lost=False)
    return _of_tables(whole, state, lexicons, today)


def _of_tables(words: list[str], state: State, lexicons: Sequence[Lexicon], today: datetime) -> Outcome:
    if not lexicons or not words:
        return Refused("I did not get that.")
    current = state.plan.table if state.plan is not None else lexicons[0].table.name
    ordered = sorted(lexicons, key=lambda lexicon: lexicon.table.name != current)
    for lexicon in ordered:
        if (others := undenied(words, lexicon, today)) is not None:
            return mending.undenied(_of_tables(others, state, lexicons, today), lexicons)
    found = [tried(words, lexicon, today) for lexicon in ordered]
    if (outcome := _decided(found, ordered, state)) is not None:
        return outcome
    if any(result.unknown for result in found):
        # What nobody knows may have come into the data since, or stand in a column with very many values.
        for lexicon in ordered:
            lexicon.renew()
        found = [tried(words, lexicon, today, searching=True) for lexicon in ordered]
        if (outcome := _decided(found, ordered, state)) is not None:
            return outcome
        unknown = frozenset[str].intersection(*(frozenset(result.unknown) for result in found))
        if (others := meant(words, unknown)) != words:
            heard = [tried(others, lexicon, today) for lexicon in ordered]
            if (outcome := _decided(heard, ordered, state)) is not None:
                return outcome
    return _refusal(words, found, ordered, state, today)


def _decided(found: Sequence[Tried], ordered: Sequence[Lexicon], state: State) -> Outcome | None:
    """A plan, or a question back; None where no reading came to anything."""
    first = found[0]
    try:
        gone_on = _followed(first, ordered[0], state.plan) if state.plan is not None else []
    except Unclear as unclear:
        return asked_back(unclear)
    if gone_on:
        return gone_on[0] if len(gone_on) == 1 else _which(gone_on, ordered, state)
    plans = [(cost, plan, parts, n) for n, result in enumerate(found) for cost, plan, parts in result.plans]
    asked = [one for result in found for one in result.asked]
    refused = [one for result in found for one in result.refused]
    least = min((cost for cost, *_ in plans), default=float("inf"))
    if asked and min(cost for cost, _ in asked) < least - 0.5:
        return min(asked, key=lambda one: one[0])[1]
    if refused and min(cost for cost, _ in refused) < least - 0.5 and not asked:
        impossible = min(refused, key=lambda one: one[0])[1]
        return Refused(impossible.sentence, impossible.near, lost=False)
    if not plans:
        return None
    best = [one for one in plans if one[0] <= least + 1e-6]
    distinct = list(dict.fromkeys(_inheriting(plan, parts, state) for _, plan, parts, _ in best))
    there = {plan.filters for plan in distinct if plan.do == "exists"}  # "anything missing": a yes, not rows
    distinct = [plan for plan in distinct if plan.do != "rows" or plan.filters not in there]
    distinct = _of_groups(distinct)
    if len(distinct) == 1:
        return distinct[0]
    return _which(distinct, ordered, state)


def _of_groups(plans: list[Plan]) -> list[Plan]:
    """Of a value that stands in two columns, the one that is grouped by: "the manager except Kira"."""
    if len({plan.but(filters=()) for plan in plans}) > 1:
        return plans
    grouped = [plan for plan in plans if {f.column for f in plan.filters} & {g.column for g in plan.groups}]
    return grouped or plans


def _inheriting(plan: Plan, parts: Parts, state: State) -> Plan:
    """As in "How many of them": the rows of the last question."""
    if not parts.plural or state.plan is None or state.plan.table != plan.table:
        return plan
    return plan.but(filters=merged(state.plan.filters, plan.filters, within=parts.within))


def _followed(result: Tried, lexicon: Lexicon, last: Plan) -> list[Plan]:
    """The last plan gone on with, where the utterance is no question of its own; what else it may be."""
    if lexicon.table.name != last.table:
        return []
    whole = bool(result.plans) or any(cost for cost, _ in result.asked)
    found: list[Plan] = []
    least = float("inf")
    for cost, parts in result.parts:
        goes_on = parts.lead or _fragment(parts) or _of_them(parts) or (parts.within and last.end)
        goes_on = goes_on or last.do == "extreme"
        if cost > least + 1e-6 or (whole and not goes_on):
            break
        try:
            if (
                not (parts.lead and _complete(parts))
                and (plan := follow(parts, last, lexicon.table)) is not None
            ):
                found, least = [*found, plan], cost
        except Impossible:
            continue
    # "And in April" is of the dates that were spoken of, and "to Rome" of any column in which Rome stands.
    asked = {f.column for f in last.filters if f.op in ("period", "cycle")}
    same = [p for p in found if asked & {f.column for f in p.filters if f not in last.filters}]
    return list(
        {frozenset(f.column for f in plan.filters): plan for plan in reversed(same or found)}.values()
    )[::-1]


def _of_them(parts: Parts) -> bool:
    """Whether it asks which one of what was told: "which one is the highest"."""
    kinds = {item.kind for item in parts.core}
    if kinds and kinds <= {"count", "exist", "noun"} and kinds != {"count", "noun"}:  # "how many are there"
        return not parts.frame.clauses
    if [item.kind for item in parts.core] == ["which", "col", "most"]:  # "which country has the most"
        return True
    one = any(item.kind == "which" and item.value == "which one" for item in parts.core)
    return (one or not kinds & {"col", "noun"}) and kinds <= {"which", "pron", "super", "supercol", "most"}


def _complete(parts: Parts) -> bool:
    """Whether it asks for a number of a column, and so keeps nothing of the question before."""
    kinds = {item.kind for item in parts.core}
    return bool(kinds & {"agg", "super"}) and bool(kinds & {"col", "vcol"})


def _fragment(parts: Parts) -> bool:
    """Whether only clauses were said: "only the remote ones", "by island"."""
    kinds = {item.kind for item in parts.core}
    if not kinds:
        return True
    if parts.frame.clauses and parts.singular and kinds == {"what", "pron"}:  # "what was that for Biscoe"
        return True
    if parts.singular or parts.plural:
        return kinds <= {"pron", "show", "plot", "noun", "all", "who", "what", "which"} or (
            kinds <= {"count", "pron", "prep", "noun"} and not parts.frame.clauses
        )
    return kinds <= {"agg"} or kinds <= {"super"} or (kinds <= {"col"} and not parts.frame.groups)


def _which(distinct: Sequence[Plan], ordered: Sequence[Lexicon], state: State) -> Outcome:
    """Two plans fit equally well: ask."""
    tables = {lexicon.table.name: lexicon.table for lexicon in ordered}
    names = list(dict.fromkeys(plan.table for plan in distinct))
    if len(names) > 1:
        plain = all(not (p.measures or p.filters or p.groups) for p in distinct)
        if plain or (state.plan is not None and state.plan.table in names):
            wanted = ordered[0].table.name
            distinct = [p for p in distinct if p.table == wanted] or list(distinct)
            if len(distinct) == 1:
                return distinct[0]
    choices = mending.labelled(distinct[:4], tables)
    if len({choice.label for choice in choices}) == 1:
        return Refused("I can take that in several ways. Say it in other words.", lost=False)
    listed = talking.either([choice.label for choice in choices])
    return Asked(f"Which one do you mean: {listed}?", choices)


def _refusal(
    words: list[str], found: Sequence[Tried], ordered: Sequence[Lexicon], state: State, today: datetime
) -> Outcome:
    asked = [one for result in found for one in result.asked]
    if asked:
        return min(asked, key=lambda one: one[0])[1]
    refused = [one for result in found for one in result.refused]
    if refused:
        impossible = min(refused, key=lambda one: one[0])[1]
        return Refused(impossible.sentence, impossible.near, lost=False)
    at = min(range(len(found)), key=lambda n: len(found[n].unknown))
    return mending.refused(words, found[at], ordered[at], today)
