"""What an MCP server may be given with: what cannot work is refused at once, and no secret is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from voice_widget.errors import SettingError, shown

_TEXTS = {"env": 'env={"TIDES_PORT": "Ostend"}', "headers": 'headers={"X-Key": "…"}'}


def address(url: Any) -> SplitResult | None:
    """The parts of an address that can be called; None if it is none.

    Example:
        >>> address("https://example.org/mcp").hostname
        'example.org'
        >>> address("http://[x") is None
        True
    """
    try:
        place = urlsplit(url) if isinstance(url, str) else None
        host = None if place is None else place.hostname
    except ValueError:
        return None
    return place if place is not None and place.scheme in ("http", "https") and host else None


def named_texts(what: str, given: Any) -> dict[str, str]:
    """Texts by their names: headers, or environment variables.

    Raises:
        SettingError: They are none. A value is not quoted, for it may be secret.
    """
    step = f"Write {_TEXTS[what]}."
    if not isinstance(given, Mapping):
        raise SettingError(f"{what} must be a dict, not {type(given).__name__}.", next_step=step)
    for name, value in given.items():
        for part, told in ((name, f"the name {shown(name)}"), (value, shown(name))):
            if not isinstance(part, str):
                kind = type(part).__name__
                raise SettingError(f"In {what}, {told} must be a text, not {kind}.", next_step=step)
    return dict(given)


def names_of_tools(given: Any) -> list[str]:
    """The names of tools that may be called.

    Raises:
        SettingError: They are no list of texts.
    """
    names = list(given) if isinstance(given, Iterable) and not isinstance(given, str | bytes) else None
    if names is None or not all(isinstance(name, str) for name in names):
        raise SettingError(f"`allowed_tools` is {shown(given)}.", next_step='Write allowed_tools=["search"].')
    return names
