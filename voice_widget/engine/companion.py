"""An agent in the engine's own process: it answers a session as long as no kernel's socket does.

A companion is to a session what a kernel's socket is: it hears every event as JSON text, is asked by
``voice_widget.reply.requested`` and answers with ``voice_widget.reply.delta``, ``.call`` and ``.done``. It is
asked only while no socket with ``agent=kernel`` is attached; when the last of these leaves, the open requests
come to the companion. What the user and the assistant said it gathers from the events.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from voice_widget.realtime.wire.events import OWN, dump, new_id, parse

log = logging.getLogger(__name__)


class Companion(Protocol):
    """The agent of one session. Both methods are called on the engine's loop and must not block."""

    def hear(self, text: str) -> None:
        """One event of the session, as JSON. ``session.created`` is the first."""
        ...

    def close(self) -> None:
        """The session is over. What is sent after this is dropped."""
        ...


CompanionFactory = Callable[[Callable[[str], None]], Companion]
"""Makes the companion of a new session. It is given ``send``, which takes one event as JSON: at any time,
also inside ``hear``, but on the engine's loop only."""


class Seat:
    """Keeps a companion's mistakes from the session: they cost the answer that was asked for.

    Args:
        make: Makes the companion.
        send: Takes its events.
    """

    def __init__(self, make: CompanionFactory, send: Callable[[str], None]) -> None:
        self._send = send
        self._companion: Companion | None = None
        try:
            self._companion = make(send)
        except Exception:
            log.exception("The built-in agent cannot be made.")

    def hear(self, text: str) -> None:
        """Pass an event on."""
        try:
            if self._companion is not None:
                self._companion.hear(text)
                return
        except Exception:
            log.exception("The built-in agent failed.")
        self._fail(text)

    def close(self) -> None:
        """Let the companion go."""
        companion, self._companion = self._companion, None
        try:
            if companion is not None:
                companion.close()
        except Exception:
            log.exception("The built-in agent failed to close.")

    def _fail(self, text: str) -> None:
        event = parse(text)
        if event["type"] != f"{OWN}reply.requested":
            return
        error = {
            "code": "agent_failed",
            "message": "The engine's own agent failed.",
            "next_step": "See the log of the engine.",
        }
        done = {"type": f"{OWN}reply.done", "response_id": event["response_id"], "error": error}
        self._send(dump({"event_id": new_id("event"), **done}))
