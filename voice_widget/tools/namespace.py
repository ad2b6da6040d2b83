"""The notebook's variables as tools: what is there, what it looks like, and one expression over copies."""

from __future__ import annotations

import builtins
import keyword
import time
from collections.abc import MutableMapping
from itertools import islice
from typing import Any

from voice_widget.errors import AgentError, SettingError
from voice_widget.tools.calculation import calculated, previewed
from voice_widget.tools.copies import HOLDERS, is_data, public, shown_columns, table
from voice_widget.tools.expressions import check, names_in
from voice_widget.tools.previews import Preview
from voice_widget.tools.tool import Tool

COMPUTE_S = 10.0
"""So long an expression may take, with the copies and the start of its process."""
_OF_IPYTHON = frozenset(["In", "Out", "exit", "quit", "get_ipython", "open", "display"])
_TAKEN = _OF_IPYTHON | {*dir(builtins), *keyword.kwlist, *keyword.softkwlist}
_MOST, _LONGEST = 50, 500
_NUMBERS = "iufcmM"  # the kinds of columns that have figures


class Namespace:
    """What of the notebook's variables an agent may see: data, under public names, and no secrets.

    Modules, functions, classes, objects of one's own, names with an underscore in front and what IPython puts
    there are not there for it; nor is what is named like a secret, or looks like one.

    Args:
        variables: The notebook's: ``globals()``.
    """

    def __init__(self, variables: MutableMapping[str, Any]) -> None:
        self._variables = variables

    def names(self) -> list[str]:
        """The names that can be asked for."""
        return sorted(
            name
            for name, value in dict(self._variables).items()
            if is_data(name, value) and name not in _OF_IPYTHON
        )

    def value(self, name: str) -> Any:
        """A copy without what is secret in it.

        Raises:
            ValueError: There is no data of that name.
        """
        return public(self._value(name))

    def listed(self) -> list[dict[str, Any]]:
        """Each with its type and size."""
        return [{"name": name, **outline(self._value(name))} for name in self.names()[:_MOST]]

    def looked_at(self, name: str, rows: int = 5) -> dict[str, Any]:
        """What it looks like: of a table its columns, first rows and figures."""
        value = self._value(name)
        return {"name": name, **outline(value), **details(value, max(1, min(int(rows), 20)))}

    async def computed(self, expression: str) -> Any:
        """What an expression over copies comes to, without what is secret in it.

        Raises:
            ValueError: It reads what is not there, does what is not allowed, or takes too much.
        """
        values, seconds = self._copied(expression)
        return await calculated(expression, values, seconds)

    async def previewed(self, expression: str) -> tuple[Any, str]:
        """The same, and in a few lines what it is and what differs from the table of which it was made.

        Raises:
            ValueError: As `computed`.
        """
        values, seconds = self._copied(expression)
        return await previewed(expression, values, seconds)

    def checked(self, expression: str) -> None:
        """Refuse what can never be computed, before anybody is asked.

        Raises:
            ValueError: It reads what is not there, or does what is not allowed.
        """
        check(expression)
        for name in names_in(expression):
            self._value(name)

    def _copied(self, expression: str) -> tuple[dict[str, Any], float]:
        began = time.monotonic()
        values = {name: self.value(name) for name in names_in(expression)}
        return values, COMPUTE_S - (time.monotonic() - began)

    def _value(self, name: str) -> Any:
        variables = dict(self._variables)
        if name not in variables or name in _OF_IPYTHON or not is_data(name, variables[name]):
            raise ValueError(
                f"There is no data named {public(name)!r:.60}; there are {', '.join(self.names()) or 'none'}."
            )
        return variables[name]

    def free(self, name: str) -> None:
        """Refuse a name that is taken, or none.

        Raises:
            ValueError: It is.
        """
        if not name.isidentifier() or name in _TAKEN or not is_data(name, None):
            raise ValueError(f"{name!r:.60} cannot be the name of a new variable.")
        if name in self._variables:
            raise ValueError(f"There is a variable {name} already, and none is changed; give a new name.")

    def bind(self, name: str, value: Any) -> None:
        """A new variable."""
        self.free(name)
        self._variables[name] = value


def outline(value: Any) -> dict[str, Any]:
    """Type and size, in a word each; nothing is copied for that.

    Example:
        >>> outline([3, 5])
        {'type': 'list', 'size': 2}
    """
    kind = table(value)
    if kind == "DataFrame":
        return {"type": kind, "shape": [len(value), len(shown_columns(value))]}
    if kind:
        return {"type": kind, "shape": list(value.shape), "dtype": str(value.dtype)}
    return {
        "type": type(value).__name__,
        **({"size": len(value)} if isinstance(value, (str, *HOLDERS)) else {}),
    }


def details(value: Any, rows: int) -> dict[str, Any]:
    """What one sees of it, short enough for a model. Only what is shown is copied."""
    kind = table(value)
    if kind == "DataFrame":
        head = public(value.head(rows))
        return {
            "dtypes": {str(name): str(dtype) for name, dtype in head.dtypes.items()},
            "head": head.to_csv(index=False),
            "describe": _figures(value, head.columns),
        }
    if kind == "Series":
        numbers = value.dtype.kind in _NUMBERS
        return {
            "head": public(value.head(rows)).to_csv(header=False),
            "describe": value.describe().to_csv(header=False) if numbers else "",
        }
    if kind:
        return {"head": str(public(value[:rows] if value.ndim else value))[:_LONGEST]}
    return {"value": str(public(_first(value)))[:_LONGEST]}


def _figures(value: Any, labels: Any) -> str:
    """Of each column by itself: taken together they would be copied."""
    columns = [
        (label, value.iloc[:, place]) for label, place in zip(labels, shown_columns(value), strict=True)
    ]
    found = [column.describe().rename(label) for label, column in columns if column.dtype.kind in _NUMBERS]
    if not found:
        return ""
    from pandas import concat

    return str(concat(found, axis=1).round(4).to_csv())


def _first(value: Any) -> Any:
    """No more than can be shown."""
    if type(value) is dict:
        return dict(islice(value.items(), _LONGEST))
    if type(value) in HOLDERS:
        return type(value)(islice(value, _LONGEST))
    return value


def namespace_tools(variables: Any) -> tuple[Tool, ...]:
    """The tools that show the notebook's variables to an agent; none without variables.

    Raises:
        SettingError: They are none.
    """
    if variables is None:
        return ()
    if not isinstance(variables, MutableMapping):
        raise SettingError(
            f"`namespace` is a {type(variables).__name__}, not the notebook's variables.",
            next_step="Write namespace=globals().",
        )
    seen = Namespace(variables)

    def list_variables() -> list[dict[str, Any]]:
        """The notebook's variables that hold data, with types and sizes."""
        return seen.listed()

    def look_at_variable(name: str, rows: int = 5) -> dict[str, Any]:
        """What a variable of the notebook looks like: columns, types, first rows, figures.

        Args:
            name: The variable.
            rows: How many rows of a table, 20 at the most.
        """
        return seen.looked_at(name, rows)

    async def compute_expression(expression: str, new_name: str = "") -> Any:
        """Compute one pandas or numpy expression over copies of the notebook's variables.

        The user is asked first. Nothing that is there is changed.

        Args:
            expression: One Python expression, such as df.groupby("day").tip.mean().
            new_name: Keep what it gives under this name, which nothing has yet; empty: do not keep it.
        """
        if new_name:
            seen.free(new_name)
        value = await seen.computed(expression)
        if new_name:
            seen.bind(new_name, value)
        return value

    async def would_give(expression: str, new_name: str = "") -> Preview:
        try:
            if new_name:
                seen.free(new_name)
            value, text = await seen.previewed(expression)
        except ValueError as error:
            return Preview(f"No preview: {error}", refused=str(error))

        def give() -> Any:
            if new_name:
                seen.bind(new_name, value)
            return value

        return Preview(text, give)

    def is_to_be_asked(given: dict[str, Any]) -> bool:
        try:
            seen.checked(given["expression"])
            if given["new_name"]:
                seen.free(given["new_name"])
        except ValueError as error:
            raise AgentError(str(error)) from None  # the model's mistake: it is told, and nobody is asked
        return True

    looks = (Tool(list_variables), Tool(look_at_variable))
    compute = Tool(compute_expression, needs_approval=is_to_be_asked, timeout_s=2 * COMPUTE_S)
    compute.preview = would_give
    return (*looks, compute)
