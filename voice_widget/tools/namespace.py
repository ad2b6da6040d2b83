"""The notebook's variables as tools: what is there, what it looks like, and one expression over copies."""

from __future__ import annotations

import copy
import keyword
import re
import time
from collections.abc import MutableMapping
from typing import Any

from voice_widget.errors import SettingError
from voice_widget.realtime.wire.masking import masked
from voice_widget.tools.expressions import compute, names_in
from voice_widget.tools.tool import Tool

_OF_IPYTHON = frozenset(["In", "Out", "exit", "quit", "get_ipython", "open"])
_SECRET = re.compile(
    r"(?:^|[_\W])(?:api_?key|key|token|secret|passw(?:or)?d|pwd|credentials?|auth|authorization|cookie)s?(?:$|[_\W\d])",
    re.IGNORECASE,
)
_PLAIN = (bool, int, float, complex, str)
_HOLDERS = (list, tuple, dict, set, frozenset)
_TABLES = {
    ("pandas", "DataFrame"): "DataFrame",
    ("pandas", "Series"): "Series",
    ("numpy", "ndarray"): "array",
}
COMPUTE_S = 10.0
_DEEPEST, _MOST, _LONGEST = 4, 50, 500
_HIDDEN = "…"


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
        return sorted(name for name, value in dict(self._variables).items() if is_data(name, value))

    def value(self, name: str) -> Any:
        """A copy without what is secret in it.

        Raises:
            ValueError: There is no data of that name.
        """
        value = dict(self._variables).get(name)
        if not is_data(name, value):
            raise ValueError(
                f"There is no data named {name!r:.60}; there are {', '.join(self.names()) or 'none'}."
            )
        return public(value)

    def listed(self) -> list[dict[str, Any]]:
        """Each with its type and size."""
        return [{"name": name, **outline(self.value(name))} for name in self.names()[:_MOST]]

    def looked_at(self, name: str, rows: int = 5) -> dict[str, Any]:
        """What it looks like: of a table its columns, first rows and figures."""
        value = self.value(name)
        return {"name": name, **outline(value), **details(value, max(1, min(int(rows), 20)))}

    def computed(self, expression: str) -> Any:
        """What an expression over copies comes to.

        Raises:
            ValueError: It reads what is not there, or does what is not allowed.
        """
        return public(compute(expression, {name: self.value(name) for name in names_in(expression)}))

    def free(self, name: str) -> None:
        """Refuse a name that is taken, or none.

        Raises:
            ValueError: It is.
        """
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_") or _SECRET.search(name):
            raise ValueError(f"{name!r:.60} cannot be the name of a new variable.")
        if name in self._variables:
            raise ValueError(f"There is a variable {name} already, and none is changed; give a new name.")

    def bind(self, name: str, value: Any) -> None:
        """A new variable."""
        self.free(name)
        self._variables[name] = value


def is_data(name: Any, value: Any) -> bool:
    """This variable is data that an agent may see.

    Example:
        >>> is_data("prices", [1, 2]), is_data("_prices", [1, 2]), is_data("api_key", "x")
        (True, False, False)
    """
    if not isinstance(name, str) or name.startswith("_") or name in _OF_IPYTHON or _SECRET.search(name):
        return False
    if isinstance(value, str):
        return type(value) is str and masked(value) == value
    return type(value) in (*_PLAIN, *_HOLDERS) or _table(value) != ""


def public(value: Any, depth: int = 0) -> Any:
    """A copy without secrets: columns and keys that are named so, and texts that look so.

    Example:
        >>> public({"user": "ann", "password": "x", "rows": [1, print]})
        {'user': 'ann', 'password': '…', 'rows': [1, '<builtin_function_or_method>']}
    """
    kind = _table(value)
    if kind == "DataFrame":
        kept = [number for number, name in enumerate(value.columns) if not _SECRET.search(str(name))]
        return value.iloc[:, kept].copy(deep=True)
    if kind:
        return value.copy()
    if isinstance(value, str):
        return masked(str.__str__(value))
    if value is None or type(value) in _PLAIN:
        return value
    if type(value).__module__.partition(".")[0] in ("numpy", "pandas", "datetime"):
        return copy.copy(value)
    if depth >= _DEEPEST or type(value) not in _HOLDERS:
        return f"<{type(value).__name__}>"
    if isinstance(value, dict):
        return {
            key if type(key) in (*_PLAIN, tuple) else str(type(key)): (
                _HIDDEN if _SECRET.search(str(key)) else public(inner, depth + 1)
            )
            for key, inner in value.items()
        }
    return type(value)(public(inner, depth + 1) for inner in value)


def outline(value: Any) -> dict[str, Any]:
    """Type and size, in a word each.

    Example:
        >>> outline([3, 5])
        {'type': 'list', 'size': 2}
    """
    kind = _table(value)
    if kind:
        shape = {"shape": list(value.shape)}
        return {"type": kind, **shape, **({} if kind == "DataFrame" else {"dtype": str(value.dtype)})}
    return {
        "type": type(value).__name__,
        **({"size": len(value)} if isinstance(value, (str, *_HOLDERS)) else {}),
    }


def details(value: Any, rows: int) -> dict[str, Any]:
    """What one sees of it, short enough for a model."""
    kind = _table(value)
    if kind == "DataFrame":
        return {
            "dtypes": {str(name): str(dtype) for name, dtype in value.dtypes.items()},
            "head": value.head(rows).to_csv(index=False),
            "describe": value.describe().round(4).to_csv() if value.shape[1] else "",
        }
    if kind == "Series":
        return {
            "head": value.head(rows).to_csv(header=False),
            "describe": value.describe().to_csv(header=False),
        }
    if kind == "array":
        return {"head": str(value[:rows] if value.ndim else value)[:_LONGEST]}
    return {"value": str(value)[:_LONGEST]}


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

    def compute_expression(expression: str, new_name: str = "") -> Any:
        """Compute one pandas or numpy expression over copies of the notebook's variables.

        The user is asked first. Nothing that is there is changed.

        Args:
            expression: One Python expression, such as df.groupby("day").tip.mean().
            new_name: Keep what it gives under this name, which nothing has yet; empty: do not keep it.
        """
        if new_name:
            seen.free(new_name)
        began = time.monotonic()
        value = seen.computed(expression)
        if new_name and time.monotonic() - began < COMPUTE_S:  # else it was given up
            seen.bind(new_name, value)
        return value

    looks = (Tool(list_variables), Tool(look_at_variable))
    return (*looks, Tool(compute_expression, needs_approval=True, timeout_s=COMPUTE_S))


def _table(value: Any) -> str:
    kind = type(value)
    return _TABLES.get((kind.__module__.partition(".")[0], kind.__name__), "")
