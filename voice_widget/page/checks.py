"""Does a value have the shape that an annotation says? For what comes from pages and for traits."""

from __future__ import annotations

import types
from functools import cache
from typing import (
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from voice_widget.errors import ProtocolError, shown
from voice_widget.page import from_page


def misfit(value: Any, kind: Any, where: str = "it") -> str | None:
    """Say what is wrong with ``value``, or nothing when it fits ``kind``.

    Knows what the messages use: plain types, ``Literal``, unions, ``list``, ``dict`` and TypedDicts.
    Unknown keys are allowed, so that a newer page may say more. An ``int`` is a fine ``float``; a ``bool``
    is neither.

    Example:
        >>> misfit("up", Literal["on", "off"], "lamp")
        "lamp is 'up', not one of 'on', 'off'"
    """
    origin = get_origin(kind)
    if kind is Any:
        return None
    if origin in (Union, types.UnionType):
        wrong = [misfit(value, option, where) for option in get_args(kind)]
        return None if None in wrong else wrong[0]
    if origin is Literal:
        options = get_args(kind)
        # `in` alone would take 1 for True.
        if any(type(value) is type(option) and value == option for option in options):
            return None
        return f"{where} is {_short(value)}, not one of {', '.join(map(repr, options))}"
    if is_typeddict(kind):
        return _misfit_fields(value, kind, where)
    if origin is list:
        if not isinstance(value, list):
            return _not(value, list, where)
        (item,) = get_args(kind)
        return next(filter(None, (misfit(x, item, f"{where}[{n}]") for n, x in enumerate(value))), None)
    if origin is dict:
        if not isinstance(value, dict):
            return _not(value, dict, where)
        key, item = get_args(kind)
        wrong_key = next(filter(None, (misfit(x, key, f"a key of {where}") for x in value)), None)
        return wrong_key or next(
            filter(None, (misfit(x, item, f"{where}[{shown(n)}]") for n, x in value.items())), None
        )
    if kind is None or kind is type(None):
        return None if value is None else _not(value, type(None), where)
    if kind in (int, float) and isinstance(value, bool):
        return _not(value, kind, where)
    if kind is float and isinstance(value, int):
        return None
    return None if isinstance(value, kind) else _not(value, kind, where)


def page_message(message: Any) -> from_page.PageMessage:
    """Check a message of a page against its TypedDict.

    Raises:
        ProtocolError: It is no message of ours; nothing else happens because of it.
    """
    if not isinstance(message, dict):
        raise ProtocolError(f"A message of the page is {type(message).__name__}, not an object.")
    kinds = page_kinds()
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in kinds:
        raise ProtocolError(
            f"A message of the page has the unknown type {_short(kind)}.", code="unknown_message"
        )
    wrong = misfit(message, kinds[kind], kind)
    if wrong:
        raise ProtocolError(f"A message of the page has a wrong field: {wrong}.")
    return message  # type: ignore[return-value]  # just checked


@cache
def page_kinds() -> dict[str, Any]:
    """The TypedDicts of the messages that a page may send, by ``type``."""
    kinds = get_args(from_page.PageMessage)
    return {get_args(fields(kind)["type"][0])[0]: kind for kind in kinds}


@cache
def fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """The fields of a TypedDict: name → (annotation, required)."""
    found = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        wrapped = get_origin(hint) in (NotRequired, Required)
        # `__required_keys__` knows nothing of NotRequired under `from __future__ import annotations`.
        found[name] = (get_args(hint)[0] if wrapped else hint, get_origin(hint) is not NotRequired)
    return found


def _misfit_fields(value: Any, kind: Any, where: str) -> str | None:
    if not isinstance(value, dict):
        return _not(value, dict, where)
    for name, (hint, required) in fields(kind).items():
        if name in value:
            wrong = misfit(value[name], hint, f"{where}.{name}")
            if wrong:
                return wrong
        elif required:
            return f"{where}.{name} is missing"
    return None


def _not(value: Any, kind: Any, where: str) -> str:
    return f"{where} is {_short(value)}, not {'None' if kind is type(None) else kind.__name__}"


def _short(value: Any) -> str:
    """A value for a sentence: never long, so that a hostile message cannot fill a log."""
    if isinstance(value, list | dict | str | bytes) and len(value) > 40:
        return f"a {type(value).__name__} of length {len(value)}"
    return shown(value)
