"""What a registered function gave, as pieces of an answer."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterable
from typing import Any

from voice_widget.agents import Piece, Show
from voice_widget.errors import SettingError


def several(result: Any) -> list[Any]:
    """What a function gave, as pieces; generators are read as they go."""
    if result is None:
        return []
    if isinstance(result, list | tuple):
        return list(result)
    if inspect.isgenerator(result) or inspect.isasyncgen(result) or inspect.isawaitable(result):
        return [result]
    return [result]


def _piece(found: Any) -> Piece:
    """A result that is neither text nor a piece is shown."""
    if isinstance(found, Piece):
        return found
    return Show(found, type(found).__name__)


def plain(found: Any) -> Iterable[Piece]:
    """The pieces of one result that is not async.

    Raises:
        SettingError: It is.
    """
    if inspect.isgenerator(found):
        yield from (_piece(x) for x in found if x is not None)
    elif inspect.isasyncgen(found) or inspect.isawaitable(found):
        if inspect.iscoroutine(found):
            found.close()
        raise SettingError(
            "An async function can only answer in a call.", next_step="Press Call, or send_text()."
        )
    else:
        yield _piece(found)


async def resolved(found: Any) -> AsyncIterator[Piece]:
    """The pieces of one result; what is async is awaited."""
    if inspect.isasyncgen(found):
        async for x in found:
            if x is not None:
                yield _piece(x)
    elif inspect.isawaitable(found):
        for x in several(await found):
            async for piece in resolved(x):
                yield piece
    else:
        for piece in plain(found):
            yield piece
