"""The way beside a call that was made elsewhere: it is followed and steered."""

from __future__ import annotations

import contextlib
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from voice_widget.call.ice import Ice
from voice_widget.call.ways import Leg, Owner, Path, SendOne, SocketAudio, Way, attached
from voice_widget.errors import ServiceError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.events import Event
from voice_widget.services import Connection, Service


class Joined:
    """Beside a call that runs.

    Args:
        call_id: Its id at the service.
    """

    transport = "webrtc"
    by_page = ours = hushed_by_page = hands_over = False
    fallback: Way | None = None
    ice: Ice | None = None

    def __init__(self, call_id: str) -> None:
        self.call_id = call_id

    def check(self, service: Service) -> None:
        """Whether it has sidebands shows when one is opened."""

    def path(self, leg: Leg) -> Path:
        """The path of one call."""
        return JoinedPath(leg.service, self.call_id)


class JoinedPath:
    """Beside a call that runs: followed and steered by its sideband, without sound of our own.

    Args:
        service: Whose call it is.
        call_id: Its id there.
    """

    audio: SocketAudio | None = None
    sound_apart = False
    shared = speaks_first = True

    def __init__(self, service: Service, call_id: str) -> None:
        self._service, self._call_id = service, call_id

    async def open(self, owner: Owner) -> Connection:
        """Attach the sideband."""
        connection = await attached(self._service, self._call_id)
        owner.joined(self._call_id)
        return connection

    def greeting(self, config: SessionConfig) -> Event:
        """Nothing but the question what is in force: the settings are those of who made the call."""
        return {"type": "realtime"}

    def page_says(self, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        """No page holds the call."""

    def send_for_page(self, event: Event, send: SendOne) -> Coroutine[Any, Any, None]:
        """Send a client event that the page cannot send by itself: run what this gives."""
        return send(event)

    async def lost(self, error: ServiceError | None) -> Connection | None:
        """A sideband that was closed says that the call has ended; one that broke is attached again."""
        if error is None:
            return None
        with contextlib.suppress(ServiceError):
            return await self._service.connect(call_id=self._call_id)
        return None

    async def release(self) -> None:
        """Leaving does not end the call."""
