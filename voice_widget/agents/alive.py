"""Signs of life of an agent at work, for the engine that waits for its answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from voice_widget.realtime.wire.events import Event

APART_S = 1.0
"""So far apart are signs for an agent's pieces: some give one for every word that they think."""


class Alive:
    """Tells the engine that one answer is at work still, by deltas without a text.

    Args:
        response_id: The answer.
        send: Sends a client event.
        apart_s: For what the agent does there is a sign only if nothing was sent for so long.
    """

    def __init__(
        self, response_id: str, send: Callable[[Event], Awaitable[None]], *, apart_s: float = APART_S
    ) -> None:
        self._response_id, self._send, self._apart_s = response_id, send, apart_s
        self._sent_s, self._heard = asyncio.get_running_loop().time(), False

    async def sent(self, event: Event) -> None:
        """Send something of the answer, which is a sign as well."""
        self._sent_s, self._heard = asyncio.get_running_loop().time(), True
        await self._send(event)

    async def delta(self, text: str) -> None:
        """Send words of the answer; none are a sign alone."""
        await self.sent({"type": "voice_widget.reply.delta", "response_id": self._response_id, "delta": text})

    async def sign(self) -> None:
        """The agent has done something, of which the engine may have heard nothing."""
        heard, self._heard = self._heard, False
        if not heard and asyncio.get_running_loop().time() - self._sent_s >= self._apart_s:
            await self.delta("")

    @contextlib.asynccontextmanager
    async def beating(self, at_work: Callable[[], bool], every_s: float) -> AsyncIterator[None]:
        """Meanwhile, give a sign every few seconds as long as something is at work.

        Args:
            at_work: Whether it is, when it is looked at.
            every_s: How often.
        """
        beat = asyncio.create_task(self._beat(at_work, every_s), name="voice_widget signs of life")
        try:
            yield
        finally:
            beat.cancel()
            await asyncio.wait({beat})
            if not beat.cancelled():
                beat.exception()  # what cannot be sent is told where the answer itself is sent

    async def _beat(self, at_work: Callable[[], bool], every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            if at_work():
                await self.delta("")
