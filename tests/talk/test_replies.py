"""Answers that are cancelled, or asked for again, while the text of their question is still to come."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, cast

from voice_widget.agents import Turn
from voice_widget.call.call import Call
from voice_widget.realtime.session import Session
from voice_widget.talk.replies import Replies
from voice_widget.talk.tools import Tools

HEARD = "conversation.item.input_audio_transcription.completed"


class Line:
    """Of a call what `Replies` uses, with a session whose question has no text yet."""

    is_anothers = False

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.sent: list[dict[str, Any]] = []
        self.news = asyncio.Event()
        self.session = Session()
        self.replies = Replies(self.session, self.agent, Tools([]), show=lambda turn, show: None)
        self.hear({"type": "voice_widget.call.connecting", "transport": "memory"})
        self.hear({"type": "session.created", "session": {}})
        self.hear({"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0})
        self.hear({"type": "input_audio_buffer.committed", "item_id": "u1", "previous_item_id": None})
        self.hear({"type": "response.created", "response": {"id": "r1"}})

    def agent(self, turn: Turn) -> str:
        self.turns.append(turn)
        return f"You said {turn.text}."

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        return asyncio.create_task(work)

    async def send(self, *events: dict[str, Any]) -> None:
        self.sent += events
        self.news.set()

    def hear(self, event: dict[str, Any]) -> None:
        self.replies.react(cast(Call, self), self.session.apply(event, 1.0))

    async def is_done(self, response_id: str) -> None:
        """Wait until the engine has the end of an answer."""
        done = {"type": "voice_widget.reply.done", "response_id": response_id}
        async with asyncio.timeout(5):
            while done not in self.sent:
                self.news.clear()
                await self.news.wait()

    def asks(self, response_id: str = "r1") -> None:
        request = {"response_id": response_id, "item_id": "u1", "instructions": "", "tools": []}
        self.hear({"type": "voice_widget.reply.requested", **request})

    def text_comes(self) -> None:
        self.hear({"type": HEARD, "item_id": "u1", "content_index": 0, "transcript": "hello"})

    def is_over(self, response_id: str = "r1") -> None:
        done = {"id": response_id, "status": "cancelled", "output": []}
        self.hear({"type": "response.done", "response": done})


async def settled(turns: int = 6) -> None:
    """Let the tasks that are there come to where they wait."""
    for _ in range(turns):
        await asyncio.sleep(0)


def said(sent: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(e["response_id"], e["delta"]) for e in sent if e["type"] == "voice_widget.reply.delta"]


async def test_a_cancelled_answer_is_not_asked_for_once_the_text_comes() -> None:
    line = Line()
    line.asks()
    await settled()
    line.is_over()
    line.text_comes()
    line.hear({"type": "response.created", "response": {"id": "r2"}})
    line.asks("r2")  # by its end the first would have been asked, too
    await line.is_done("r2")
    assert [turn.response_id for turn in line.turns] == ["r2"]
    assert said(line.sent) == [("r2", "You said hello.")]


async def test_an_answer_that_a_new_socket_asks_for_again_is_given_once() -> None:
    line = Line()
    line.asks()
    await settled()
    line.asks()
    await settled()
    line.text_comes()
    await line.is_done("r1")
    line.asks("r2")  # by its end a second answer would be there, too
    await line.is_done("r2")
    assert [turn.response_id for turn in line.turns] == ["r1", "r2"]
    assert said(line.sent) == [("r1", "You said hello."), ("r2", "You said hello.")]


async def test_two_answers_that_wait_for_the_same_text_both_get_it() -> None:
    line = Line()
    line.asks()
    line.asks("r2")
    await settled()
    line.text_comes()
    await line.is_done("r1")
    await line.is_done("r2")
    assert sorted(said(line.sent)) == [("r1", "You said hello."), ("r2", "You said hello.")]


async def test_a_call_that_ends_asks_nobody_any_more() -> None:
    line = Line()
    line.asks()
    await settled()
    line.replies.stop()
    line.text_comes()
    await settled()
    assert (line.turns, line.sent) == ([], [])
