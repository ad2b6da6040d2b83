"""A plan as a chat model gives it: the arguments of one tool, each held against the table. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, get_args

from voice_widget.agents.assistant.grammar.frame import aggregated, measure
from voice_widget.agents.assistant.grammar.grammar import Impossible
from voice_widget.agents.assistant.grammar.grouping import group_of
from voice_widget.agents.assistant.tables.plans import Do, Filter, Group, Plan, Unit
from voice_widget.agents.assistant.tables.tables import Column, Table
from voice_widget.errors import SettingError, shown

NAME = "ask_table"
DO = tuple(do for do in get_args(Do) if do not in ("difference", "plot"))
AGGREGATES = ("mean", "median", "sum", "min", "max", "std", "percentile", "range")
OPS = (
    "in",
    "not in",
    "above",
    "below",
    "at least",
    "at most",
    "between",
    "missing",
    "not missing",
    "since",
    "before",
)


_VALUES = {"in": (1, 1000), "not in": (1, 1000), "between": (2, 2), "missing": (0, 0), "not missing": (0, 0)}
"""So few and so many of `values` an op takes; else one."""
_MOST_ROWS = 10**9
_DAY = timedelta(days=1)
_ALWAYS = ("do", "table")
_USED = {
    "count": "filters groups",
    "aggregate": "filters measures aggregate groups",
    "share": "filters base measures groups",
    "rows": "filters sort order limit",
    "extreme": "filters measures end",
    "values": "filters measures",
    "distinct": "filters measures groups",
    "missing": "filters",
    "incomplete": "filters",
    "duplicates": "filters",
    "describe": "filters measures",
    "columns": "",
    "correlation": "filters measures",
    "moment": "filters measures end",
    "exists": "filters",
}
"""What each result is made of, beside what `_used` adds."""
KNOWN = (*_ALWAYS, *dict.fromkeys(" ".join(_USED.values()).split()), "percentile")
_MEASURES = {
    "aggregate": (1, 99),
    "share": (0, 1),
    "extreme": (1, 2),
    "values": (1, 1),
    "distinct": (1, 1),
    "describe": (0, 1),
    "correlation": (2, 2),
    "moment": (1, 1),
}
_MOST_GROUPS = 2


def plan_of(arguments: Mapping[str, Any], tables: Sequence[Table]) -> Plan:
    """A model's arguments as a plan, each held against the table; what the plan would not use is refused.

    Raises:
        SettingError: One names nothing, does not fit, or has no part in what is to be done.
    """
    if strange := sorted(set(map(str, arguments)) - set(KNOWN)):
        raise SettingError(f"`{NAME}` takes no {shown(strange[0])}.", next_step=f"It takes {sorted(KNOWN)}.")
    given = {name: value for name, value in arguments.items() if not _blank(value)}
    table = _table(given.get("table"), tables)
    do = _one(given.get("do"), DO, "do")
    aggregate = _one(given.get("aggregate", ""), ("", *AGGREGATES), "aggregate")
    if unused := sorted(set(given) - _used(do, given)):
        raise SettingError(f"`{do}` has no use for `{unused[0]}` here.", next_step="Leave it out.")
    measures = tuple(_column(name, table) for name in _list(given.get("measures")))
    least, most = _MEASURES.get(do, (0, 0))
    if len(measures) < least:
        raise SettingError(f"`{do}` needs {least} of `measures`.")
    if len(measures) > (1 if "groups" in given else most):
        raise SettingError(f"`{do}` takes fewer of `measures`.")
    if do == "aggregate" and not aggregate:
        raise SettingError("`aggregate` says which number is made of many.")
    quantile = _within(given.get("percentile", 50), 0, 100) / 100 if aggregate == "percentile" else None
    try:
        for at, column in enumerate(measures):
            _fits(column, do, at)
            if do == "aggregate":
                aggregated(column, (aggregate, quantile))  # type: ignore[arg-type]
        groups = tuple(_group(one, table) for one in _list(given.get("groups")))
    except Impossible as impossible:
        raise SettingError(impossible.sentence) from None
    if len(groups) > _MOST_GROUPS:
        raise SettingError(f"There may be {_MOST_GROUPS} of `groups`.")
    end = _one(given.get("end", ""), ("", "highest", "lowest"), "end")
    order = _one(given.get("order", ""), ("", "highest", "lowest"), "order")
    sort = _column(given["sort"], table).position if "sort" in given else None
    return Plan(
        do,  # type: ignore[arg-type]
        table=table.name,
        filters=tuple(_filter(one, table) for one in _list(given.get("filters"))),
        base=tuple(_filter(one, table) for one in _list(given.get("base"))),
        measures=tuple(column.position for column in measures),
        aggregate=aggregate,  # type: ignore[arg-type]
        quantile=quantile,
        groups=groups,
        end=("highest" if do == "extreme" and not end else end),  # type: ignore[arg-type]
        sort=sort,
        order=("highest" if sort is not None and not order else order),  # type: ignore[arg-type]
        limit=_limit(given["limit"]) if "limit" in given else None,
    )


def _used(do: str, given: Mapping[str, Any]) -> set[str]:
    """The arguments that have a part in the result."""
    used = {*_ALWAYS, *_USED[do].split()}
    if "groups" in given and "groups" in used:
        means = do == "count" and given.get("aggregate") == "mean"  # how many there are in each on average
        used |= {"aggregate"} if means else {"end", "limit"}
    elif do == "aggregate" and "sort" in given and "limit" in given:  # of so many rows from one end
        used |= {"sort", "order", "limit"}
    if do == "rows" and "sort" not in given:
        used -= {"order"}
    return used | ({"percentile"} if do == "aggregate" and given.get("aggregate") == "percentile" else set())


def _fits(column: Column, do: str, at: int) -> None:
    """See that such a result can be made of the column in that place."""
    if do in ("share", "correlation") or (do == "extreme" and at == 0):
        measure(column)
    elif do == "extreme" and column.kind == "other":  # what is told of the row at the end
        raise SettingError(f"{column.spoken!r} holds nothing that can be said.")
    if do in ("share", "correlation") and not (column.numeric or column.flag):
        raise SettingError(f"{column.spoken!r} holds no numbers.")
    if do == "moment" and column.kind != "date":
        raise SettingError(f"{column.spoken!r} holds no dates.")


def _blank(found: Any) -> bool:
    return found is None or (isinstance(found, str | list | tuple) and not found)


def _list(found: Any) -> Sequence[Any]:
    if found is None:
        return ()
    if not isinstance(found, list | tuple):
        raise SettingError(f"{shown(found)} is no list.")
    return found


def _one(found: Any, options: Sequence[str], name: str) -> str:
    if not isinstance(found, str) or found not in options:
        raise SettingError(f"{shown(found)} is no `{name}`.", next_step=f"It is one of {list(options)}.")
    return found


def _number(found: Any) -> float:
    try:
        number = math.nan if isinstance(found, bool | str) else float(found)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise SettingError(f"{shown(found)} is no number.")
    return number


def _within(found: Any, low: float, high: float) -> float:
    number = _number(found)
    if not low <= number <= high:
        raise SettingError(f"{shown(found)} is not from {low} to {high}.")
    return number


def _limit(found: Any) -> int:
    number = _within(found, 1, _MOST_ROWS)
    if number != int(number):
        raise SettingError(f"{shown(found)} is no whole number.")
    return int(number)


def _word(found: Any) -> str:
    """A name or a value as text."""
    if not isinstance(found, str | int | float):
        raise SettingError(f"{shown(found)} is neither text nor a number.")
    try:
        return str(found).strip()
    except ValueError:  # a number of thousands of digits
        raise SettingError(f"{shown(found)} is too long.") from None


def _table(name: Any, tables: Sequence[Table]) -> Table:
    if name is None:
        return tables[0]
    wanted = _word(name).lower()
    for table in tables:
        if wanted in (table.name.lower(), table.noun.lower()):
            return table
    raise SettingError(f"{shown(name)} names no table.")


def _column(name: Any, table: Table) -> Column:
    wanted = _word(name).lower()
    for column in table.columns:
        if wanted in (column.spoken, str(column.label).lower(), " ".join(column.words)):
            return column
    raise SettingError(f"{shown(name)} names no column.")


def _fields(found: Any, fields: Sequence[str], name: str) -> Mapping[str, Any]:
    if not isinstance(found, Mapping) or "column" not in found or set(found) - set(fields):
        raise SettingError(f"{shown(found)} is no {name}.", next_step=f"It has {list(fields)}.")
    return found


def _group(given: Any, table: Table) -> Group:
    found = _fields(given, ("column", "unit"), "group")
    unit = _one(found.get("unit") or "", get_args(Unit), "unit")
    column = _column(found["column"], table)
    if unit and column.kind != "date":
        raise SettingError(f"{column.spoken!r} holds no dates.")
    return group_of(column, unit)  # type: ignore[arg-type]


def _filter(one: Any, table: Table) -> Filter:
    found = _fields(one, ("column", "op", "values"), "filter")
    column, op = _column(found["column"], table), _one(found.get("op"), OPS, "op")
    given = _list(found.get("values"))
    least, most = _VALUES.get(op, (1, 1))
    if not least <= len(given) <= most:
        many = least if least == most else f"{least} or more"
        raise SettingError(f"`{op}` of {column.spoken!r} needs {many} of `values`.")
    if op in ("missing", "not missing"):
        return Filter(column.position, "missing", (), op == "not missing")
    if column.kind == "date":
        return _dated(column, op, given)
    if op in ("in", "not in"):
        return Filter(column.position, "in", tuple(_value(column, v, table) for v in given), op == "not in")
    values = tuple(_number(v) for v in given)
    if column.kind != "number":
        raise SettingError(f"{column.spoken!r} holds no numbers to compare with.")
    if op == "between":
        return Filter(column.position, "between", (min(values), max(values)))
    if op in ("since", "before"):
        op = "at least" if op == "since" else "below"
    return Filter(column.position, op, values)  # type: ignore[arg-type]


def _value(column: Column, given: Any, table: Table) -> Any:
    if column.kind == "number":
        return _number(given)
    plain = _word(given).lower()
    if column.flag is not None:
        if plain in ("true", "yes", "1", str(column.flag[0]).lower()):
            return column.flag[0]
        if plain in ("false", "no", "0", str(column.flag[1]).lower()):
            return column.flag[1]
    found = table.distinct(column)
    try:
        options = found if found is not None else list(column.series.dropna().unique())
    except TypeError:  # lists and the like
        raise SettingError(f"{column.spoken!r} holds no values that can be named.") from None
    for value in options:
        if str(value).strip().lower() == plain:
            return value
    raise SettingError(f"There is no {shown(given)} in {column.spoken}.")


def _day(given: Any) -> datetime:
    """The beginning of a day that has a next one."""
    try:
        day = datetime.fromisoformat(_word(given))
        if day.tzinfo is None and day.time() == time.min and day + _DAY:
            return day
    except (ValueError, OverflowError):
        pass
    raise SettingError(f"{shown(given)} is no date.", next_step="Give YYYY-MM-DD.")


def _dated(column: Column, op: str, given: Sequence[Any]) -> Filter:
    days = [_day(value) for value in given]
    first, last = min(days), max(days)
    spans: dict[str, tuple[datetime | None, datetime | None]] = {
        "between": (first, last + _DAY),
        "since": (first, None),
        "at least": (first, None),
        "above": (first + _DAY, None),
        "before": (None, first),
        "below": (None, first),
        "at most": (None, first + _DAY),
    }
    if op in ("in", "not in"):
        return Filter(column.position, "period", tuple((d, d + _DAY) for d in days), op == "not in")
    return Filter(column.position, "period", (spans[op],))
