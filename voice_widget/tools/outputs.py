"""What becomes of what a tool gives: words for the model, and what a person may want to see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from voice_widget.agents import Show
from voice_widget.threads.work import told
from voice_widget.tools.bounded import (
    HEAD,
    MOST,
    MOST_ITEMS,
    Beginning,
    counts_only,
    first_columns,
    is_table,
    table_kind,
)
from voice_widget.tools.figures import figure_of

MOST_WITHIN = 10
"""So many tables within a result are shown."""
_DEEPEST = 8
_FIGURE = "Shown: a figure."
_MOST_PLACES = 100_000  # in a result are looked at for tables
_RICH = ("_repr_mimebundle_", "_repr_html_", "_repr_svg_", "_repr_png_", "_repr_jpeg_")


@dataclass(frozen=True)
class Output:
    """What a tool has given.

    Attributes:
        text: What the model is told.
        show: What the person is shown, in the cell or in the panel.
        within: Tables and figures in what was given, each shown by its key.
        spoken: It was given as a text, which can be spoken as it is.
    """

    text: str
    show: Show | None = None
    within: tuple[Show, ...] = ()
    spoken: bool = field(default=False, compare=False)

    @property
    def shows(self) -> tuple[Show, ...]:
        """All that the person is shown."""
        return self.within if self.show is None else (self.show, *self.within)


def output_of(value: Any) -> Output:
    """What becomes of a tool's result. Calls code of the user's.

    A text goes to the model as it is, a table by its first rows, a picture or what else a notebook draws by
    its name; of these all is shown. Anything else goes as JSON, by pydantic; what it has of these is shown.

    Raises:
        ValueError: It cannot be told to a model.

    Example:
        >>> output_of({"day": "Sun", "mean": 3.2}).text
        '{"day": "Sun", "mean": 3.2}'
    """
    if isinstance(value, str):
        return Output(_cut(str.__str__(value)), spoken=True)
    if isinstance(value, Show):
        label = str.__str__(value.label) if isinstance(value.label, str) else ""
        return Output(f"Shown: {label}." if label else "Shown.", Show(value.value, label))
    if is_table(value):
        return _table(value)
    if (figure := figure_of(value)) is not None:
        return Output(_FIGURE, Show(figure, "figure"))
    if not isinstance(value, type) and any(hasattr(type(value), name) for name in _RICH):
        label = type(value).__name__.lower()
        return Output(f"Shown: a {label}.", Show(value, label))
    return Output(_json(value), within=_within(value))


def failed(message: str) -> str:
    """An output that says what went wrong: the model can mend it, or say it.

    Example:
        >>> failed("There is no such day.")
        '{"error": "There is no such day."}'
    """
    return json.dumps({"error": message}, ensure_ascii=False)


def _cut(text: str, of: str = "", missing: int = 0) -> str:
    """What a model gets of it, and how much there was: that many characters, or ``of`` what else."""
    if len(text) <= MOST and not of and not missing:
        return text
    of = of or f"{len(text) + missing:,} characters"
    return f"{text[:MOST]}\n… Cut here, of {of}. Ask for less, or for a part."


def _within(value: Any) -> tuple[Show, ...]:
    """Tables and figures in dicts, lists and tuples, each with the way to it: ``by_day``, ``parts[0]``."""
    found = list(islice(_shows(value), MOST_WITHIN + 1))
    shown = found[:MOST_WITHIN]
    if len(found) > MOST_WITHIN:
        shown[-1] = Show(shown[-1].value, f"{shown[-1].label} · further tables are not shown")
    return tuple(shown)


def _shows(value: Any) -> Iterator[Show]:
    """A figure once: it stands beside its axes."""
    figures: list[Any] = []
    for way, inner in islice(_places(value, "", _DEEPEST), _MOST_PLACES):
        if is_table(inner):
            yield Show(inner, f"{way} · {_count(len(inner), 'row')}")
        elif (figure := figure_of(inner)) is not None and not any(figure is known for known in figures):
            figures.append(figure)
            yield Show(figure, f"{way} · figure")


def _places(value: Any, way: str, deep: int) -> Iterator[tuple[str, Any]]:
    """Whatever stands in it; of something large only the first, or others would wait for it."""
    yield way, value
    if deep and isinstance(value, dict):
        for name, inner in islice(value.items(), MOST_ITEMS):
            yield from _places(inner, f"{way}.{name}" if way else f"{name}", deep - 1)
    elif deep and isinstance(value, list | tuple):
        for number, inner in enumerate(value[:MOST_ITEMS]):
            yield from _places(inner, f"{way}[{number}]", deep - 1)


def _json(value: Any) -> str:
    from pydantic_core import to_jsonable_python

    try:
        beginning = Beginning(value)
        # JSON has no NaN; what is missing is null, however it is written.
        plain = to_jsonable_python(beginning.value, fallback=_plain, inf_nan_mode="null")
        text = json.dumps(plain, ensure_ascii=False)
        return _cut(text, beginning.cut, beginning.missing)
    except Exception as error:
        why = f"there is a {error} in it" if isinstance(error, _Unknown) else told(error)
        raise ValueError(
            f"The result cannot be written as JSON: {why}. "
            "A tool may return text, numbers, lists, dicts, dataclasses, pydantic models or tables."
        ) from error


class _Unknown(Exception):
    """Something that JSON has nothing for."""


def _plain(value: Any) -> Any:
    """What pydantic does not know: arrays as lists, else what it says of itself."""
    if is_table(value):  # in an object that says itself how it is written
        return Beginning(value).value
    if hasattr(value, "tolist"):  # numpy's
        return value.tolist()
    if figure_of(value) is not None:
        return _FIGURE
    text = str(value)
    if text.startswith("<") and " at 0x" in text:  # where it lies in memory helps no model
        raise _Unknown(type(value).__qualname__)
    return text


def _table(value: Any) -> Output:
    table = value.to_frame() if table_kind(value) == "Series" else value
    rows, columns = table.shape
    head = first_columns(table.head(HEAD))
    # An index that only counts says nothing.
    counts = counts_only(getattr(head, "index", None))
    text = head.write_csv() if hasattr(head, "write_csv") else head.to_csv(index=not counts)
    size = f"{_count(rows, 'row')}, {_count(columns, 'column')}"
    which = f"; the first {HEAD}" if rows > HEAD else ""
    begins = f"{size}, shown to the user{which}:"
    return Output(_cut(f"{begins}\n{text.rstrip()}"), Show(value, f"table · {_count(rows, 'row')}"))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
