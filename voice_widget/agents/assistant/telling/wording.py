"""How parts of a plan are said: filters, groups, values, units. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voice_widget.agents.assistant.language import speaking as say
from voice_widget.agents.assistant.language.doings import WAYS
from voice_widget.agents.assistant.operations.series import nth
from voice_widget.agents.assistant.tables import periods
from voice_widget.agents.assistant.tables.plans import Filter, Group, Level, Plan
from voice_widget.agents.assistant.tables.tables import Column, Table

_BARE = ("yes", "no", "missing", "unknown", "empty", "none", "other")
_BESIDE = {"equal": "equal to", "at least": "not below", "at most": "not above"}
_SIDES = {
    "above": "after",
    "below": "before",
    "equal": "on",
    "at least": "not before",
    "at most": "not after",
}
_MORE = {"above": "above", "below": "below", "at least": "of at least", "at most": "of at most"}


def filters(wanted: Sequence[Filter], table: Table) -> str:
    """Which rows, behind what is said of them: " for female Gentoo with body mass above 4,000 grams"."""
    ways = [f for f in wanted if _way(f, table)]
    plain = [f for f in wanted if f.op == "in" and not f.negated and f not in ways]
    rest = [f for f in wanted if f not in plain and f not in ways]
    named = [text for f in plain if (text := held(f, table))]
    names = [held(f, table) for f in plain if len(f.values) == 1 and table.columns[f.column].kind == "text"]
    others = [name for name in named if name not in names]
    said = f" for {' and '.join([*filter(None, [' '.join(names)]), *others])}" if named else ""
    for f in sorted(ways, key=lambda f: _way(f, table)):
        said += f" {_way(f, table)} {held(f, table)}"
    last = ""
    for text in (clause(f, table) for f in rest):  # "with known age and no known bill"
        both = text.startswith("with ") and last.startswith("with ")
        said += f" and {text.removeprefix('with ')}" if both else f" {text}"
        last = text
    return said


def _way(wanted: Filter, table: Table) -> str:
    """As in "From Denver", where a column tells wherefrom."""
    if wanted.op != "in" or wanted.negated:
        return ""
    words = set(table.columns[wanted.column].words)
    return next((way for way, names in WAYS.items() if names & words), "")


def predicate(wanted: Sequence[Filter], table: Table) -> str:
    """What is said of rows: "are female and have body mass above 4000 grams"."""
    return " and ".join(_says(f, table) for f in wanted)


def _says(wanted: Filter, table: Table) -> str:
    if wanted.op == "any":
        one, two = (_says(side, table) for side in wanted.values)
        verb = f"{one.split()[0]} "  # "have age above 80 or below 10"
        return f"{one} or {two.removeprefix(verb)}"
    if wanted.op == "in":
        return f"are {'not ' if wanted.negated else ''}{held(wanted, table)}"
    said = clause(wanted, table)
    return f"have {said.removeprefix('with ')}" if said.startswith("with ") else f"are {said}"


def held(wanted: Filter, table: Table) -> str:
    """The values of a filter, with their column where they mean nothing without it."""
    column = table.columns[wanted.column]
    if column.flag is not None:
        yes = wanted.values[0] == column.flag[0]
        name = column.spoken.removeprefix("is ")
        return name if yes else f"not {name}"
    names = say.listing([plain(v) for v in wanted.values], last="or")
    bare = column.kind == "number" or any(len(str(v)) < 3 or str(v).lower() in _BARE for v in wanted.values)
    return f"{column.spoken} {names}" if bare else names


def clause(wanted: Filter, table: Table) -> str:
    """One filter as a clause."""
    column = table.columns[wanted.column]
    name, no = column.spoken, "not " if wanted.negated else ""
    if wanted.op == "any":
        return f"that {_says(wanted, table)}"
    if wanted.op == "in":
        return f"without {held(wanted, table)}"
    if wanted.op == "missing":
        return f"with {'known' if wanted.negated else 'no known'} {name}"
    if wanted.op == "beside":
        relation, position = wanted.values
        relation = (
            _SIDES.get(relation, relation) if column.kind == "date" else _BESIDE.get(relation, relation)
        )
        return f"with {name} {relation} {table.columns[position].spoken}"
    if wanted.op == "between":
        low, high = wanted.values
        return f"with {name} {no}between {number(low)} and {value(high, column)}"
    if wanted.op == "period":
        spans = [periods.Span(start, end) for start, end in wanted.values]
        said = say.listing([periods.said(span) for span in spans], last="or")
        lone = (
            len(spans) == 1
            and periods.whole(spans[0]) == ""
            and (spans[0].start is None or spans[0].end is None)
        )
        before = "" if lone and not wanted.negated else "outside of " if wanted.negated else _in(spans[0])
        return f"{before}{said}"
    if wanted.op == "cycle":
        unit, *numbers = wanted.values
        said = periods.spoken(periods.Cycle(unit, tuple(numbers)))
        return f"{'outside of ' if wanted.negated else 'on ' if unit == 'weekday' else 'in '}{said}"
    return f"with {name} {_MORE[wanted.op]} {value(wanted.values[0], column)}"


def _in(span: periods.Span) -> str:
    unit = periods.whole(span)
    return "on " if unit == "day" else "in " if unit else "from "


def number(found: Any) -> str:
    """A number as it is said."""
    return say.number(found) if isinstance(found, int | float) else say.value(found)


def value(found: Any, column: Column) -> str:
    """A value of a column with its unit."""
    if isinstance(found, Level):
        return found.said
    return say.value(found, column.unit)


def plain(found: Any) -> str:
    """A value that is a name."""
    if isinstance(found, float) and found == int(found):
        found = int(found)
    return str(found) if isinstance(found, int) else say.value(found)


def by(plan: Plan, table: Table) -> str:
    """Which groups: " by species and month"."""
    names = [group(g, table) for g in plan.groups]
    return f" by {' and '.join(names)}" if names else ""


def top(plan: Plan, table: Table) -> str:
    """Of how many rows from one end: " of the 10 rows with the highest body mass"."""
    if plan.sort is None or plan.limit is None:
        return ""
    return f" of the {plan.limit} rows with the {plan.order} {table.columns[plan.sort].spoken}"


_PLACES = {2: "second ", 3: "third ", 4: "fourth ", 5: "fifth "}


def place(plan: Plan) -> str:
    """Which one from the end: "second ", or nothing for the first."""
    return "" if plan.rank == 1 else _PLACES.get(plan.rank) or f"{nth(plan.rank)} "


def group(wanted: Group, table: Table) -> str:
    """What parts the rows, in words."""
    if not wanted.unit:
        return table.columns[wanted.column].spoken
    several = sum(c.kind == "date" for c in table.columns) > 1
    return f"{wanted.unit} of {table.columns[wanted.column].spoken}" if several else wanted.unit


def key(found: Any, groups: Sequence[Group], table: Table) -> str:
    """One group's name."""
    parts = found if isinstance(found, tuple) else (found,)
    return ", ".join(_key(part, g, table) for part, g in zip(parts, groups, strict=True))


def _key(found: Any, wanted: Group, table: Table) -> str:
    column = table.columns[wanted.column]
    if wanted.unit == "weekday":
        return periods.DAYS[int(found)].title()
    if wanted.unit == "hour":
        return f"{int(found)}:00"
    if wanted.unit in ("day", "month", "quarter", "week"):
        start = found.start_time.to_pydatetime()
        end = found.end_time.to_pydatetime()
        if wanted.unit == "week":
            return f"the week of {say.value(start.date())}"
        return periods.said(periods.around(start, wanted.unit, 0)) if end else ""
    if column.flag is not None:
        return column.spoken if found == column.flag[0] else f"not {column.spoken}"
    said = plain(found)
    return (
        f"{column.spoken} {said}"
        if (column.kind == "number" and not wanted.unit and (column.identifies or not 1500 <= found <= 2999))
        or len(said) < 3
        else said
    )
