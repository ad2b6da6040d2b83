"""What becomes of the user's code in a session of the SDK, which swallows or words most of it by itself."""

from __future__ import annotations

import copy
import time
from collections import deque
from typing import Any, NamedTuple, Protocol

from agents import OutputGuardrail, OutputGuardrailResult, RunContextWrapper
from agents.realtime import RealtimeAgent

_REMEMBERED = 64


class Watch(Protocol):
    """Who is told of it, on the session's own loop."""

    def tool_raised(self, call_id: str, error: Exception) -> None:
        """A function of the agent's has raised."""
        ...

    def guardrail_raised(self, name: str, text: str, took_ms: int, error: Exception) -> None:
        """A guardrail has, and the SDK passes it over."""
        ...

    def hook_raised(self, name: str, agent: str, error: Exception) -> None:
        """A hook has."""
        ...


class _Begun(NamedTuple):
    result: OutputGuardrailResult
    at: float


class Guards:
    """Runs guardrails so that what they raise is told, and when they began.

    Args:
        watch: Is told what they raise.
        everywhere: Those of the run, which look at what each agent says.
    """

    def __init__(self, watch: Watch, everywhere: list[OutputGuardrail[Any]]) -> None:
        self._watch, self._everywhere = watch, everywhere
        self._begun: deque[_Begun] = deque(maxlen=_REMEMBERED)

    def of(self, agent: RealtimeAgent[Any]) -> RealtimeAgent[Any]:
        """A copy of the agent whose guardrails, each once, are seen; they themselves get the user's agent."""
        guarded = copy.copy(agent)
        each = {id(one): one for one in (*agent.output_guardrails, *self._everywhere)}
        guarded.output_guardrails = [_Seen(one, agent, self) for one in each.values()]
        return guarded

    def took_ms(self, result: OutputGuardrailResult) -> int:
        """How long ago the guardrail began that gave this."""
        began = next((begun.at for begun in self._begun if begun.result is result), None)
        return 0 if began is None else _since_ms(began)

    async def run(
        self, inner: OutputGuardrail[Any], context: RunContextWrapper[Any], agent: Any, text: Any
    ) -> OutputGuardrailResult:
        """What it gives.

        Raises:
            Exception: What it raises; told before.
        """
        began = time.perf_counter()
        try:
            result = await inner.run(context, agent, text)
        except Exception as error:
            self._watch.guardrail_raised(_name(inner), str(text), _since_ms(began), error)
            raise
        if result.output.tripwire_triggered:
            self._begun.append(_Begun(result, began))
        return result


class _Seen(OutputGuardrail[Any]):
    """A guardrail whose verdict is that of the user's, for the user's agent."""

    def __init__(self, inner: OutputGuardrail[Any], agent: RealtimeAgent[Any], guards: Guards) -> None:
        super().__init__(inner.guardrail_function, inner.name)
        self._inner, self._agent, self._guards = inner, agent, guards

    async def run(
        self, context: RunContextWrapper[Any], agent: Any, agent_output: Any
    ) -> OutputGuardrailResult:
        return await self._guards.run(self._inner, context, self._agent, agent_output)


def _name(guardrail: OutputGuardrail[Any]) -> str:
    try:
        return guardrail.get_name()
    except AttributeError:  # it is an object that can be called, and has no name
        return type(guardrail.guardrail_function).__name__


def _since_ms(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)
