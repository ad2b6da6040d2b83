"""The WebSocket of the client goes to the address that was given, to no other, and ends when it is closed."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidHandshake, InvalidStatus


class Straight(ClientConnection):
    """A redirect refuses it as any other status does: followed, it would carry the key on.

    Closing has its time as a whole: of itself it waits without end for a peer that reads nothing any more.
    """

    async def handshake(self, *args: Any, **options: Any) -> None:
        """Perform the opening handshake."""
        try:
            await super().handshake(*args, **options)
        except InvalidStatus as error:
            # By this class the client would know a redirect.
            raise InvalidHandshake("It was refused.") from error

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close in good order where the other end takes part in it, and in any case."""
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.close_timeout):
                    await super().close(code, reason)
        finally:
            self.transport.abort()
