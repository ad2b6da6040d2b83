"""Tabs of a browser that show a widget: who may open one, and to which kernel's socket it is joined.

A kernel opens a room and gets a code, which goes into a link. The first page that brings the code within
`LINK_SECONDS` gets a key for the room, as a cookie that no script can read; from then on the key opens it,
for pages of that page's origin alone. Codes and keys live in memory, and only as digests.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

LINK_SECONDS = 60
"""So long a link can be used, once."""

S = TypeVar("S")


@dataclass
class Room(Generic[S]):
    """What a link opens.

    Attributes:
        name: In the tab's address; no secret.
        kernel: The socket of the kernel, whose widget it is.
        tab: The socket of the tab, while there is one.
        origin: Of the page that has used the link; None: nobody has.
    """

    name: str
    kernel: S
    expires_at: float
    tab: S | None = None
    origin: str | None = None
    _code: bytes = field(default=b"", repr=False)
    _key: bytes = field(default=b"", repr=False)


class Rooms(Generic[S]):
    """All rooms of an engine.

    Args:
        clock: Seconds.

    Example:
        >>> rooms = Rooms()
        >>> room, code = rooms.open("the kernel's socket")
        >>> name, key = rooms.enter(code, "http://127.0.0.1:5000")
        >>> rooms.enter(code, "http://127.0.0.1:5000") is None
        True
        >>> rooms.find(name, key, "http://127.0.0.1:5000") is room
        True
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rooms: dict[str, Room[S]] = {}

    def open(self, kernel: S) -> tuple[Room[S], str]:
        """A new room, and the code that opens it once."""
        code = secrets.token_urlsafe(32)
        room = Room(secrets.token_urlsafe(9), kernel, self._clock() + LINK_SECONDS, _code=_digest(code))
        self._rooms[room.name] = room
        return room, code

    def enter(self, code: str, origin: str) -> tuple[str, str] | None:
        """Use a code: the room's name and its key. None: it was used, is too old, or never was one."""
        asked, now = _digest(code), self._clock()
        for room in self._rooms.values():
            if room.origin is None and hmac.compare_digest(asked, room._code) and now < room.expires_at:
                key = secrets.token_urlsafe(32)
                room._key, room.origin = _digest(key), origin
                return room.name, key
        return None

    def opens(self, name: str, key: str) -> Room[S] | None:
        """The room of this name, if the key is its key."""
        room = self._rooms.get(name)
        fits = room is not None and room.origin is not None and hmac.compare_digest(_digest(key), room._key)
        return room if fits else None

    def find(self, name: str, key: str, origin: str) -> Room[S] | None:
        """The room that a page of this origin may come into with this key."""
        room = self.opens(name, key)
        return room if room is not None and room.origin == origin else None

    def close(self, room: Room[S]) -> None:
        """Nobody gets in any more."""
        self._rooms.pop(room.name, None)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
