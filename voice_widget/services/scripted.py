"""A service without a network, an engine or a microphone: it plays a script on a hand-turned clock.

It is a session-socket service (audio as deltas in the events), so the kernel's own ledger says what was
played. Its audio clock is the clock you turn, not the samples you append: who speaks when stands in the
script.
"""

from __future__ import annotations

import itertools

from voice_widget.errors import ServiceRefused, SettingError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services import Answer, Capabilities, Secret
from voice_widget.services.arguments import names_of_voices
from voice_widget.services.clock import ManualClock
from voice_widget.services.scripted_session import ScriptedConnection
from voice_widget.services.scripts import ScriptSource, script_of


class ScriptedService:
    """A deterministic double of a voice agent.

    Every session plays the whole script: each exchange is heard, answered and, where the script says so,
    talked over. Where ``say`` is empty the widget's own agent is asked. Typed text is answered by the
    exchange with that ``hear``, else by the agent.

    Args:
        script: Exchanges, or where to read them (see `voice_widget.realtime.script`).
        clock: Turn it yourself; by default time jumps from event to event.
        voices: The voices that it accepts; every one sounds like silence.

    Example:
        >>> service = ScriptedService([{"hear": "hello", "say": "Hello to you."}])
        >>> service.capabilities.webrtc
        False
    """

    name = "scripted service"
    model = "scripted"
    scripted = True  # what it answers may stand in the script

    def __init__(
        self,
        script: ScriptSource,
        clock: ManualClock | None = None,
        *,
        voices: tuple[str, ...] = ("one", "two"),
    ) -> None:
        if clock is not None and not isinstance(clock, ManualClock):
            raise SettingError(
                f"A {type(clock).__name__} is no clock that can be turned.",
                next_step="Give a voice_widget.services.clock.ManualClock(), or leave it out.",
            )
        self.script = script_of(script)
        self.clock = clock or ManualClock(1_700_000_000.0, auto=True)
        self.capabilities = Capabilities(verbatim=True, kernel_agent=True, voices=names_of_voices(voices))
        self.connections: list[ScriptedConnection] = []
        self._numbers = itertools.count(1)
        self._client_ids: dict[str, itertools.count[int]] = {}

    def new_id(self, prefix: str) -> str:
        """The ids that the client gives: numbered, so that every run of a script is the same."""
        return f"c_{prefix}_{next(self._client_ids.setdefault(prefix, itertools.count(1)))}"

    async def start(self) -> None:
        """Nothing to start."""

    async def answer(self, offer: str, session: SessionConfig) -> Answer:
        """Not possible: it has no audio to send over WebRTC."""
        raise ServiceRefused(
            "The scripted service cannot answer a page's offer.",
            code="no_webrtc_service",
            next_step='Use transport="memory" with it, or Local(script=…) to test in a browser.',
        )

    async def secret(self, session: SessionConfig) -> Secret:
        """Not possible: nothing here needs a token."""
        raise ServiceRefused("The scripted service mints no tokens.", next_step="Leave the token flow out.")

    async def connect(
        self, *, call_id: str | None = None, session: SessionConfig | None = None
    ) -> ScriptedConnection:
        """Open a session that plays the script from its start."""
        settings = session or SessionConfig()
        connection = ScriptedConnection(self, next(self._numbers), settings, sideband=call_id is not None)
        self.connections.append(connection)
        return connection

    async def hangup(self, call_id: str) -> None:
        """No call was made by an offer, so there is none to end."""

    async def close(self) -> None:
        """End every session."""
        for connection in self.connections:
            await connection.close()
