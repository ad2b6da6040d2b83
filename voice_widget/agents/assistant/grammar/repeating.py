"""Questions for what comes more than once, and for what is there at all: rows that repeat others, years."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from voice_widget.agents.assistant.grammar.frame import Frame
from voice_widget.agents.assistant.grammar.grammar import one
from voice_widget.agents.assistant.grammar.grouping import dated
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.tables import nouns
from voice_widget.agents.assistant.tables.plans import Plan


def _twins(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Are there any duplicate rows"."""
    return frame.plan("duplicates")


def _different(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "How many different rows", "how many rows without the duplicates"."""
    plain = one(items, "noun") == "rows" or one(items, "noun") in nouns.dated(frame.scene.table)
    return frame.plan("distinct") if plain and not frame.groups else None


def _units(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Which years are in the data": those of the dates, where no column has the years themselves."""
    unit = one(items, "whichunits")
    if frame.groups or _MORE & set(frame.scene.notes) or any(_NOT & set(c.glue) for c in frame.clauses):
        return None  # "which years have none" is not which rows are so
    own = [column for column in frame.scene.table.columns if column.words == (unit,)]
    if own:
        return frame.plan("values", measures=own[:1])
    group = dated(frame.scene, unit)
    plan = frame.plan("values", measures=(frame.scene.table.columns[group.column],))
    return plan.but(groups=(group,))


_MORE = {"only", "both", "and", "each"}
_NOT = {"not", "no", "noflag"}
_N = "(noun|pron|table|all)?"
CORES: tuple[tuple[str, Callable[[Sequence[Item], Frame], Plan | None]], ...] = (
    (
        f"(exist|count|which|what|show|often)* prep* {_N} (exist|be|verb)* twin (noun|prep|table|exist|be)*",
        _twins,
    ),
    ("(what|show)* count prep? noun (exist|be)* not twin noun? (exist)*", _different),
    ("(what|show)* count prep? distinct noun (exist|prep|table)*", _different),
    ("whichunits (exist|prep|be|table|noun|verb|covers)*", _units),
)
