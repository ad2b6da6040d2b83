"""Who hears a session, and what plays its answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Protocol

from voice_widget.engine.media.shortening import fits, shortened
from voice_widget.realtime.wire.beta import Dialect, old_server_event
from voice_widget.realtime.wire.events import Event, dump


class Speaker(Protocol):
    """What plays the answers, where the engine does that itself (webrtc)."""

    def push(self, response_id: str, item_id: str, pcm: bytes) -> None:
        """Play this (PCM16 mono at 24 kHz) after all that is queued."""
        ...

    def end(self, response_id: str) -> None:
        """All audio of this response was pushed."""
        ...

    def clear(self) -> tuple[str | None, int]:
        """Fall silent; what was playing, and how many milliseconds of it were."""
        ...

    def hold(self, on: bool) -> None:
        """Pause, or go on where it paused."""
        ...

    def played(self) -> tuple[str | None, int]:
        """What is playing, and how many milliseconds of it were."""
        ...


class Sink:
    """One end that hears the session's events: a data channel, a socket or the engine's own agent.

    Args:
        send: Sends one message; never waits.
        kernel: It answers for the agent and gets our own events.
        audio: It gets the answers' audio as events.
        greeted: ``session.created`` is the first that it hears. Captures: a session's own socket is, a
            sideband is not; of a data channel the clients of others say so.
        standby: It answers only while no other kernel does.
        dialect: The names in which it hears the events.
        most_bytes: The largest message that it takes.
    """

    _numbers = itertools.count(1)

    def __init__(
        self,
        send: Callable[[str], None],
        *,
        kernel: bool = False,
        audio: bool = False,
        greeted: bool = True,
        standby: bool = False,
        dialect: Dialect = "current",
        most_bytes: int | None = None,
    ) -> None:
        self.origin = f"sink_{next(self._numbers)}"
        self.send = send
        self.kernel = kernel
        self.audio = audio
        self.greeted = greeted
        self.standby = standby
        self._dialect = dialect
        self._most_bytes = most_bytes

    def said(self, event: Event) -> Event:
        """What the end says, in today's words: an old session has no ``type``, and is a realtime one."""
        session = event.get("session")
        if self._dialect == "beta" and event["type"] == "session.update" and isinstance(session, dict):
            return {**event, "session": {"type": "realtime", **session}}
        return event

    def hear(self, event: Event, text: str | None = None) -> None:
        """Send an event in the end's own names; ``text`` is the event as JSON, where that is at hand."""
        if self._dialect == "current":
            self._send(event, dump(event) if text is None else text)
        else:
            for old in old_server_event(event):
                self._send(old, dump(old))

    def _send(self, event: Event, text: str) -> None:
        if self._most_bytes is None or fits(text, self._most_bytes):
            self.send(text)
            return
        for each in shortened(event, self._most_bytes):
            self.send(each)


class Audience:
    """All ends of one session."""

    def __init__(self) -> None:
        self._sinks: dict[str, Sink] = {}

    def __contains__(self, sink: Sink) -> bool:
        return sink.origin in self._sinks

    def add(self, sink: Sink) -> None:
        """From now on this end hears the session."""
        self._sinks[sink.origin] = sink

    def remove(self, sink: Sink) -> bool:
        """No longer; whether it did."""
        return self._sinks.pop(sink.origin, None) is not None

    def clear(self) -> None:
        """Nobody listens any more."""
        self._sinks.clear()

    def answering(self) -> frozenset[str]:
        """The ends that answer for the agent now."""
        kernels = [sink for sink in self._sinks.values() if sink.kernel]
        first = [sink for sink in kernels if not sink.standby]
        return frozenset(sink.origin for sink in first or kernels)

    def tell(self, event: Event, to: str) -> None:
        """Send an event to ``"all"``, to those who answer (``"kernel"``) or to one origin."""
        ends = self.answering() if to == "kernel" else None
        text = dump(event)
        for sink in list(self._sinks.values()):
            if to in ("all", sink.origin) or (ends is not None and sink.origin in ends):
                sink.hear(event, text)

    def hear(self, event: Event) -> None:
        """Send a piece of audio to those who get it as events."""
        text = dump(event)
        for sink in list(self._sinks.values()):
            if sink.audio:
                sink.hear(event, text)
