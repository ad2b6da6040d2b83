"""What has been understood of a sentence beside its core: rows, groups, order. Makes the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from voice_widget.agents.assistant.grammar.grammar import Clause, Impossible, Scene
from voice_widget.agents.assistant.grammar.grouping import Order, group_of, timed
from voice_widget.agents.assistant.language import synonyms
from voice_widget.agents.assistant.tables.plans import Agg, Do, End, Filter, Group, Plan
from voice_widget.agents.assistant.tables.tables import Column

_GROUPED = {"count", "aggregate", "share", "distinct"}
_ALL = 1_000_000
_LIMITED = {"count", "aggregate", "rows", "share"}


@dataclass(frozen=True)
class Frame:
    """The rows, groups and order of one sentence.

    Attributes:
        scene: The table.
        clauses: Its filters, in order.
        groups: What parts the rows.
        order: "top five by …", "sorted by …".
        head: "first five rows": which end, and how many.
    """

    scene: Scene
    clauses: tuple[Clause, ...] = ()
    groups: tuple[Group, ...] = ()
    order: Order | None = None
    head: tuple[End, int] | None = None

    @property
    def said(self) -> bool:
        """Whether anything of them was said."""
        return bool(self.clauses or self.groups or self.order or self.head)

    @property
    def filters(self) -> tuple[Filter, ...]:
        """The filters, each once."""
        return tuple(dict.fromkeys(clause.filter for clause in self.clauses))

    def plan(
        self,
        do: Do,
        *,
        measures: Sequence[Column] = (),
        aggregate: Any = "",
        groups: tuple[Group, ...] = (),
        extra: tuple[Filter, ...] = (),
        filters: tuple[Filter, ...] | None = None,
        ordered: bool = False,
        **more: Any,
    ) -> Plan:
        """A plan with all that was said.

        Args:
            do: The kind of result.
            measures: The columns to calculate with.
            aggregate: How many become one.
            groups: What parts the rows, before what was said to.
            extra: Filters beside those that were said.
            filters: The filters in place of those that were said.
            ordered: The order that was said is in it.
            more: Other fields of the plan.

        Raises:
            Impossible: This kind of result has no place for something of it.
        """
        name, quantile = aggregate if isinstance(aggregate, tuple) else (aggregate, None)
        all_groups = tuple(dict.fromkeys((*groups, *self.groups)))
        if more.get("end") and groups and set(self.groups) - set(groups):
            raise Impossible("I can tell which one of all of them, not which one in each group.")
        if all_groups and do not in _GROUPED and (do != "extreme" or any(g.unit for g in all_groups)):
            raise Impossible("I cannot do that by group.")
        for parting in all_groups:
            if parting.unit == "hour":
                timed(self.scene.table.columns[parting.column])
        if self.head is not None and do != "rows":
            raise Impossible("I cannot do that for the first or last rows only.")
        if self.order is not None and not ordered and self._parts(do, all_groups, more):
            assert self.order.by is not None  # "revenue by country from highest to lowest"
            all_groups = (group_of(self.order.by),)
            more = {**more, "end": self.order.end, "limit": _ALL}
        elif self.order is not None and not ordered:
            raise Impossible("I cannot do that in an order.")
        if more.get("limit") is not None and do not in _LIMITED:
            raise Impossible("I cannot do that for some of them only.")
        if self.scene.rank > 1:
            do, name, more = _ranked(do, name, all_groups, measures, more)
            more["rank"] = self.scene.rank
        return Plan(
            do,
            table=self.scene.table.name,
            filters=tuple(dict.fromkeys((*(self.filters if filters is None else filters), *extra))),
            measures=tuple(column.position for column in measures),
            aggregate=name,
            quantile=quantile,
            groups=all_groups,
            **more,
        )

    def _parts(self, do: Do, groups: Sequence[Group], more: dict[str, Any]) -> bool:
        """Whether the order is one of groups by what is worked out, not of rows."""
        order = self.order
        plain = order is not None and order.said and order.by is not None and order.by.kind == "text"
        return plain and do in ("count", "aggregate") and not groups and not more.get("end")


def _ranked(
    do: Do, name: Any, groups: tuple[Group, ...], measures: Sequence[Column], more: dict[str, Any]
) -> tuple[Do, Any, dict[str, Any]]:
    """As in "the second highest revenue": the row in that place, or the group."""
    if any(column.kind == "date" for column in measures):
        raise Impossible("I know only the first and the last of dates.", measures)
    if do == "aggregate" and name in ("max", "min") and not groups:
        return "extreme", "", {**more, "end": "highest" if name == "max" else "lowest"}
    if do != "extreme" and not (do in _GROUPED and groups and more.get("end") and more.get("limit") is None):
        raise Impossible("I can do that for the highest and the lowest only.", measures)
    return do, name, more


def measure(column: Column) -> None:
    """See that a column can be calculated with.

    Raises:
        Impossible: It cannot; the sentence says why.
    """
    name = column.spoken.capitalize()
    if column.kind == "empty":
        raise Impossible(f"{name} is empty.", [column])
    if column.identifies:
        raise Impossible(
            f"{name} stands for things, so I do not calculate with it. You can count it.", [column]
        )
    if column.kind == "text" and not column.flag:
        raise Impossible(
            f"{name} is text, so I cannot calculate with it. You can ask for its counts.", [column]
        )
    if column.kind not in ("number", "bool", "date", "duration", "text"):
        raise Impossible(f"{name} holds no numbers.", [column])


def aggregated(column: Column, aggregate: tuple[Agg, float | None]) -> None:
    """See that a column has such a number.

    Raises:
        Impossible: It has not.
    """
    name, agg = column.spoken.capitalize(), aggregate[0]
    if column.kind == "text" and not column.flag:
        what = {
            "mean": "average",
            "sum": "total",
            "std": "standard deviation",
            "min": "minimum",
            "max": "maximum",
        }.get(agg, agg)
        raise Impossible(f"{name} is text, so it has no {what}. You can ask for its counts.", [column])
    measure(column)
    if agg == "sum" and not column.flag and (column.key or not synonyms.adds_up(column.words)):
        raise Impossible(f"A total {column.spoken} means nothing. You can ask for the average.", [column])
    if column.kind == "date" and agg in ("sum", "std"):
        what = {"sum": "total", "std": "standard deviation"}[agg]
        raise Impossible(f"{name} holds no numbers, so it has no {what}.", [column])


def chosen_aggregate(column: Column) -> Agg:
    """What people mean where they say no aggregate: the total of what adds up, else the average."""
    return "sum" if column.flag or synonyms.summable(column.words) else "mean"


def true(column: Column) -> Filter:
    """The rows with a yes."""
    assert column.flag is not None
    return Filter(column.position, "in", (column.flag[0],))


__all__ = ["Frame", "aggregated", "chosen_aggregate", "group_of", "measure", "true"]
