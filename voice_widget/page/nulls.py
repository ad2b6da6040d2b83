"""Nothing, as it crosses a comm: where Python runs in the browser, its None is none of JSON's nulls.

Elsewhere JSON is in between. There each value is handed over as it is, and Pyodide makes an ``undefined`` of
None, and of a null something else than None.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from voice_widget.threads.one_thread import IN_BROWSER


def to_page(data: Any) -> Any:
    """What a page gets as JSON would bring it.

    Example:
        >>> to_page({"error": None})
        {'error': None}
    """
    return _with(None, _null(), data) if IN_BROWSER else data


def from_page(data: Any) -> Any:
    """What a page has sent, as JSON would bring it.

    Example:
        >>> from_page({"error": None})
        {'error': None}
    """
    return _with(_null(), None, data) if IN_BROWSER else data


@cache
def _null() -> Any:
    from pyodide.ffi import jsnull

    return jsnull


def _with(this: Any, that: Any, data: Any) -> Any:
    """The data with ``that`` wherever it has ``this``."""
    if data is this:
        return that
    if isinstance(data, dict):
        return {name: _with(this, that, value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [_with(this, that, value) for value in data]
    return data
