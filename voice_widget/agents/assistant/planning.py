"""A chat model that plans: it turns a question into the arguments of one tool, and this module into a plan.

The model sees the question, and of the data what the user shares. It never sees a result, and what it writes
is not spoken if there is a number in it: numbers come from the operations alone.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from voice_widget.agents import Piece, ToolCall, Turn
from voice_widget.agents.assistant.grammar.frame import aggregated
from voice_widget.agents.assistant.grammar.grammar import Impossible
from voice_widget.agents.assistant.grammar.grouping import group_of
from voice_widget.agents.assistant.grammar.tokens import tokens
from voice_widget.agents.assistant.language import numbers
from voice_widget.agents.assistant.tables.plans import Do, Filter, Group, Plan, Unit
from voice_widget.agents.assistant.tables.tables import Column, Table
from voice_widget.errors import SettingError

NAME = "ask_table"
SHARED = ("columns", "dtypes", "values")
_MOST_VALUES = 30
_DO = tuple(do for do in get_args(Do) if do not in ("difference", "plot"))
_AGGREGATES = ("mean", "median", "sum", "min", "max", "std", "percentile", "range")
_OPS = (
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
_LOST = "I did not get that."
_INSTRUCTIONS = (
    f"You turn a question about tables into one call of the tool {NAME}. Never answer with numbers or "
    f"from what you know: "
    "you see no data. If a word of the question names nothing in the tables, do not leave it out: ask "
    "one short question "
    "in place of calling the tool. Today is {today}."
)


def shared(share: Sequence[str]) -> frozenset[str]:
    """What may leave the kernel.

    Raises:
        SettingError: It names something else.
    """
    found = frozenset([share] if isinstance(share, str) else share)
    if found - set(SHARED):
        raise SettingError(
            f"`share` holds {sorted(found - set(SHARED))}.",
            next_step=f"It may hold {', '.join(map(repr, SHARED))}.",
        )
    return found


def tools(tables: Sequence[Table], share: frozenset[str]) -> list[dict[str, Any]]:
    """The plan as a chat model's tool."""
    names = [c.spoken for table in tables for c in table.columns] if "columns" in share else []
    column = _texts(names)
    value: dict[str, Any] = {"type": ["string", "number", "boolean"]}
    row_filter = {
        "type": "object",
        "properties": {
            "column": column,
            "op": {"type": "string", "enum": list(_OPS)},
            "values": {"type": "array", "items": value, "description": "Dates as YYYY-MM-DD."},
        },
        "required": ["column", "op"],
        "additionalProperties": False,
    }
    filters = {"type": "array", "items": row_filter}
    group = {
        "type": "object",
        "properties": {"column": column, "unit": {"type": "string", "enum": list(get_args(Unit))}},
        "required": ["column"],
        "additionalProperties": False,
    }
    properties: dict[str, Any] = {
        "do": {"type": "string", "enum": list(_DO)},
        "table": _texts([table.noun for table in tables if table.noun]),
        "filters": filters,
        "base": {**filters, "description": "Of a share: which rows are the whole."},
        "measures": {"type": "array", "items": column},
        "aggregate": {"type": "string", "enum": list(_AGGREGATES)},
        "percentile": {"type": "number", "minimum": 0, "maximum": 100},
        "groups": {"type": "array", "items": group, "maxItems": 2},
        "end": {
            "type": "string",
            "enum": ["highest", "lowest"],
            "description": "Only the group or row at this end.",
        },
        "sort": column,
        "order": {"type": "string", "enum": ["highest", "lowest"], "description": "Which comes first."},
        "limit": {"type": "integer", "minimum": 1},
    }
    return [
        {
            "type": "function",
            "name": NAME,
            "description": "Calculates over a table, and says and shows the result to the user.",
            "parameters": {
                "type": "object",
                "properties": properties,
                "required": ["do"],
                "additionalProperties": False,
            },
        }
    ]


def _texts(names: Iterable[str]) -> dict[str, Any]:
    found = list(dict.fromkeys(names))
    return {"type": "string", "enum": found} if 0 < len(found) <= 300 else {"type": "string"}


def described(tables: Sequence[Table], share: frozenset[str]) -> str:
    """The tables as far as they are shared."""
    lines: list[str] = []
    for table in tables:
        lines.append(f"Table {table.noun or 'data'}:")
        for column in table.columns if "columns" in share else ():
            line = f"- {column.spoken}"
            if "dtypes" in share:
                line += f" ({column.kind}{', in ' + column.unit if column.unit else ''})"
            if "values" in share and column.kind == "text" and (found := table.distinct(column)) is not None:
                line += ": " + ", ".join(str(v) for v in found[:_MOST_VALUES])
            lines.append(line)
    return "\n".join(lines)


async def asked(
    model: Any, turn: Turn, tables: Sequence[Table], share: frozenset[str], today: datetime | None = None
) -> Plan | str:
    """What the model plans, or what it asks back.

    Args:
        model: The chat endpoint.
        turn: The question. Of its history only what the user said is passed on: the answers hold results.
        tables: What it is about.
        share: What of them may leave the kernel.
        today: The day it is asked.
    """
    said = [message for message in turn.history if message.role == "user"]
    instructions = _INSTRUCTIONS.replace("{today}", f"{today or datetime.now():%A, %Y-%m-%d}")
    question = Turn(
        turn.text,
        history=said,
        instructions=f"{instructions}\n\n{described(tables, share)}",
        tools=tools(tables, share),
        cancelled=turn.cancelled,
    )
    written: list[str] = []
    async for piece in _pieces(model(question)):
        if isinstance(piece, ToolCall):
            try:
                return plan_of(piece.arguments, tables) if piece.name == NAME else _LOST
            except SettingError as error:
                why = error.what if hasattr(error, "what") else str(error).splitlines()[0]
                return _LOST if states_a_number(why) else f"{_LOST} {why}"
        if isinstance(piece, str):
            written.append(piece)
    text = "".join(written).strip()
    return text if text and not states_a_number(text) else _LOST


async def _pieces(given: Any) -> AsyncIterator[Piece]:
    if inspect.isasyncgen(given) or hasattr(given, "__aiter__"):
        async for piece in given:
            yield piece
        return
    found = await given if inspect.isawaitable(given) else given
    for piece in [found] if isinstance(found, str | ToolCall) else found or ():
        yield piece


def states_a_number(text: str) -> bool:
    """Whether a text says a number; "which one" says none.

    Example:
        >>> states_a_number("Which one do you mean?"), states_a_number("It is forty two.")
        (False, True)
    """
    words = tokens(text)
    return any(words[n.start : n.end] != ["one"] for n in numbers.find(words)) or any(
        c.isdigit() for c in text
    )


# --- arguments ---------------------------------------------------------------------------------------


def plan_of(arguments: Mapping[str, Any], tables: Sequence[Table]) -> Plan:
    """A model's arguments as a plan, each held against the table.

    Raises:
        SettingError: One names nothing, or does not fit.
    """
    known = set(tools(tables, frozenset(SHARED))[0]["parameters"]["properties"])
    if strange := sorted(set(arguments) - known):
        raise SettingError(f"`{NAME}` takes no {strange[0]!r}.", next_step=f"It takes {sorted(known)}.")
    table = _table(arguments.get("table"), tables)
    do = _one(arguments.get("do"), _DO, "do")
    aggregate = _one(arguments.get("aggregate") or "", ("", *_AGGREGATES), "aggregate")
    measures = tuple(_column(name, table) for name in _list(arguments.get("measures")))
    quantile = None
    if aggregate == "percentile":
        quantile = _number(arguments.get("percentile", 50)) / 100
    needed = {"aggregate": 1, "extreme": 1, "values": 1, "distinct": 1, "moment": 1, "correlation": 2}.get(
        do, 0
    )
    if len(measures) < needed or (needed == 2 and len(measures) != 2):
        raise SettingError(f"`{do}` needs {needed} of `measures`.")
    if do == "aggregate" and not aggregate:
        raise SettingError("`aggregate` says which number is made of many.")
    try:
        for column in measures if do == "aggregate" else ():
            aggregated(column, (aggregate, quantile))  # type: ignore[arg-type]
        groups = tuple(_group(one, table) for one in _list(arguments.get("groups")))
    except Impossible as impossible:
        raise SettingError(impossible.sentence) from None
    if groups and do not in ("count", "aggregate", "share", "distinct"):
        raise SettingError(f"`{do}` knows no groups.")
    sort = arguments.get("sort")
    limit = arguments.get("limit")
    end = _one(arguments.get("end") or "", ("", "highest", "lowest"), "end")
    return Plan(
        do,  # type: ignore[arg-type]
        table=table.name,
        filters=tuple(_filter(one, table) for one in _list(arguments.get("filters"))),
        base=tuple(_filter(one, table) for one in _list(arguments.get("base"))),
        measures=tuple(column.position for column in measures),
        aggregate=aggregate,  # type: ignore[arg-type]
        quantile=quantile,
        groups=groups,
        end=("highest" if do == "extreme" and not end else end),  # type: ignore[arg-type]
        sort=None if sort is None else _column(sort, table).position,
        order=_one(arguments.get("order") or "", ("", "highest", "lowest"), "order"),  # type: ignore[arg-type]
        limit=None if limit is None else max(1, int(_number(limit))),
    )


def _list(found: Any) -> Sequence[Any]:
    if found is None:
        return ()
    if not isinstance(found, list | tuple):
        raise SettingError(f"{found!r} is no list.")
    return found


def _one(found: Any, options: Sequence[str], name: str) -> str:
    if found not in options:
        raise SettingError(f"{found!r} is no `{name}`.", next_step=f"It is one of {list(options)}.")
    return str(found)


def _number(found: Any) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise SettingError(f"{found!r} is no number.")
    return float(found)


def _table(name: Any, tables: Sequence[Table]) -> Table:
    if name is None or (len(tables) == 1 and not name):
        return tables[0]
    for table in tables:
        if str(name).lower() in (table.name.lower(), table.noun.lower()):
            return table
    raise SettingError(f"{str(name)!r} names no table.")


def _column(name: Any, table: Table) -> Column:
    wanted = str(name).strip().lower()
    for column in table.columns:
        if wanted in (column.spoken, str(column.label).lower(), " ".join(column.words)):
            return column
    raise SettingError(f"{str(name)!r} names no column.")


def _group(found: Any, table: Table) -> Group:
    if not isinstance(found, Mapping) or "column" not in found:
        raise SettingError(f"{found!r} is no group.")
    unit = _one(found.get("unit") or "", get_args(Unit), "unit")
    column = _column(found["column"], table)
    if unit and column.kind != "date":
        raise SettingError(f"{column.spoken!r} holds no dates.")
    return group_of(column, unit)  # type: ignore[arg-type]


def _filter(found: Any, table: Table) -> Filter:
    if not isinstance(found, Mapping) or "column" not in found:
        raise SettingError(f"{found!r} is no filter.")
    column, op = _column(found["column"], table), _one(found.get("op"), _OPS, "op")
    given = _list(found.get("values"))
    if op in ("missing", "not missing"):
        return Filter(column.position, "missing", (), op == "not missing")
    if not given:
        raise SettingError(f"The filter of {column.spoken!r} has no values.")
    if column.kind == "date":
        return _dated(column, op, given)
    if op in ("in", "not in"):
        return Filter(column.position, "in", tuple(_value(column, v, table) for v in given), op == "not in")
    values = tuple(_number(v) for v in given)
    if column.kind != "number":
        raise SettingError(f"{column.spoken!r} holds no numbers to compare with.")
    if op == "between":
        if len(values) != 2:
            raise SettingError("`between` needs two values.")
        return Filter(column.position, "between", (min(values), max(values)))
    if op in ("since", "before"):
        op = "at least" if op == "since" else "below"
    return Filter(column.position, op, values[:1])  # type: ignore[arg-type]


def _value(column: Column, given: Any, table: Table) -> Any:
    if column.kind == "number":
        return _number(given)
    if column.flag is not None:
        plain = str(given).strip().lower()
        if plain in ("true", "yes", "1", str(column.flag[0]).lower()):
            return column.flag[0]
        if plain in ("false", "no", "0", str(column.flag[1]).lower()):
            return column.flag[1]
    found = table.distinct(column)
    options = found if found is not None else list(column.series.dropna().unique())
    for value in options:
        if str(value).strip().lower() == str(given).strip().lower():
            return value
    raise SettingError(f"There is no {str(given)!r} in {column.spoken}.")


def _dated(column: Column, op: str, given: Sequence[Any]) -> Filter:
    from datetime import timedelta

    try:
        days = [datetime.fromisoformat(str(v)) for v in given]
    except ValueError:
        raise SettingError(f"{str(given[0])!r} is no date.", next_step="Give YYYY-MM-DD.") from None
    one = timedelta(days=1)
    if op == "between" and len(days) == 2:
        return Filter(column.position, "period", ((min(days), max(days) + one),))
    if op in ("in", "not in"):
        return Filter(column.position, "period", tuple((d, d + one) for d in days), op == "not in")
    starts = {"since": (days[0], None), "at least": (days[0], None), "above": (days[0] + one, None)}
    ends = {"before": (None, days[0]), "below": (None, days[0]), "at most": (None, days[0] + one)}
    if op not in starts and op not in ends:
        raise SettingError(f"Dates know no {op!r}.")
    return Filter(column.position, "period", ((starts | ends)[op],))
