"""What a session of an agent of the OpenAI Agents SDK tells a talk: events, notices and problems."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from voice_widget.call.ways import Direction
from voice_widget.errors import AgentError, VoiceWidgetError
from voice_widget.realtime.wire.events import Event

if TYPE_CHECKING:
    from voice_widget.agents.sdk.running import Running
    from voice_widget.call.call import Call
    from voice_widget.realtime.session.session import Session


class Journal(Protocol):
    """Where what happens is told."""

    call: Call | None
    clock: Callable[[], float]
    session: Session

    def observe(self, call: Call | None, event: Event, direction: Direction, /) -> None:
        """It has happened."""
        ...

    def problem(self, error: VoiceWidgetError) -> None:
        """A fault that no event tells of."""
        ...


class AgentTold:
    """Writes it down; all of it on the loop thread.

    Attributes:
        listener: Gets every event of the session, as the SDK makes it, with its time and its call.
    """

    def __init__(self) -> None:
        self._running: Running | None = None
        self._journal: Journal | None = None
        self._failed_guardrails: set[str] = set()
        self.listener: Callable[[dict[str, Any]], None] = lambda event: None

    def at_work(self, agent: str, response_id: str, what: str) -> None:
        """An agent has ``started`` a response, or ``ended`` it."""
        self._says(what, agent=agent, response_id=response_id)

    def tripped(self, name: str, text: str, info: str, took_ms: int) -> None:
        """A guardrail has found something in what is said."""
        self._says("guardrail", name=name, info=info, took_ms=took_ms, **self._looked_at(text))

    def guardrail_raised(self, name: str, text: str, took_ms: int, message: str, traceback: str) -> None:
        """A guardrail has failed, and was passed over."""
        fault = {"error": message, "traceback": traceback, "took_ms": took_ms}
        self._says("guardrail", name=name, info="", **fault, **self._looked_at(text))
        if name not in self._failed_guardrails:
            self._failed_guardrails.add(name)
            self._notice(
                code="guardrail_failed",
                message=f"The guardrail {name} failed, and held nothing back: {message}.",
                next_step="Mend it: w.tool_calls_df has the traceback.",
            )

    def hook_raised(self, name: str, agent: str, message: str) -> None:
        """A hook has failed, and all goes on."""
        self._problem(
            AgentError(
                f"{name} of the agent {agent} failed: {message}.",
                code="agent_failed",
                next_step="Mend the hook; the talk goes on.",
            )
        )

    def complained(self, message: str) -> None:
        """The session says that something went wrong in it."""
        self._notice(
            code="agent_session_error",
            message=f"The session of the RealtimeAgent says: {message.rstrip('.')}.",
            next_step="The talk goes on; w.tool_calls_df and the log may say more.",
        )

    def told(self, event: Any) -> None:
        """Something has happened in the session."""
        journal, call = self._journal, self._call
        if journal is not None:
            call_id = None if call is None else call.call_id
            self.listener({"at": journal.clock(), "call_id": call_id, "event": event})

    def failed(self, message: str, traceback: str) -> None:
        """The session has ended by what the user's code raised; another one begins."""
        self._problem(
            AgentError(
                f"The agent's own code failed: {message}.",
                code="agent_failed",
                next_step="The traceback is in the log; the talk goes on.",
            )
        )

    def _looked_at(self, text: str) -> dict[str, Any]:
        response_id = "" if self._running is None else self._running.hearing.response_of(text)
        return {"characters": len(text), "response_id": response_id}

    def _notice(self, *, code: str, message: str, next_step: str) -> None:
        response_id = "" if self._running is None else self._running.hearing.latest
        self._says("noticed", response_id=response_id, code=code, message=message, next_step=next_step)

    def _problem(self, error: VoiceWidgetError) -> None:
        if self._journal is not None:
            self._journal.problem(error)

    @property
    def _call(self) -> Call | None:
        return None if self._journal is None else self._journal.call

    def _says(self, what: str, **fields: Any) -> None:
        if self._journal is not None:
            self._journal.observe(self._call, {"type": f"voice_widget.agent.{what}", **fields}, "local")
