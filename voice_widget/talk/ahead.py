"""Answers to offers whose call nobody has begun: who points at Call may press it. On the loop thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from voice_widget.call.ice import Ice, answered
from voice_widget.call.ways import Offer
from voice_widget.errors import VoiceWidgetError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services import Answer, Service

AHEAD_S = 18.0
"""So long an answer is kept that nobody wants. Pages use it for 10 s; our engine waits 20 s for a peer."""
MOST = 4
"""So many are kept: one for each page that somebody may call from."""


class Ahead:
    """Has offers answered ahead of their calls, by a service that does not mind.

    The settings may change before the call: it begins by sending them anyway.

    Args:
        service: Who will be called.
        warm: Makes it ready.
        config: Gives the settings of the next call.
        keep: Holds a task until it is done.
    """

    def __init__(
        self,
        service: Service,
        *,
        warm: Callable[[], Awaitable[None]],
        config: Callable[[], SessionConfig],
        keep: Callable[[asyncio.Task[None]], None],
    ) -> None:
        self._service, self._warm, self._config, self._keep = service, warm, config, keep
        self._made: dict[str, tuple[asyncio.Task[Answer], asyncio.TimerHandle]] = {}

    async def make(self, sdp: str, ice: Ice | None = None) -> str:
        """The answer to this offer, for somebody may call; empty: there is none before the call.

        ``ice`` are the servers that the page has made it with.
        """
        if not self._service.capabilities.answers_ahead or sdp in self._made or len(self._made) >= MOST:
            return ""
        made = asyncio.create_task(self._ask(sdp, ice))
        patience = asyncio.get_running_loop().call_later(AHEAD_S, self._drop, sdp)
        self._made[sdp] = made, patience
        try:
            return (await asyncio.shield(made)).sdp
        except VoiceWidgetError:  # asked in the call, the service says why
            return ""

    async def _ask(self, sdp: str, ice: Ice | None) -> Answer:
        await self._warm()
        return await answered(self._service, sdp, self._config(), ice)

    async def take(self, offer: Offer | None) -> Answer | None:
        """The answer to this offer, for the call that begins; None: there is none yet."""
        sdp = "" if offer is None else offer.sdp
        try:
            if sdp in self._made:
                made, _ = self._made[sdp]
                with suppress(VoiceWidgetError):
                    answer = await asyncio.shield(made)
                    self._made.pop(sdp)[1].cancel()
                    return answer
            return None
        finally:
            self.drop()

    def drop(self) -> None:
        """Nobody wants them any more."""
        for sdp in list(self._made):
            self._drop(sdp)

    def _drop(self, sdp: str) -> None:
        made, patience = self._made.pop(sdp)
        patience.cancel()
        self._keep(asyncio.create_task(self._hang_up(made)))

    async def _hang_up(self, made: asyncio.Task[Answer]) -> None:
        with suppress(VoiceWidgetError):
            if call_id := (await made).call_id:
                await self._service.hangup(call_id)
