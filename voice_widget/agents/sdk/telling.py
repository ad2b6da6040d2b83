"""What happens in a session of the SDK, as the talk is told of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from agents.realtime import (
    RealtimeAgentEndEvent,
    RealtimeAgentStartEvent,
    RealtimeError,
    RealtimeGuardrailTripped,
    RealtimeHandoffEvent,
    RealtimeRawModelEvent,
    RealtimeSessionEvent,
    RealtimeToolApprovalRequired,
    RealtimeToolStart,
)

from voice_widget.agents.sdk.model import Talk
from voice_widget.agents.sdk.watching import Guards
from voice_widget.threads.work import told, traceback_of

Tell = Callable[..., None]


class Audience(Talk, Protocol):
    """The talk, as a running session needs it. All of it on the loop of calls."""

    def approval(self, call_id: str, tool: Any) -> None:
        """A call of the session's tool has to be allowed."""
        ...

    def started(self, name: str, arguments: str, timeout_s: float | None) -> None:
        """A tool of the session runs; ``timeout_s``: the SDK itself gives it up after that."""
        ...

    def raised(self, call_id: str, message: str, traceback: str) -> None:
        """A function has raised something; what the model is told of that comes next."""
        ...

    def handed_over(self, before: str, after: str) -> None:
        """Another agent goes on."""
        ...

    def at_work(self, agent: str, response_id: str, what: str) -> None:
        """An agent has ``started`` a response, or ``ended`` it."""
        ...

    def tripped(self, name: str, text: str, info: str, took_ms: int) -> None:
        """A guardrail has found something in what is said."""
        ...

    def guardrail_raised(self, name: str, text: str, took_ms: int, message: str, traceback: str) -> None:
        """A guardrail has failed, and was passed over."""
        ...

    def hook_raised(self, name: str, agent: str, message: str) -> None:
        """A hook has failed, and all goes on."""
        ...

    def complained(self, message: str) -> None:
        """The session says that something went wrong in it."""
        ...

    def told(self, event: RealtimeSessionEvent) -> None:
        """Something has happened in the session."""
        ...

    def failed(self, message: str, traceback: str) -> None:
        """The session has ended by what the user's code raised."""
        ...


class Telling:
    """Tells the talk of one session. Everything here is called on the session's own loop.

    Args:
        audience: The talk.
        tell: Calls what of it is given, with its arguments, on the loop of calls, in order.
    """

    def __init__(self, audience: Audience, tell: Tell) -> None:
        self._audience, self._tell = audience, tell
        self._response_id = ""
        self._service_said: Any = None

    def event(self, event: RealtimeSessionEvent, guards: Guards) -> None:
        """Tell of an event of the session's."""
        audience, tell = self._audience, self._tell
        match event:
            case RealtimeRawModelEvent():
                self._raw(event.data)
            case RealtimeAgentStartEvent():
                tell(audience.at_work, event.agent.name, self._response_id, "started")
            case RealtimeAgentEndEvent():
                tell(audience.at_work, event.agent.name, self._response_id, "ended")
            case RealtimeToolApprovalRequired():
                tell(audience.approval, event.call_id, event.tool)
            case RealtimeToolStart():
                timeout_s = getattr(event.tool, "timeout_seconds", None)
                tell(audience.started, event.tool.name, event.arguments, timeout_s)
            case RealtimeHandoffEvent():
                tell(audience.handed_over, event.from_agent.name, event.to_agent.name)
            case RealtimeGuardrailTripped():
                for result in event.guardrail_results:
                    info, took_ms = str(result.output.output_info or ""), guards.took_ms(result)
                    tell(audience.tripped, result.guardrail.get_name(), event.message, info, took_ms)
            case RealtimeError() if event.error is not self._service_said:  # that the talk knows by itself
                tell(audience.complained, _words(event.error))
        tell(audience.told, event)

    def tool_raised(self, call_id: str, error: Exception) -> None:
        """A function has raised something."""
        self._tell(self._audience.raised, call_id, told(error), traceback_of(error))

    def guardrail_raised(self, name: str, text: str, took_ms: int, error: Exception) -> None:
        """A guardrail has."""
        fault = told(error), traceback_of(error)
        self._tell(self._audience.guardrail_raised, name, text, took_ms, *fault)

    def hook_raised(self, name: str, agent: str, error: Exception) -> None:
        """A hook has."""
        self._tell(self._audience.hook_raised, name, agent, told(error))

    def _raw(self, data: Any) -> None:
        if data.type in ("turn_started", "turn_ended"):
            self._response_id = data.response_id or ""
        elif data.type == "error":
            self._service_said = data.error


def _words(error: Any) -> str:
    words = error.get("message") if isinstance(error, dict) else error
    return str(words or "it does not say what")
