"""Figures that functions give, also by their axes, as pandas and seaborn do."""

from __future__ import annotations

from typing import Any

from voice_widget.tools.bounded import is_table


def figure_of(value: Any) -> Any:
    """The figure that this is, or that these axes, or an array of them, are in; None: it is neither.

    Example:
        >>> figure_of("plot")
    """
    if isinstance(value, type) or is_table(value):
        return None  # a table may have a column of that name
    if hasattr(type(value), "flat") and getattr(value, "size", False):
        value = next(iter(value.flat))
    for found in (value, getattr(value, "figure", None)):
        if callable(getattr(type(found), "savefig", None)):
            figure = getattr(found, "figure", None)  # what seaborn gives has one and is none
            return figure if callable(getattr(type(figure), "savefig", None)) else found
    return None
