"""Who hears a session, and what plays its answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Protocol


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

    def played(self) -> tuple[str | None, int]:
        """What is playing, and how many milliseconds of it were."""
        ...


class Sink:
    """One end that hears the session's events: a data channel or a socket.

    Args:
        send: Sends one message; never waits.
        kernel: It answers for the agent and gets our own events.
        audio: It gets the answers' audio as events.
    """

    _numbers = itertools.count(1)

    def __init__(self, send: Callable[[str], None], *, kernel: bool = False, audio: bool = False) -> None:
        self.origin = f"sink_{next(self._numbers)}"
        self.send = send
        self.kernel = kernel
        self.audio = audio
