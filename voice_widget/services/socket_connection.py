"""An open session socket or sideband of a service that speaks OpenAI's protocol."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from voice_widget.errors import ProtocolError, ServiceUnavailable
from voice_widget.realtime.wire.beta import old_client_event
from voice_widget.realtime.wire.events import Event, dump, parse
from voice_widget.realtime.wire.reading import expires_at
from voice_widget.services.credentials import Credentials
from voice_widget.services.reading_ahead import Ahead
from voice_widget.services.refusals import closed

if TYPE_CHECKING:
    from openai.resources.realtime.realtime import AsyncRealtimeConnection


class SocketConnection:
    """An open session socket or sideband.

    Args:
        connection: The socket.
        credentials: Knows what must not come back in an event.
        beta: The other end knows the client's events by their old names.
    """

    def __init__(
        self, connection: AsyncRealtimeConnection, credentials: Credentials, *, beta: bool = False
    ) -> None:
        self._connection = connection
        self._ahead = Ahead(connection.recv_bytes)
        self._credentials = credentials
        self._beta = beta
        self._came = False
        self._closed = False
        self._ends_at: float | None = None

    async def __aiter__(self) -> AsyncIterator[Event]:
        """The server's events. One that cannot be read becomes ``voice_widget.unreadable``."""
        async for raw in self.frames():
            try:
                event = parse(raw, forgiving=True)
            except ProtocolError as error:
                event = {"type": "voice_widget.unreadable", "error": error.info(), "bytes": len(raw)}
            self._note_the_end(event)
            yield self._credentials.clean_event(event)

    async def frames(self) -> AsyncIterator[bytes]:
        """What the server sends, unread, until the socket closes. Secrets that it repeats are still in it."""
        from websockets.exceptions import ConnectionClosed, ConnectionClosedOK

        lost = None
        try:
            while True:
                frame = await self._ahead.take()
                self._came = True
                yield frame
        except ConnectionClosed as error:
            if self._closed:
                return
            lost = closed(
                error.rcvd.code if error.rcvd else 1006,
                error.rcvd.reason if error.rcvd else "",
                error.sent.code if error.sent and not error.rcvd_then_sent else 0,
                self._credentials.clean,
                beta=self._beta,
                came=self._came,
                ends_in=None if self._ends_at is None else self._ends_at - time.time(),
            )
            # In good order, but for what it says: so some end a session's time, or an account's.
            mere = error.rcvd is None or " " not in error.rcvd.reason.strip()
            if isinstance(error, ConnectionClosedOK) and lost.code == "connection_lost" and mere:
                return
        if lost is not None:
            raise lost

    def _note_the_end(self, event: Event) -> None:
        if (ends_at := expires_at(event)) is not None:
            self._ends_at = ends_at

    async def send(self, event: Event) -> None:
        """Send one client event."""
        await self.send_text(dump(old_client_event(event) if self._beta else event))

    async def send_text(self, text: str) -> None:
        """Send a text as it is."""
        from websockets.exceptions import ConnectionClosed

        try:
            await self._connection.send_raw(text)
            return
        except ConnectionClosed:
            pass
        raise ServiceUnavailable(
            "The connection to the service is closed.", code="connection_lost", next_step="Call again."
        )

    async def close(self) -> None:
        """Close the socket; safe to call twice."""
        self._closed = True
        try:
            await self._connection.close()
        finally:
            await self._ahead.close()
