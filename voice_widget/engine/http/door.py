"""Accepts connections: so many, and only as long as they go on to say something whole.

asyncio's own server accepts whatever comes, waits for the head of a request for ever, and where no descriptor
is left it logs a traceback for each try, thousands a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import select
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from voice_widget.engine.seldom import SECONDS, Seldom

HEADER_SECONDS = 10.0
MOST_CONNECTIONS = 512
BACKLOG = 128

log = logging.getLogger(__name__)


def most_connections() -> int:
    """How many are served at once: calls need descriptors too, so half of what there may be is theirs."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return MOST_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(8, min(MOST_CONNECTIONS, soft // 2))


@dataclass(frozen=True)
class Bounds:
    """What a door puts up with.

    Attributes:
        header_seconds: So long the head of a request may take: from the connection, from the end of the
            request before it, or from its first byte on.
        most: So many connections are served at once.
        log_seconds: The same trouble is logged once in so long.
        retry_seconds: So long it waits after it could not accept a connection.
    """

    header_seconds: float = HEADER_SECONDS
    most: int = field(default_factory=most_connections)
    log_seconds: float = SECONDS
    retry_seconds: float = 0.2


class Door:
    """Listens, and hands each connection to a protocol of its own.

    Where no more connections are taken, who has waited longest without being served leaves for the next one.
    If all are being served, the next one is turned away.

    Args:
        serve: Makes the protocol of a connection.
        bounds: What it puts up with.
    """

    def __init__(self, serve: Callable[[], asyncio.Protocol], bounds: Bounds) -> None:
        self.bounds = bounds
        self._serve = serve
        self._listeners: list[socket.socket] = []
        self._accepting: list[asyncio.Task[None]] = []
        self._guests: dict[asyncio.BaseTransport, _Guest] = {}
        self._waiting: dict[_Guest, None] = {}
        self._seldom = Seldom(log, bounds.log_seconds)

    async def open(self, host: str, port: int) -> int:
        """Listen at every address of this host. Returns the port, a free one if 0 was asked for.

        Raises:
            OSError: It cannot.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        try:
            for family, kind, proto, _, address in dict.fromkeys(found):
                self._listeners.append(_listener(family, kind, proto, address))
        except OSError:
            await self.close()
            raise
        self._accepting = [
            asyncio.create_task(self._accept(listener), name="door") for listener in self._listeners
        ]
        return int(self._listeners[0].getsockname()[1])

    async def close(self) -> None:
        """Accept no more. Who is being served stays."""
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        for listener in self._listeners:
            listener.close()
        self._accepting, self._listeners = [], []

    @contextlib.contextmanager
    def serving(self, transport: asyncio.BaseTransport | None) -> Iterator[None]:
        """The head of a request has come by this connection; it is served in here."""
        guest = self._guests.get(transport) if transport is not None else None
        if guest is not None:
            guest.served()
        try:
            yield
        finally:
            if guest is not None:
                guest.rests()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except ConnectionError:  # it was gone before it was taken
                continue
            except OSError as error:
                self._seldom.warn("A connection cannot be accepted: %s", error)
                # Without a descriptor it fails where nobody comes, too, and then nobody has to leave.
                if not (_somebody_comes(listener) and await self._make_room()):
                    await asyncio.sleep(self.bounds.retry_seconds)
                continue
            if len(self._guests) >= self.bounds.most and not await self._make_room():
                self._seldom.warn("All %s connections are in use; another is turned away.", self.bounds.most)
                _turn_away(connection)
                continue
            try:
                await loop.connect_accepted_socket(lambda: _Guest(self, self._serve()), connection)
            except OSError:
                connection.close()

    async def _make_room(self) -> bool:
        guest = next(iter(self._waiting), None)
        if guest is None:
            return False
        guest.drop()
        await asyncio.sleep(0)  # its descriptor is given back by the loop
        return True

    # --- what a guest says of itself ---

    def came(self, guest: _Guest, transport: asyncio.BaseTransport) -> None:
        """A connection is there."""
        self._guests[transport] = guest

    def waits(self, guest: _Guest) -> None:
        """It is not being served."""
        self._waiting.setdefault(guest)

    def busy(self, guest: _Guest) -> None:
        """It is."""
        self._waiting.pop(guest, None)

    def left(self, guest: _Guest, transport: asyncio.BaseTransport) -> None:
        """It is gone, or will be in a moment."""
        self._guests.pop(transport, None)
        self._waiting.pop(guest, None)


class _Guest(asyncio.Protocol):
    """One connection: passes on what comes, and leaves if the head of a request does not come in time."""

    def __init__(self, door: Door, behind: asyncio.Protocol) -> None:
        self._door = door
        self._behind = behind
        self._transport: asyncio.Transport | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._rests = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._door.came(self, transport)
        self._expect_a_head()
        self._behind.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._rests:
            self._rests = False
            self._expect_a_head()
        self._behind.data_received(data)

    def eof_received(self) -> bool | None:
        return self._behind.eof_received()

    def pause_writing(self) -> None:
        self._behind.pause_writing()

    def resume_writing(self) -> None:
        self._behind.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        self._behind.connection_lost(exc)

    def served(self) -> None:
        """A whole head has come."""
        self._rests = False
        self._be_patient()
        self._door.busy(self)

    def rests(self) -> None:
        """What was asked for is done; another request may come, or a part of it is here already."""
        if self._transport is not None and not self._transport.is_closing():
            self._rests = True
            self._expect_a_head()

    def drop(self) -> None:
        """It has to go."""
        self._leave()
        if self._transport is not None:
            self._transport.abort()

    def _expect_a_head(self) -> None:
        self._be_patient()
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(self._door.bounds.header_seconds, self.drop)
        self._door.waits(self)

    def _be_patient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _leave(self) -> None:
        self._be_patient()
        if self._transport is not None:
            self._door.left(self, self._transport)


def _listener(family: int, kind: int, proto: int, address: tuple[object, ...]) -> socket.socket:
    listener = socket.socket(family, kind, proto)
    try:
        if sys.platform != "win32":  # there it would let two programs listen at one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.setblocking(False)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _somebody_comes(listener: socket.socket) -> bool:
    if sys.platform == "win32":
        return True
    poll = select.poll()  # needs no descriptor, and knows those above 1023 too
    poll.register(listener, select.POLLIN)
    return bool(poll.poll(0))


def _turn_away(connection: socket.socket) -> None:
    error = {
        "message": "This engine serves as many connections as it may. Close some, or try again later.",
        "type": "server_error",
        "code": "too_many_connections",
        "param": None,
    }
    body = json.dumps({"error": error})
    head = (
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with contextlib.suppress(OSError):
        connection.send((head + body).encode("ascii"))
        connection.shutdown(socket.SHUT_WR)
    connection.close()
