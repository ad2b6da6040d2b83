"""A session of the SDK at work in a talk, on a loop and a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from typing import Any

from agents.realtime import (
    RealtimeAgent,
    RealtimeHandoffEvent,
    RealtimeModelEvent,
    RealtimeModelExceptionEvent,
)

from voice_widget.agents.sdk.given import SdkAgent, reached
from voice_widget.agents.sdk.hearing import Hearing, called
from voice_widget.agents.sdk.model import Submit, TalkModel
from voice_widget.agents.sdk.session import TalkSession
from voice_widget.agents.sdk.telling import Audience, Telling
from voice_widget.errors import AgentError
from voice_widget.realtime.wire.events import Event
from voice_widget.threads.own_loop import AGENT_THREAD, OwnLoop
from voice_widget.threads.work import log_failure, told, traceback_of

FREE_S = 2.0
"""So long a new session waits for the loop that the last one had: what the user keeps may belong to it."""


class Running:
    """Runs sessions of one agent, one after the other. Everything here is called on the loop of calls.

    What the user's code raises past its tool ends the SDK's session. Then another one begins, with the agent
    that was at it and the same context, and the talk goes on.

    Args:
        given: The agent.
        audience: The talk.
        submit: Runs what the talk has to do, on the loop of calls.
        soon: Calls something on the loop of calls, in order.

    Attributes:
        session: The session that runs; None: none does.
        hearing: What the session is told of the call.
    """

    def __init__(
        self, given: SdkAgent, audience: Audience, submit: Submit, soon: Callable[..., None]
    ) -> None:
        self._given, self._audience, self._submit, self._soon = given, audience, submit, soon
        self._own = OwnLoop(AGENT_THREAD)
        self._life: Future[None] | None = None
        self._model: TalkModel | None = None
        self._heard: asyncio.Queue[Iterable[RealtimeModelEvent]] | None = None
        self.hearing = Hearing()
        self._number = 0  # of the session: what one that was ended still says counts no more
        self.session: TalkSession | None = None

    async def begin(self) -> None:
        """Begin a session, unless one runs; returns once its settings are told.

        Raises:
            AgentError: It could not begin: the user's code raised.
        """
        if self.session is not None:
            return
        await self._free()
        begun: Future[None] = Future()
        self.hearing = Hearing()
        self._number += 1
        self._life = self._own.submit(self._live(begun, self._number))
        await asyncio.wrap_future(begun)

    def hear(self, event: Event, *, sent: bool) -> None:
        """Something has happened in the call."""
        if self.session is not None:
            told = tuple(self.hearing.sent(event) if sent else self.hearing.heard(event))
            if told:
                self._tell(told)

    def call(self, call_id: str, name: str, arguments: str, item_id: str) -> None:
        """A response, which is whole, wants a function called."""
        self._tell(called(call_id, name, arguments, item_id))

    def approve(self, call_id: str, *, always: bool) -> None:
        """A call that waits may run."""
        if (session := self.session) is not None:
            self._own.submit(session.approve_tool_call(call_id, always=always))

    def reject(self, call_id: str, message: str | None) -> None:
        """A call that waits may not run."""
        if (session := self.session) is not None:
            self._own.submit(session.reject_tool_call(call_id, rejection_message=message))

    def give_up(self, call_id: str) -> None:
        """Nobody waits any more for the function that runs for this call."""
        if (session := self.session) is not None:
            self._own.soon(session.give_up, call_id)

    def end(self) -> None:
        """End the session, without waiting for the user's code."""
        self.session = None
        self._number += 1
        life, self._life = self._life, None
        if life is not None:
            life.cancel()

    def close(self) -> None:
        """End everything, the thread too."""
        self.end()
        self._own.close()

    async def _free(self) -> None:
        """What blocks the loop since the last session must not keep the next one from it."""
        probe = asyncio.wrap_future(self._own.submit(asyncio.sleep(0)))
        done, _ = await asyncio.wait({probe}, timeout=FREE_S)
        if not done:
            self._own.close()
            self._own = OwnLoop(AGENT_THREAD)

    def _tell(self, events: Iterable[RealtimeModelEvent]) -> None:
        if self._heard is not None:
            self._own.soon(self._heard.put_nowait, events)

    # --- on the session's own loop ---

    async def _live(self, begun: Future[None], number: int) -> None:
        agent = self._given.agent
        try:
            async with contextlib.AsyncExitStack() as servers:
                for server in servers_of(agent):
                    await server.connect()
                    servers.push_async_callback(server.cleanup)
                while agent is not None:
                    agent = await self._session(agent, begun, number)
        except Exception as error:
            log_failure("The session of the RealtimeAgent failed.", error)
            told_of = _failed(error), told(error), traceback_of(error)
            self._tell_talk(number, self._ended, begun, *told_of)

    async def _session(self, agent: Any, begun: Future[None], number: int) -> Any:
        """One session; gives the agent to go on with, or None."""
        model = TalkModel(self._audience, self._submit)
        telling = Telling(self._audience, partial(self._tell_talk, number))
        given = {"context": self._given.context, "run_config": self._given.run_config}
        session = TalkSession(telling, model=model, agent=agent, **given)
        heard: asyncio.Queue[Iterable[RealtimeModelEvent]] = asyncio.Queue()
        async with session:
            self._tell_talk(number, self._at_work, session, heard)
            if not begun.done():
                self._tell_talk(number, begun.set_result, None)
            hearing = asyncio.create_task(_pass_on(heard, model))
            try:
                async for event in session:
                    if isinstance(event, RealtimeHandoffEvent):
                        agent, session.updated = event.to_agent, None
                    session.hooks.hear(event)
                    telling.event(event, session.guards)
            except Exception as error:
                log_failure("The user's code has ended the session of the RealtimeAgent.", error)
                self._tell_talk(number, self._audience.failed, told(error), traceback_of(error))
                return session.updated or agent
            finally:
                hearing.cancel()
                session.hooks.close()
        return None

    def _at_work(self, session: TalkSession, heard: asyncio.Queue[Iterable[RealtimeModelEvent]]) -> None:
        self.session, self._heard = session, heard

    def _ended(self, begun: Future[None], error: AgentError, message: str, traceback: str) -> None:
        self.session = self._heard = self._life = None
        if begun.done():
            self._audience.failed(message, traceback)
        else:
            begun.set_exception(error)

    def _tell_talk(self, number: int, function: Callable[..., None], *args: Any) -> None:
        def tell() -> None:
            if number == self._number:
                function(*args)

        self._soon(tell)


async def _pass_on(heard: asyncio.Queue[Iterable[RealtimeModelEvent]], model: TalkModel) -> None:
    while True:
        for event in await heard.get():
            try:
                await model.tell(event)
            except Exception as error:  # so it is where a session runs its tools in line
                await model.tell(RealtimeModelExceptionEvent(error))


def _failed(error: Exception) -> AgentError:
    if isinstance(error, AgentError):
        return error
    return AgentError(
        f"The RealtimeAgent could not begin: {told(error)}.",
        code="agent_failed",
        next_step="The traceback is in the log.",
    )


def servers_of(agent: RealtimeAgent[Any]) -> list[Any]:
    """The MCP servers of an agent and of those that it may hand over to, but for those connected already."""
    known: list[Any] = []
    for one in reached(agent):
        known += [server for server in one.mcp_servers if not any(server is other for other in known)]
    return [server for server in known if getattr(server, "session", None) is None]
