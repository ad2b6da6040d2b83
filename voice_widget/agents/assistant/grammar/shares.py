"""Shares: which rows are the part, and which the whole."""

from __future__ import annotations

from collections.abc import Sequence

from voice_widget.agents.assistant.grammar.frame import Frame, measure
from voice_widget.agents.assistant.grammar.grammar import Impossible, Unclear, columns, one
from voice_widget.agents.assistant.language import synonyms
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.tables.plans import Choice, Filter, Plan


def share(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "What share of the orders was returned"."""
    named = columns(items)
    if len(named) > 1:
        return None
    if named:
        if named[0].kind == "text" and named[0].flag is None:
            return None
        measure(named[0])
        if named[0].flag is None and not synonyms.summable(named[0].words):
            raise Impossible(f"A share of {named[0].spoken} means nothing to me.", named)
    part, whole = split(frame, rate=one(items, "share") == "rate")
    if not part and not frame.groups:
        raise Impossible("A share of what? Say for instance: what share is in one group.")
    return frame.plan("share", measures=named, filters=part, base=whole)


def split(frame: Frame, *, rate: bool = False) -> tuple[tuple[Filter, ...], tuple[Filter, ...]]:
    """The filters that pick the part, and those that say what the whole is."""
    clauses = frame.clauses
    flagged = [c for c in clauses if "flag" in c.glue]
    of = bool(clauses) and "flag" not in clauses[0].glue and clauses[-1].glue == ("flag",)
    if len(clauses) > 1 and len(flagged) == 1 and (rate or of):  # "what percent of checkouts fail"
        return (flagged[0].filter,), tuple(c.filter for c in clauses if c is not flagged[0])
    says = [bool({"be", "verb", "vcol", "with"} & set(c.glue)) and "rel" not in c.glue for c in clauses]
    if True in says and clauses:
        first = says.index(True)
        if first == 0 and "with" in clauses[0].glue and "be" not in clauses[0].glue:
            later = next(
                (n for n, c in enumerate(clauses) if n and "be" in c.glue and "and" not in c.glue), None
            )
            first = later or 0
        return tuple(c.filter for c in clauses[first:]), tuple(c.filter for c in clauses[:first])
    if len({c.filter.column for c in clauses}) > 1:
        [*_, last] = clauses
        raise Unclear(
            "Which share: of all rows, or of a part of them?",
            [
                Choice("of all", frame.plan("share", filters=frame.filters)),
                Choice(
                    "of a part",
                    frame.plan("share", filters=(last.filter,), base=tuple(c.filter for c in clauses[:-1])),
                ),
            ],
        )
    return frame.filters, ()
