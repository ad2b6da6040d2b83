"""A chat model that plans: it turns a question into the arguments of one tool, and this module into a plan.

The model sees the question, and of the data what the user shares. It never sees a result of ours, and what
it writes is spoken only if it asks: all that is stated comes from the operations. The widget's tools stand
beside that one: what they return the model sees, and says.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, get_args

from voice_widget.agents import Beside, Piece, Thinking, ToolCall, Turn
from voice_widget.agents.assistant import calling
from voice_widget.agents.assistant.arguments import AGGREGATES, DO, NAME, OPS, plan_of
from voice_widget.agents.assistant.grammar.tokens import tokens
from voice_widget.agents.assistant.language import numbers
from voice_widget.agents.assistant.tables.plans import Plan, Unit
from voice_widget.agents.assistant.tables.tables import Table
from voice_widget.errors import SettingError

SHARED = ("columns", "dtypes", "values")
_MOST_VALUES = 30
_LOST = "I did not get that."
_SENTENCES = re.compile(r"(?<=[.!?…])[\"'”)*]*\s+|\n+")
_ASKING = frozenset(
    str.split(
        "which what who whose whom where when why how do does did is are was were am has have had can could "
        "shall should will would may might must"
    )
)
_BEFORE = frozenset(str.split("and or but so sorry by for in of on from to at with please then"))
_AMOUNTS = frozenset(
    str.split("half halves twice thrice dozen dozens tens hundreds thousands millions billions couple")
)
_PARTS = frozenset(
    str.split("third thirds quarter quarters fifth fifths sixth seventh eighth ninth tenth tenths")
)
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
            "op": {"type": "string", "enum": list(OPS)},
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
        "do": {"type": "string", "enum": list(DO)},
        "table": _texts([table.noun for table in tables if table.noun]),
        "filters": filters,
        "base": {**filters, "description": "Of a share: which rows are the whole."},
        "measures": {"type": "array", "items": column},
        "aggregate": {"type": "string", "enum": list(AGGREGATES)},
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


@dataclass(frozen=True)
class Made:
    """What a model made of a question: a plan, calls of the widget's tools, or what is to be said."""

    found: Plan | str | list[ToolCall]


async def asked(
    model: Any, turn: Turn, tables: Sequence[Table], share: frozenset[str], today: datetime | None = None
) -> AsyncGenerator[Beside | Made, None]:
    """What the model plans, which of the widget's tools it calls, or what it says: that is the last.

    It says what these tools gave to this question; before, it may only ask back. What it tells beside its
    words, such as the tokens that it has used, comes as it is, and for its words a sign of life.

    Args:
        model: The chat endpoint.
        turn: The question. Of its history only what the user said is passed on, for the answers hold results,
            and what the widget's tools have returned to this very question.
        tables: What it is about.
        share: What of them may leave the kernel.
        today: The day it is asked.
    """
    said = [message for message in turn.history if message.role == "user"]
    told = ""
    if tables:
        told = _INSTRUCTIONS.replace("{today}", f"{today or datetime.now():%A, %Y-%m-%d}")
        told = f"{told}\n\n{described(tables, share)}"
    others, results = calling.offered(turn), calling.results(turn)
    question = Turn(
        turn.text,
        history=[*said, *results],
        instructions=calling.instructions(turn, told),
        tools=[*(tools(tables, share) if tables else ()), *others],
        cancelled=turn.cancelled,
        tool_choice=turn.tool_choice if others else "auto",
    )
    names = {tool["name"] for tool in others}
    written: list[str] = []
    calls: list[ToolCall] = []
    plan: Plan | str | None = None
    async with aclosing(_pieces(model(question))) as pieces:
        async for piece in pieces:
            if isinstance(piece, Beside):
                yield piece
            elif isinstance(piece, ToolCall) and piece.name in names and plan is None:
                calls.append(piece)
            elif (
                isinstance(piece, ToolCall) and not calls
            ):  # after a call it is asked again, and may plan then
                plan = _plan(piece, tables) if plan is None else plan
            elif isinstance(piece, str):
                written.append(piece)
                yield Thinking()
    text = "".join(written).strip()
    yield Made(plan or calls or (text if text and (results or only_asks(text)) else _LOST))


def _plan(call: ToolCall, tables: Sequence[Table]) -> Plan | str:
    try:
        return plan_of(call.arguments, tables) if tables and call.name == NAME else _LOST
    except SettingError as error:
        return _LOST if states_a_number(error.message) else f"{_LOST} {error.message}"


async def _pieces(given: Any) -> AsyncGenerator[Piece, None]:
    if hasattr(given, "__aiter__"):
        async with AsyncExitStack() as stack:
            if hasattr(given, "aclose"):
                await stack.enter_async_context(aclosing(given))
            async for piece in given:
                yield piece
        return
    found = await given if inspect.isawaitable(given) else given
    several: Iterable[Piece] = found or ()
    if isinstance(found, Piece):
        several = [found]
    for piece in several:
        yield piece


def only_asks(text: str) -> bool:
    """Whether every sentence of a text is a question, and none states a number.

    Example:
        >>> only_asks("Which one? Or do you mean the body mass?")
        True
        >>> only_asks("Gentoo is the heaviest, isn't it?")
        False
    """
    sentences = [sentence for sentence in _SENTENCES.split(text.strip()) if sentence]
    return bool(sentences) and all(map(_asks, sentences)) and not states_a_number(text)


def _asks(sentence: str) -> bool:
    """By its end and its beginning: "…, isn't it?" states something."""
    words = tokens(sentence)
    begun = words[1:] if words[:1] and words[0] in _BEFORE else words
    return sentence.rstrip("\"'”)*").endswith("?") and begun[:1] != [] and begun[0] in _ASKING


def states_a_number(text: str) -> bool:
    """Whether a text says a number or an amount; "which one" says none.

    Example:
        >>> states_a_number("Which one do you mean?"), states_a_number("It is forty two.")
        (False, True)
        >>> states_a_number("About half of them."), states_a_number("Which half hour?")
        (True, True)
    """
    words = tokens(text)
    return (
        any(words[n.start : n.end] != ["one"] for n in numbers.find(words))
        or any(c.isdigit() for c in text)
        or bool(_AMOUNTS & set(words))
        or any(one in ("a", "an", "one", "two") and part in _PARTS for one, part in pairwise(words))
    )
