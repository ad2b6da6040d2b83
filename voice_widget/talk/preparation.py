"""Before a call: the service is started, the agent has said what it expects, and the settings fit both."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from threading import Event as Flag
from typing import Any

from voice_widget.agents import Agent
from voice_widget.agents.functions import hints_of, may_hint
from voice_widget.errors import AgentError
from voice_widget.realtime.settings.settings import UNSET, SessionConfig
from voice_widget.services import Service
from voice_widget.threads.work import Work
from voice_widget.tools.tools import Tools

HINTS_S = 3.0  # for the agent to say what it expects to hear


class Preparation:
    """Gets a service and an agent ready, once.

    Args:
        service: Who will be called.
        agent: What answers where the service asks the kernel.
        hinted: Gets the hints for the recogniser.

    Attributes:
        beside: Gets ready beside the service: MCP servers.
    """

    def __init__(self, service: Service, agent: Agent | None, hinted: Callable[[Any], None]) -> None:
        self._service, self._agent, self._hinted = service, agent, hinted
        self.beside: Callable[[], Awaitable[None]] = _nothing
        self._may_hint = may_hint(agent)  # now: the loop thread must not run its code
        self._hints: asyncio.Task[None] | None = None
        self.error: AgentError | None = None

    @property
    def notice(self) -> Any:
        """What is worth knowing of the service or, if that is nothing, of the agent."""
        noted = getattr(self._service, "notice", None)
        return noted or (None if self.error is None else self.error.info())

    async def warm(self) -> None:
        """Start the service and get the agent's hints; quick once that is done."""
        beside = asyncio.ensure_future(self.beside())
        try:
            await self._service.start()
        except BaseException:
            beside.cancel()
            raise
        await beside
        if self._hints is None:
            self._hints = asyncio.create_task(self._take_hints())
        await asyncio.shield(self._hints)

    async def _take_hints(self) -> None:
        """What the agent expects to hear goes to the recogniser with the offer."""
        if not self._service.capabilities.kernel_agent or not self._may_hint:
            return
        try:
            async with asyncio.timeout(HINTS_S):
                async for hints in Work(keep=0).stream(hints_of, self._agent, cancelled=Flag()):
                    self._hinted(hints)
        except TimeoutError:
            self.error = AgentError(
                f"The agent's hints() took more than {HINTS_S:g} s; the call goes on without them.",
                code="hints_timeout",
                next_step="Make hints() quick, or leave it out.",
            )
        except AgentError as error:
            self.error = error


async def _nothing() -> None: ...


def with_hints(config: SessionConfig, hints: Any) -> SessionConfig:
    """The settings with what the agent expects to hear."""
    if not isinstance(config.transcription, Mapping):
        return config
    expected = {"keywords": list(hints.words), "prompt": "\n".join(hints.phrases)}
    return replace(config, transcription={**config.transcription, **expected})


def completed(config: SessionConfig, service: Service, tools: Tools) -> SessionConfig:
    """The settings with what every call needs: a transcript of the user, and the tools."""
    if config.transcription is not None:
        # Off by default in the protocol, and without it the user's rows stay empty.
        own = service.model if service.capabilities.kernel_agent else None
        wanted = {} if config.transcription is UNSET else config.transcription
        model = own or "gpt-4o-mini-transcribe"
        config = replace(config, transcription={"model": model, **wanted})
    if tools.specs:
        config = replace(config, tools=(*(config.tools or ()), *tools.specs))
    return config
