"""No more is read of an answer over HTTP than an answer can have: a server may go on for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

MOST_BYTES = 1 << 20
MOST_COMPRESSED = 1 << 16
"""We ask for plain answers; one that is compressed all the same may become a thousand times as long."""


class AnswerTooLarge(Exception):
    """More came than any answer has."""


async def bound(response: Any) -> None:
    """Let the body of this answer, which is about to be read, be no longer than that."""
    plain = response.headers.get("content-encoding", "identity") == "identity"
    response.stream = _bounded(response.stream, MOST_BYTES if plain else MOST_COMPRESSED)


def _bounded(stream: Any, most: int) -> Any:
    # By whatever name the HTTP library is installed: it looks whether this is one of its streams.
    base: Any = next(kind for kind in type(stream).__mro__ if kind.__name__ == "AsyncByteStream")

    class Bounded(base):  # type: ignore[misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for part in stream:
                size += len(part)
                if size > most:
                    raise AnswerTooLarge
                yield part

        async def aclose(self) -> None:
            await stream.aclose()

    return Bounded()
