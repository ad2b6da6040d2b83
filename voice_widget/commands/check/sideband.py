"""A sideband: the events of a call by WebRTC, whose sound goes by the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice_widget.commands.check.lines import NoWay, SocketLine
from voice_widget.commands.check.record import Way
from voice_widget.errors import ServiceError

if TYPE_CHECKING:
    from voice_widget.commands.check.peer import PeerLine


class SidebandLine(SocketLine):
    """Makes a call, and follows it by a WebSocket.

    Args:
        peer: The call.
    """

    way: Way = "sideband"

    def __init__(self, peer: PeerLine) -> None:
        super().__init__(peer.service, peer.settings)
        self._peer = peer

    async def open(self) -> None:
        """Make the call, then follow it."""
        await self._peer.start()
        self.call_id = self._peer.call_id
        if self.call_id is None:
            raise NoWay("no_location", "POST /v1/realtime/calls", "no `Location` beside the answer")
        try:
            await super().open()
        except ServiceError as error:
            raise NoWay("no_sideband", "GET /v1/realtime?call_id=", error.message) from None

    async def close(self) -> None:
        """Stop following the call, and end it."""
        await super().close()
        await self._peer.close()

    def speak(self, pcm: bytes) -> None:
        """Say this in the call."""
        self._peer.speak(pcm)

    async def sounds(self, seconds: float) -> bool:
        """Whether the call sounds."""
        return await self._peer.sounds(seconds)
