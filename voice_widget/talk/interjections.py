"""What the assistant says by itself while a tool runs: that it takes a moment, and how far it is.

On the loop thread.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import ToolCallReady
from voice_widget.realtime.state.context import Recent
from voice_widget.realtime.wire.events import Event
from voice_widget.talk.quiet import PAUSE_S, quiet
from voice_widget.tools.tool import Tool

if TYPE_CHECKING:
    from voice_widget.call.call import Call

_NEAR = 8  # turns: what was said beside a call stands right before it


def _verbatim(text: str) -> Event:
    return {"type": "response.create", "response": {"text": text}}


class Interjections:
    """Those of one talk.

    Args:
        session: The talk's state.

    Attributes:
        exactly: Makes the event that lets the assistant say a text as it is.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.exactly: Callable[[str], Event] = _verbatim
        self._filled = Recent(64)  # answers, by their questions, in which something was said
        self._said: Counter[str] = Counter()

    def beside(
        self,
        tool: Tool,
        ready: ToolCallReady,
        question: str,
        *,
        where: Callable[[], Call | None],
        wanted: Callable[[], bool],
    ) -> Beside:
        """What is said beside a tool that begins to run now.

        Args:
            tool: What runs.
            ready: Its call.
            question: What the answer is to, by its item.
            where: Gives the call of the moment.
            wanted: Whether somebody still wants to hear of it.
        """
        return Beside(self, tool, ready, question, where, wanted)

    def silent(self, ready: ToolCallReady, question: str) -> bool:
        """Nothing was said yet on the way to the answer, and nothing else was asked meanwhile."""
        turns = self.session.turns
        asked = None if turns.question is None else turns.asking(turns.question)
        if question in self._filled or (asked is not None and asked.item_id != question):
            return False
        return not any(
            turn.response_id == ready.response_id and turn.role == "assistant" and turn.text.strip()
            for turn in turns.since(max(0, len(turns) - _NEAR))
        )

    def filler(self, tool: Tool, question: str) -> str:
        """What is said now, of several in turn."""
        self._filled.add(question)
        self._said[tool.name] += 1
        return tool.filler[(self._said[tool.name] - 1) % len(tool.filler)]


class Beside:
    """What is said beside one tool, from its beginning to its end (`Interjections.beside`)."""

    def __init__(
        self,
        talk: Interjections,
        tool: Tool,
        ready: ToolCallReady,
        question: str,
        where: Callable[[], Call | None],
        wanted: Callable[[], bool],
    ) -> None:
        self._talk, self._tool, self._ready, self._question = talk, tool, ready, question
        self._where, self._wanted = where, wanted
        self._text = ""
        self._news = asyncio.Event()
        works = [self._fill()] if tool.filler else []
        works += [self._speak()] if tool.speak_progress else []
        self._tasks = [asyncio.create_task(work, name=f"voice_widget beside {tool.name}") for work in works]

    def is_so_far(self, text: str) -> None:
        """The tool has yielded a text."""
        self._text = text
        self._news.set()

    def end(self) -> None:
        """The tool has ended."""
        for task in self._tasks:
            task.cancel()

    async def _fill(self) -> None:
        """Say that it takes a moment, if it does; once for each answer."""
        talk = self._talk

        def waits() -> bool:
            return self._wanted() and talk.silent(self._ready, self._question)

        await asyncio.sleep(self._tool.filler_after_s)
        call = self._where()
        if call is not None and await quiet(call, talk.session, wanted=waits):
            await call.send(talk.exactly(talk.filler(self._tool, self._question)))

    async def _speak(self) -> None:
        """Say how far it is, each time that there is something new and nobody speaks."""
        while self._wanted():
            await self._news.wait()
            call = self._where()
            if call is None:
                await asyncio.sleep(PAUSE_S)  # another one may be on its way
            elif await quiet(call, self._talk.session, for_s=PAUSE_S, wanted=self._wanted):
                self._news.clear()
                if self._text.strip():
                    await call.send(self._talk.exactly(self._text))
