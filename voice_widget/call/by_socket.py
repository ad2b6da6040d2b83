"""The ways by the session's own socket, with the sound in it: from memory, or a page's by comm."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from voice_widget.audio.comm import CommAudio
from voice_widget.audio.memory import MemoryAudio
from voice_widget.call.ice import Ice
from voice_widget.call.ways import (
    IsAside,
    Leg,
    MakeAudio,
    Owner,
    Path,
    Send,
    SendOne,
    SocketAudio,
    Tell,
    Way,
    all_settings,
)
from voice_widget.errors import ServiceError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.events import Event
from voice_widget.services import Connection, Service


class InMemory:
    """The caller is made of samples."""

    transport = "memory"
    by_page = hushed_by_page = hands_over = False
    ice: Ice | None = None
    ours = True
    call_id = ""
    fallback: Way | None = None

    def check(self, service: Service) -> None:
        """Every service has sockets."""

    def path(self, leg: Leg) -> Path:
        """The path of one call."""

        def audio(connection: Connection, send: Send, tell: Tell, is_aside: IsAside) -> SocketAudio:
            return MemoryAudio(
                connection,
                send,
                tell,
                is_aside,
                leg.config,
                pauses=leg.service.capabilities.pauses,
                sound=leg.sound,
            )

        return SocketPath(leg.service, leg.config, audio=audio)


class ByComm:
    """The caller sits at a page, and the kernel carries the sound."""

    transport = "comm"
    by_page = ours = True
    hushed_by_page = hands_over = False
    ice: Ice | None = None
    call_id = ""
    fallback: Way | None = None

    def check(self, service: Service) -> None:
        """Every service has sockets."""

    def path(self, leg: Leg) -> Path:
        """The path of one call."""

        def audio(connection: Connection, send: Send, tell: Tell, is_aside: IsAside) -> SocketAudio:
            return CommAudio(
                connection,
                send,
                tell,
                config=leg.config,
                call=leg.number,
                page=leg.page,
                is_aside=is_aside,
                pauses=leg.service.capabilities.pauses,
            )

        def opened(number: int) -> None:
            leg.reply({"type": "answer", "call": number, "sdp": ""})

        return SocketPath(leg.service, leg.config, audio=audio, opened=opened, sound_apart=True)


class SocketPath:
    """The session's socket carries the sound; the caller is made of samples, or sits at a page.

    Args:
        service: Who is called.
        config: The session's settings.
        audio: Makes the caller's microphone and playout.
        opened: Told once the session's socket is there, with the call's number.
        sound_apart: Microphone and playout are a page's, which says when they are there.
    """

    audio: SocketAudio | None = None
    shared = speaks_first = False

    def __init__(
        self,
        service: Service,
        config: SessionConfig,
        *,
        audio: MakeAudio,
        opened: Callable[[int], None] = lambda number: None,
        sound_apart: bool = False,
    ) -> None:
        self._service, self._config, self._make_audio, self._opened = service, config, audio, opened
        self.sound_apart = sound_apart

    async def open(self, owner: Owner) -> Connection:
        """Open the session's socket."""
        connection = await self._service.connect(session=self._config)
        self.audio = self._make_audio(
            connection,
            owner.send_now,
            lambda event: owner.observe(event, "local"),
            owner.outbox.is_aside,
        )
        self._opened(owner.number)
        return connection

    def greeting(self, config: SessionConfig) -> Event:
        """All settings: the socket was opened without them."""
        return all_settings(config)

    def page_says(self, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        """Take a page's sound, or what it has played."""
        if self.audio is not None:
            self.audio.page_says(message, buffers)

    def send_for_page(self, event: Event, send: SendOne) -> Coroutine[Any, Any, None] | None:
        """Send a client event for a page, after the sound before it; run what this gives, if anything."""
        return send(event) if self.audio is None else self.audio.send_for_page(event, send)

    async def lost(self, error: ServiceError | None) -> Connection | None:
        """The session was in the socket and ended with it."""
        return None

    async def release(self) -> None:
        """The socket was all there was."""
