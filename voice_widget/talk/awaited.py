"""The answers that somebody waits for by name: the row that one becomes, or the response itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from voice_widget.call.deliveries import CallLost, Delivery, future
from voice_widget.errors import AgentError, ErrorInfo, StateError, VoiceWidgetError
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import Change, ResponseDone, ToolsUnwanted, TurnFinished
from voice_widget.realtime.wire.events import Event
from voice_widget.realtime.wire.problems import failure, interrupted
from voice_widget.realtime.wire.reading import part, status_of


@dataclass(eq=False)
class _Awaited:
    delivery: Delivery
    apart: bool
    done: asyncio.Future[Mapping[str, Any]] = field(default_factory=future)
    follows: bool = False  # a tool was called: the answer is the next one

    def fail(self, error: VoiceWidgetError) -> None:
        if not self.done.done():
            self.done.set_exception(error)

    def give(self, what: Mapping[str, Any]) -> None:
        if not self.done.done():
            self.done.set_result(what)


class AwaitedAnswers:
    """Who waits for which answer.

    Args:
        session: What was said.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._open: set[_Awaited] = set()
        self._news: set[asyncio.Event] = set()

    async def of(self, delivery: Delivery, *, apart: bool) -> Mapping[str, Any]:
        """Wait for what was asked for.

        Args:
            delivery: What was sent.
            apart: It is made beside the conversation.

        Returns:
            The finished row; of what is made beside the conversation the response as the protocol has it.

        Raises:
            VoiceWidgetError: There will be no answer, for this reason.
        """
        awaited = _Awaited(delivery, apart)
        self._open.add(awaited)
        try:
            await asyncio.shield(delivery.received)
            return await awaited.done
        finally:
            self._open.discard(awaited)

    def hear(self, event: Event, changes: Sequence[Change]) -> None:
        """An event of the talk, and what it came to."""
        for news in self._news:
            news.set()
        for awaited in tuple(self._open):
            if awaited.apart:
                self._beside(awaited, event)
            else:
                for change in changes:
                    self._answered(awaited, change)

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until something holds of the talk; False: it does not in so many seconds."""
        news = asyncio.Event()
        self._news.add(news)
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    news.clear()
                    await news.wait()
        except TimeoutError:
            return condition()
        finally:
            self._news.discard(news)
        return True

    def stop(self) -> None:
        """The call is over."""
        for awaited in self._open:
            awaited.fail(CallLost())

    def _beside(self, awaited: _Awaited, event: Event) -> None:
        response = part(event, "response")
        if event["type"] != "response.done" or response.get("id") != awaited.delivery.response_id:
            return
        if (status := status_of(response)) == "completed":
            awaited.give(response)
        elif status == "failed":
            awaited.fail(_reason(failure(event)))
        else:
            awaited.fail(_reason(interrupted()))

    def _answered(self, awaited: _Awaited, change: Change) -> None:
        response_id = awaited.delivery.response_id
        match change:
            case TurnFinished(row, goes_on) if row["role"] == "assistant" and row["status"] != "failed":
                ours = self._session.response_of(row["item_id"]) == response_id
                if (ours or awaited.follows) and not goes_on:
                    awaited.give(row)
                elif ours:
                    awaited.follows = True
            case ResponseDone(other, out_of_band=False, error=None):
                # Without a word it has called a tool.
                silent = other == response_id and not self._session.said_in(other)
                awaited.follows = awaited.follows or silent
            case ResponseDone(other, out_of_band=False, error=error) if error is not None:
                if other == response_id or awaited.follows:
                    awaited.fail(_reason(error))
            case ToolsUnwanted() if awaited.follows:
                awaited.fail(_reason(interrupted()))


def _reason(error: ErrorInfo) -> VoiceWidgetError:
    kind = AgentError if error["code"].startswith("agent_") else StateError
    return kind(error["message"], code=error["code"], next_step=error["next_step"])
