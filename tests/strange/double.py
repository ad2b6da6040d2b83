"""A service at hand, whose sessions speak as a test wants them to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from tests.services.dialects import Dialect, Session
from voice_widget.errors import ProtocolError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.events import Event, parse
from voice_widget.services import Answer, Capabilities, Secret

Words = Callable[[Event], Iterable[Event]]


class Line:
    """One socket. What comes of it is read as from a real one."""

    def __init__(self, double: Double, *, sideband: bool) -> None:
        self.sent: list[Event] = []
        self._double, self._loop = double, asyncio.get_running_loop()
        self._answers: asyncio.Queue[str | None] = asyncio.Queue()
        dialect = Dialect("double", (("nothing", "guess"),), words=double.words)
        self.session = Session(dialect, self.say, sound=not sideband)
        if not sideband and double.greets:
            self.session.greet()

    def say(self, event: Event | str) -> None:
        """Say something beside the session; a text goes as it is."""
        raw = event if isinstance(event, str) else json.dumps(event)
        self._loop.call_soon_threadsafe(self._answers.put_nowait, raw)

    def hang_up(self) -> None:
        self._loop.call_soon_threadsafe(self._answers.put_nowait, None)

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (raw := await self._answers.get()) is not None:
            try:
                yield parse(raw, forgiving=True)
            except ProtocolError as error:
                yield {"type": "voice_widget.unreadable", "error": error.info(), "bytes": len(raw)}

    async def send(self, event: Event) -> None:
        self.sent.append(event)
        if not self._double.hear(event, self):
            self.session.hear(event)

    async def close(self) -> None:
        self.hang_up()


class Double:
    """A service that makes something else of what a `Speaker` says.

    Args:
        words: Puts an event of the service into others.
        hear: Gets what a client says first; True: the service need not hear it any more.
        greets: A session's own socket is greeted; a sideband never is.
    """

    name, model = "double", "m"

    def __init__(
        self,
        words: Words = lambda event: [event],
        hear: Callable[[Event, Line], bool] = lambda event, line: False,
        *,
        greets: bool = True,
    ) -> None:
        self.capabilities = Capabilities(webrtc=True, sideband=True, any_voice=True)
        self.words, self.hear, self.greets = words, hear, greets
        self.lines: list[Line] = []

    async def start(self) -> None:
        pass

    async def answer(self, offer: str, session: SessionConfig) -> Answer:
        return Answer("the answer", f"rtc_{len(self.lines)}")

    async def secret(self, session: SessionConfig) -> Secret:
        raise AssertionError("no page posts here")

    async def connect(self, *, call_id: str | None = None, session: SessionConfig | None = None) -> Any:
        self.lines.append(Line(self, sideband=call_id is not None))
        return self.lines[-1]

    async def hangup(self, call_id: str) -> None:
        pass

    async def close(self) -> None:
        for line in self.lines:
            line.hang_up()
