"""The blanks in a phrase, ``{column}`` and the like, and what a function gets for them.

A parameter's annotation says what its slot takes: `Agg`, `Comparison` or an enum of your own, `Column`
(`Measure` and `Group` are columns too: one of numbers, one that makes groups), `Value` or ``list[Value]``,
``float`` or ``int``, or a ``Literal`` of strings.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from voice_widget.agents.assistant.language.words import split
from voice_widget.agents.assistant.tables.tables import Column, Table, Value
from voice_widget.errors import SettingError

if TYPE_CHECKING:
    import pandas as pd


class Agg(StrEnum):
    """A number made of many. Call it with a series."""

    MEAN = "average"
    MEDIAN = "median"
    MAX = "maximum"
    MIN = "minimum"
    SUM = "total"
    STD = "standard deviation"

    @property
    def method(self) -> str:
        """The name of the pandas method."""
        return self.name.lower()

    def __call__(self, series: pd.Series[Any]) -> Any:
        """The result for ``series``, missing values left out."""
        return getattr(series, self.method)()


class Comparison(StrEnum):
    """How a value is held against a number."""

    ABOVE = "above"
    BELOW = "below"
    EQUAL = "equal"


class End(StrEnum):
    """One end of an order."""

    HIGHEST = "highest"
    LOWEST = "lowest"


Measure = Annotated[Column, "measure"]
Group = Annotated[Column, "group"]

# Which other words mean a member. The first of a member's words is its value.
ALIASES: Mapping[Enum, tuple[str, ...]] = {
    Agg.MEAN: ("mean", "typical", "averaged"),
    Agg.MEDIAN: ("middle",),
    Agg.MAX: ("max", "highest", "largest", "biggest", "greatest", "longest", "heaviest", "top", "most"),
    Agg.MIN: ("min", "lowest", "smallest", "least", "shortest", "lightest", "fewest"),
    Agg.SUM: ("sum", "sum total", "altogether"),
    Agg.STD: ("deviation", "spread", "std", "standard dev"),
    End.HIGHEST: ("largest", "biggest", "maximum", "max", "greatest", "longest", "heaviest", "top", "most"),
    End.LOWEST: ("smallest", "shortest", "minimum", "min", "least", "lightest", "fewest"),
    Comparison.ABOVE: (
        "over",
        "greater",
        "more",
        "larger",
        "bigger",
        "higher",
        "longer",
        "heavier",
        "exceeding",
        "after",
    ),
    Comparison.BELOW: ("under", "less", "smaller", "lower", "shorter", "lighter", "fewer", "before"),
    Comparison.EQUAL: ("equals", "exactly", "equal to"),
}

# By what name a slot is known when its parameter has no annotation.
_BY_NAME: Mapping[str, Any] = {
    "agg": Agg,
    "column": Column,
    "table": Table,
    "by": Group,
    "comparison": Comparison,
    "end": End,
    "number": float,
    "value": Value,
    "values": list[Value],
}


@dataclass(frozen=True)
class Slot:
    """One blank: its parameter, what fills it, and whether it may stay empty.

    Attributes:
        name: The parameter.
        kind: ``column``, ``value``, ``values``, ``number`` or the name of the choice.
        prefer: ``measure`` or ``group`` for columns.
        convert: From what was found to what the function gets.
        choices: The members of an enum or the strings of a ``Literal``, by what is said for them.
        required: Whether the function needs it.
    """

    name: str
    kind: str
    convert: Callable[[Any], Any]
    prefer: str = ""
    choices: tuple[tuple[str, Any], ...] = ()
    required: bool = True


_SAYABLE = Literal["above", "below", "over", "under", "at least", "at most"]


def named(blanks: Iterable[str]) -> dict[str, Slot]:
    """The slots of blanks that are known by their names, as an example sentence fills them."""
    notes = {**_BY_NAME, "column": Measure, "comparison": _SAYABLE, "number": int}
    found: dict[str, Slot] = {}
    for name in dict.fromkeys(blanks):
        slot = _slot(name, notes[name.rstrip("0123456789")], _same, False)
        assert slot is not None
        found[name] = slot
    return found


def _same(found: Any) -> Any:
    return found


def slots_of(function: Callable[..., Any], used: set[str]) -> dict[str, Slot]:
    """The slots of a function's parameters; ``turn`` is none.

    Raises:
        SettingError: A phrase has a blank that is no parameter, or an annotation that no slot can fill.
    """
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception:  # annotations that name something local: fall back to the parameters' names
        hints = {}
    found: dict[str, Slot] = {}
    name_of = getattr(function, "__name__", repr(function))
    parameters = inspect.signature(function).parameters
    for name, parameter in parameters.items():
        if name == "turn":
            continue
        base = name.rstrip("0123456789_")
        note = hints.get(name, _BY_NAME.get(base))
        convert: Callable[[Any], Any] = _same
        if note is None or (note is str and base in _BY_NAME):
            note, convert = _BY_NAME.get(base), str
        required = parameter.default is inspect.Parameter.empty
        slot = None if note is None else _slot(name, note, convert, required)
        if slot is None:
            if name not in used and not required:
                continue
            raise SettingError(
                f"The parameter `{name}` of `{name_of}` cannot be heard.",
                next_step="Annotate it with Agg, Column, Measure, Group, Comparison, Value, list[Value], "
                "float, int, an Enum or a Literal of strings.",
            )
        found[name] = slot
    strange = sorted(used - set(found))
    if strange:
        raise SettingError(
            f"The phrases of `{name_of}` have blanks that it does not take: {strange}.",
            next_step=f"Add the parameters, or use one of {sorted(found)}.",
        )
    return found


def _slot(name: str, note: Any, convert: Callable[[Any], Any], required: bool) -> Slot | None:
    prefer = ""
    if typing.get_origin(note) is Annotated:
        note, *marks = typing.get_args(note)
        prefer = next((m for m in marks if m in ("measure", "group")), "")
    origin, arguments = typing.get_origin(note), typing.get_args(note)
    if origin in (types.UnionType, typing.Union):  # Column | None
        rest = [a for a in arguments if a is not type(None)]
        return _slot(name, rest[0], convert, required) if len(rest) == 1 else None
    if note is Column:
        return Slot(name, "column", convert, prefer, required=required)
    if note is Table:
        return Slot(name, "table", convert, required=required)
    if note is Value:
        return Slot(name, "value", convert, required=required)
    if origin in (list, tuple) and arguments and arguments[0] is Value:
        return Slot(name, "values", origin, required=required)
    if note in (float, int):
        return Slot(name, "number", float if note is float else round, required=required)
    if origin is Literal and all(isinstance(a, str) for a in arguments):
        return Slot(
            name, f"choice {name} {arguments}", convert, "", tuple((a, a) for a in arguments), required
        )
    if isinstance(note, type) and issubclass(note, Enum):
        said = [(spoken_member(m), m) for m in note]
        others = [(alias, m) for m in note for alias in ALIASES.get(m, ())]
        return Slot(name, f"choice {note.__qualname__}", convert, "", (*said, *others), required)
    return None


def spoken_member(member: Enum) -> str:
    """How an enum's member is said: its value if that is text, else its name."""
    return member.value if isinstance(member.value, str) else " ".join(split(member.name))
