"""The WebSocket of the client goes to the address that was given, and to no other."""

from __future__ import annotations

from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidHandshake, InvalidStatus


class Straight(ClientConnection):
    """A redirect refuses it as any other status does: followed, it would carry the key on."""

    async def handshake(self, *args: Any, **options: Any) -> None:
        """Perform the opening handshake."""
        try:
            await super().handshake(*args, **options)
        except InvalidStatus as error:
            # By this class the client would know a redirect.
            raise InvalidHandshake("It was refused.") from error
