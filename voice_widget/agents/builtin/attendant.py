"""The agent of `serve`: it answers the engine's sessions in the engine's own process.

It is a companion (see `voice_widget.engine.companion`): one for each session. The agent itself runs on work
threads, so that the loop, which paces the sound, never waits for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from voice_widget.agents import Agent, Hints, Turn
from voice_widget.agents.builtin import toolbox
from voice_widget.agents.driver import Driver
from voice_widget.agents.turns import turn_of
from voice_widget.realtime.session.dialogue import Dialogue
from voice_widget.realtime.wire.events import Event, dump
from voice_widget.threads.work import Work

AGENT_S = 25.0
"""How long an agent may be silent: less than the engine waits, so that the sentence is the agent's."""


class Attendant:
    """Answers one session.

    Args:
        agent: What to ask.
        work: Where it runs; shared by all sessions.
        send: Takes one event as JSON.
        hints: What the agent understands.
        expect: Takes what a session's recogniser should expect, with the session's id.
        timeout_s: How long the agent may be silent.
    """

    def __init__(
        self,
        agent: Agent,
        work: Work,
        send: Callable[[str], None],
        *,
        hints: Hints | None = None,
        expect: Callable[[str, Hints], None] = lambda session_id, hints: None,
        timeout_s: float = AGENT_S,
    ) -> None:
        self._send_text = send
        self._hints, self._expect = hints or Hints(), expect
        self._dialogue = Dialogue()
        self._driver = Driver(agent, work, send=self._send, show=lambda turn, show: None, timeout_s=timeout_s)

    def hear(self, text: str) -> None:
        """One event of the session."""
        event: Event = json.loads(text)
        self._dialogue.hear(event)
        if event["type"] in ("session.created", "session.updated"):
            self._listen_for(event["session"])
        elif event["type"] == "voice_widget.reply.requested":
            # Of what was said up to now: what is said next belongs to the next question.
            turn = self._turn(event)
            self._driver.answer(turn.response_id, lambda: _made(turn))
        elif event["type"] == "response.done":
            self._driver.cancel(event["response"]["id"])

    def close(self) -> None:
        """The session is over."""
        self._driver.close()

    def _listen_for(self, session: Mapping[str, Any]) -> None:
        tools = [tool for tool in session.get("tools") or () if isinstance(tool, Mapping)]
        more = toolbox.hints(tools)
        phrases, words = self._hints.phrases + more.phrases, self._hints.words + more.words
        self._expect(session["id"], Hints(phrases, words))

    def _turn(self, event: Mapping[str, Any]) -> Turn:
        return turn_of(
            self._dialogue.question(event["item_id"], event.get("input")),
            response_id=event["response_id"],
            item_id=event["item_id"],
            instructions=event["instructions"],
            tools=[tool for tool in event["tools"] if isinstance(tool, Mapping)],
            choice=event.get("tool_choice"),
        )

    async def _send(self, event: Event) -> None:
        self._send_text(dump(event))


async def _made(turn: Turn) -> Turn:
    return turn
