"""Runs the agent for the engine: one reply asked for, one stream of pieces sent back."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import replace
from threading import Event as Flag
from typing import Any

from voice_widget.agents import Agent, Show, Thinking, Turn
from voice_widget.agents.alive import APART_S, Alive
from voice_widget.agents.crossing import Crossed, crossing
from voice_widget.agents.repeating import Unrepeated
from voice_widget.agents.told import Told
from voice_widget.errors import AgentError, ErrorInfo
from voice_widget.realtime.wire.events import Event
from voice_widget.threads.work import Work, WorkFailed, name_of

MOST_REPEATS = 10
LONGEST_TOOL_S = 600.0
"""So long a tool that an agent runs by itself may take before the agent counts as silent."""


class Driver:
    """Asks one agent, on the work threads, and turns its pieces into ``voice_widget.reply.*`` events.

    Args:
        agent: What to ask.
        work: Where to run it.
        send: Sends a client event.
        show: Displays a rich result that belongs to the answer of a turn.
        spawn: Runs what this driver does for an answer; None: nothing is done any more.
        tell: Takes what the agent tells beside its words, as events of our own side of the call.
        timeout_s: How long an agent may be silent before its turn is given up; while a tool that it has told
            of runs, `LONGEST_TOOL_S`.
        apart_s: How far apart, at the least, are the signs of life for pieces without words.
        beat_s: How often there is one while such a tool runs.
    """

    def __init__(
        self,
        agent: Agent,
        work: Work,
        *,
        send: Callable[[Event], Awaitable[None]],
        show: Callable[[Turn, Show], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None] | None] = asyncio.create_task,
        tell: Callable[[Event], None] = lambda event: None,
        timeout_s: float = 30.0,
        apart_s: float = APART_S,
        beat_s: float = 5.0,
    ) -> None:
        self.errors: dict[str, ErrorInfo] = {}  # by response, until the response is done
        self._agent, self._work, self._send, self._show = agent, work, send, show
        self._spawn, self._tell = spawn, tell
        self._timeout_s, self._apart_s, self._beat_s = timeout_s, apart_s, beat_s
        self._running: dict[str, tuple[Flag, asyncio.Task[None]]] = {}

    def answer(self, response_id: str, turn: Callable[[], Awaitable[Turn]]) -> asyncio.Task[None] | None:
        """Let the agent answer; whatever it does, the engine gets its ``reply.done``.

        From now on it can be cancelled, also while the turn is still being made; asked again, it starts
        afresh.

        Args:
            response_id: The answer being made.
            turn: Makes what the agent is asked.
        """
        self.cancel(response_id)
        flag = Flag()
        task = self._spawn(self._answer(response_id, flag, turn))
        if task is not None:
            self._running[response_id] = flag, task
            task.add_done_callback(lambda task: self._ended(response_id, flag))
        return task

    def cancel(self, response_id: str) -> None:
        """The user has interrupted, or the response is over: stop the agent, drop what it still says."""
        self.errors.pop(response_id, None)
        if running := self._running.pop(response_id, None):
            flag, task = running
            flag.set()
            task.cancel()

    def close(self) -> None:
        """Nobody waits for an answer any more."""
        for response_id in list(self._running):
            self.cancel(response_id)

    def _ended(self, response_id: str, flag: Flag) -> None:
        flag.set()
        if response_id in self._running and self._running[response_id][0] is flag:
            del self._running[response_id]

    async def _answer(self, response_id: str, flag: Flag, make: Callable[[], Awaitable[Turn]]) -> None:
        done: Event = {"type": "voice_widget.reply.done", "response_id": response_id}
        told = Told(response_id, self._tell)
        try:
            alive = Alive(response_id, self._send, apart_s=self._apart_s)
            async with alive.beating(told.at_work, self._beat_s):
                await self._stream(replace(await make(), cancelled=flag), told, alive)
        except AgentError as error:
            self.errors[response_id] = error.info()
            done["error"] = {"code": error.code, "message": error.message}
        finally:
            told.close()
        if told.usage is not None:
            done["usage"] = told.usage
        await self._send(done)

    async def _stream(self, turn: Turn, told: Told, alive: Alive) -> None:
        name = name_of(self._agent)
        asked = shown = False
        said = Unrepeated(result.spoken for result in turn.results)
        async with contextlib.aclosing(
            self._work.stream(self._agent, turn, cancelled=turn.cancelled, convert=crossing)
        ) as pieces:  # type: ignore[type-var]
            while True:
                try:
                    piece = await self._next(pieces, name, told)
                except StopAsyncIteration:
                    break
                if isinstance(piece, dict):
                    asked = True
                    _refuse_for_ever(name, piece, turn)
                    await _say(alive, said.pause())
                    await alive.sent({**piece, "response_id": turn.response_id})
                elif isinstance(piece, str):
                    await _say(alive, said.news(piece))
                elif isinstance(piece, Show):
                    shown = True
                    self._show(turn, piece)
                elif not isinstance(piece, Thinking):
                    told.take(piece)
                await alive.sign()
        await _say(alive, said.pause() if asked else said.rest())
        if said.spoke or asked:
            return
        if not shown:
            raise AgentError(
                f"The agent {name} said nothing.",
                code="agent_silent",
                next_step="Return or yield at least one sentence for every turn.",
            )
        await alive.delta("Here it is.")

    async def _next(self, pieces: AsyncIterator[Crossed], name: str, told: Told) -> Crossed:
        """The agent's next piece.

        Raises:
            AgentError: It has raised something, or was silent for too long.
            StopAsyncIteration: That was all.
        """
        patience_s = max(self._timeout_s, LONGEST_TOOL_S) if told.at_work() else self._timeout_s
        try:
            async with asyncio.timeout(patience_s):
                return await anext(pieces)
        except TimeoutError:
            raise AgentError(
                f"The agent {name} said nothing for {patience_s:g} s.",
                code="agent_timeout",
                next_step="Let it yield a first sentence early; in long work look at turn.cancelled.",
            ) from None
        except WorkFailed as error:
            # The traceback belongs to the user; the sentence on the page cannot hold it.
            raise AgentError(
                f"The agent {name} raised {error.message}.",
                next_step="The traceback is in the log; mend the agent and ask again.",
            ) from None


async def _say(alive: Alive, text: str) -> None:
    if text:
        await alive.delta(text)


def _refuse_for_ever(agent: str, call: Event, turn: Turn) -> None:
    """An agent that does not look at what its tools have returned would ask for them again, each time."""
    wanted = call["name"], json.loads(call["arguments"])
    same = [done for done in turn.results if (done.name, _read(done.arguments)) == wanted]
    if len(same) >= MOST_REPEATS:
        raise AgentError(
            f"The agent {agent} asks for the tool {call['name']!r} with the same arguments again and again.",
            code="agent_repeats",
            next_step="Let it look at turn.results first: what the tool has returned stands there.",
        )


def _read(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments
