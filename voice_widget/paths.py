"""How a call reaches its service: a peer at the page, a socket with the sound in it, or beside a call."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Literal, Protocol

from voice_widget.caller import Pace
from voice_widget.errors import ServiceError
from voice_widget.realtime.config import SessionConfig
from voice_widget.realtime.events import Event
from voice_widget.services import Answer, Connection, Service

Direction = Literal["received", "sent", "page", "local"]
Send = Callable[[Iterable[Event]], Awaitable[None]]
Tell = Callable[[Event], None]


class Ear(Protocol):
    """The caller's microphone and ear, where the sound is in the session's socket."""

    def open(self) -> Coroutine[Any, Any, None] | None:
        """Open the microphone; run what this gives, if anything."""
        ...

    async def speak(self, pcm: bytes, pace: Pace) -> None:
        """Say PCM16 at 24 kHz; returns when all of it has been sent."""
        ...

    async def hear(self, event: Event, *, interrupts: bool) -> None:
        """Take the audio of a server's event; talking over it silences it, if that ``interrupts``."""
        ...

    def advance(self) -> None:
        """Take note of what was played by now."""
        ...

    async def cut(self) -> None:
        """Fall silent, and tell the service where."""
        ...


MakeEar = Callable[[Connection, Send, Tell], Ear]


class Owner(Protocol):
    """The call, as its path sees it."""

    @property
    def number(self) -> int:
        """The call's number within the widget."""
        ...

    def observe(self, event: Event, direction: Direction) -> None:
        """Tell what happens."""
        ...

    def joined(self, call_id: str) -> None:
        """The call has its id."""
        ...

    async def send_now(self, events: Iterable[Event]) -> None:
        """Send client events without waiting for a response's end."""
        ...


class Path(Protocol):
    """A way to a service; one per call.

    Attributes:
        ear: Where the sound is in the connection.
        sound_apart: The sound goes another way, and the page says whether it is up.
        configures: The session begins without our settings: they have to be sent.
    """

    ear: Ear | None
    sound_apart: bool
    configures: bool

    async def open(self, owner: Owner) -> Connection:
        """Reach the service. Raises a `VoiceWidgetError`."""
        ...

    async def lost(self, error: ServiceError | None) -> Connection | None:
        """The connection broke (no error: it was closed): follow the call in another way, if there is one."""
        ...

    async def release(self) -> None:
        """The call is over: let go of what is at the service."""
        ...


class PeerPath:
    """The page's offer is handed to the service, and the kernel follows by a sideband.

    Args:
        service: Who is called.
        config: The session's settings; they go with the offer.
        offer: The page's offer.
        answered: Gets the service's answer to it.
    """

    ear: Ear | None = None
    sound_apart = True
    configures = False

    def __init__(
        self, service: Service, config: SessionConfig, *, offer: str, answered: Callable[[Answer], None]
    ) -> None:
        self._service, self._config = service, config
        self._offer, self._answered = offer, answered
        self._call_id: str | None = None

    async def open(self, owner: Owner) -> Connection:
        """Hand the offer over and attach the sideband."""
        answer = await self._service.answer(self._offer, self._config)
        self._call_id = answer.call_id
        self._answered(answer)
        if answer.call_id is None or not self._service.capabilities.sideband:
            raise ServiceError(
                "The service offers no way to follow the call.",
                code="no_sideband",
                next_step="Use a service with a sideband, or the embedded engine: Local().",
            )
        connection = await self._service.connect(call_id=answer.call_id)
        owner.joined(answer.call_id)
        return connection

    async def lost(self, error: ServiceError | None) -> Connection | None:
        """The sound may be well although the sideband broke: attach another one."""
        alive = getattr(self._service, "alive", True)  # an engine that died has no calls to go back to
        if self._call_id is None or not alive:
            return None
        with contextlib.suppress(ServiceError):
            return await self._service.connect(call_id=self._call_id)
        return None

    async def release(self) -> None:
        """End the call at the service."""
        if self._call_id is not None:
            await self._service.hangup(self._call_id)


class SocketPath:
    """The session's socket carries the sound; the caller is made of samples, or sits at a page.

    Args:
        service: Who is called.
        config: The session's settings.
        ear: Makes the caller's microphone and ear.
        opened: Told once the session's socket is there.
    """

    ear: Ear | None = None
    sound_apart = False
    configures = True

    def __init__(
        self,
        service: Service,
        config: SessionConfig,
        *,
        ear: MakeEar,
        opened: Callable[[], None] = lambda: None,
    ) -> None:
        self._service, self._config, self._make_ear, self._opened = service, config, ear, opened

    async def open(self, owner: Owner) -> Connection:
        """Open the session's socket."""
        connection = await self._service.connect(session=self._config)
        self.ear = self._make_ear(connection, owner.send_now, lambda event: owner.observe(event, "local"))
        self._opened()
        return connection

    async def lost(self, error: ServiceError | None) -> Connection | None:
        """The session was in the socket and ended with it."""
        return None

    async def release(self) -> None:
        """The socket was all there was."""


class JoinedPath:
    """Beside a call that runs: followed and steered by its sideband, without sound of our own.

    Args:
        service: Whose call it is.
        call_id: Its id there.
    """

    ear: Ear | None = None
    sound_apart = False
    configures = False

    def __init__(self, service: Service, call_id: str) -> None:
        self._service, self._call_id = service, call_id

    async def open(self, owner: Owner) -> Connection:
        """Attach the sideband."""
        connection = await self._service.connect(call_id=self._call_id)
        owner.joined(self._call_id)
        return connection

    async def lost(self, error: ServiceError | None) -> Connection | None:
        """A sideband that was closed says that the call has ended; one that broke is attached again."""
        if error is None:
            return None
        with contextlib.suppress(ServiceError):
            return await self._service.connect(call_id=self._call_id)
        return None

    async def release(self) -> None:
        """Leaving does not end the call."""
