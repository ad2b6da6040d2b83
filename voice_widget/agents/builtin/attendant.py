"""The agent of `serve`: it answers the engine's sessions in the engine's own process.

It is a companion (see `voice_widget.engine.companion`): one for each session. The agent itself runs on work
threads, so that the loop, which paces the sound, never waits for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from voice_widget.agents import Agent, Hints, Message, Turn
from voice_widget.agents.builtin import toolbox
from voice_widget.agents.driver import Driver
from voice_widget.agents.turns import turn_of
from voice_widget.realtime.session.dialogue import Dialogue, Question
from voice_widget.realtime.wire.events import Event, dump
from voice_widget.threads.work import Work

AGENT_S = 25.0
"""How long an agent may be silent: less than the engine waits, so that the sentence is the agent's."""

_NOTHING = '{"error": "no result has come"}'


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
        self._instructions: str | None = None
        self._asked: dict[str, str] = {}  # response → the user's item that it answers
        self._called: dict[str, list[Message]] = {}  # the user's item → what was called for it
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
        self._instructions = str(session.get("instructions") or "")
        tools = [tool for tool in session.get("tools") or () if isinstance(tool, Mapping)]
        more = toolbox.hints(tools)
        phrases, words = self._hints.phrases + more.phrases, self._hints.words + more.words
        self._expect(session["id"], Hints(phrases, words))

    def _turn(self, event: Mapping[str, Any]) -> Turn:
        given = event.get("input")
        item_id = event["item_id"] if given is not None else self._dialogue.asked(event["item_id"])
        self._asked[event["response_id"]] = item_id
        question = self._dialogue.question(item_id, given)
        if given is None:
            question = self._known(question, event, item_id)
        return turn_of(
            question,
            response_id=event["response_id"],
            item_id=item_id,
            instructions=event["instructions"],
            tools=[tool for tool in event["tools"] if isinstance(tool, Mapping)],
            choice=event.get("tool_choice"),
        )

    def _known(self, question: Question, event: Mapping[str, Any], item_id: str) -> Question:
        """The question with what the conversation's items do not tell."""
        said = self._dialogue.answered(event["item_id"])
        # Asked again without a word of the user's, but with instructions: those are what is to be answered.
        if said and (said[-1].role == "system" or event["instructions"] != self._instructions):
            return Question("", said)
        # A call that nobody has answered stands there as failed: else it would be made again, each time.
        told = {message.call_id for message in question.history}
        open_calls = [call for call in self._called.get(item_id, ()) if call.call_id not in told]
        return question._replace(history=(*question.history, *open_calls))

    async def _send(self, event: Event) -> None:
        if event["type"] == "voice_widget.reply.call":
            item_id = self._asked.get(event["response_id"], "")
            call = Message("tool", _NOTHING, event["name"], event["arguments"], event["call_id"])
            self._called.setdefault(item_id, []).append(call)
            self._dialogue.called_for[event["call_id"]] = item_id
        elif event["type"] == "voice_widget.reply.done":
            self._asked.pop(event["response_id"], None)
        self._send_text(dump(event))


async def _made(turn: Turn) -> Turn:
    return turn
