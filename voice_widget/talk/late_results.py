"""What tools give that have run beside the talk: told when nobody speaks, and answered once.

On the loop thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voice_widget.call.deliveries import CallLost, Doubtful, Fatal
from voice_widget.errors import VoiceWidgetError
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import ToolCallReady
from voice_widget.realtime.wire.events import Event
from voice_widget.talk.quiet import PAUSE_S, quiet

if TYPE_CHECKING:
    from voice_widget.call.call import Call

_MOST_CALLS = 3  # so many calls may break off with it before it is given up: it may be what breaks them


@dataclass(eq=False)
class LateResult:
    """What one tool gave.

    A call can be answered once only, and that was with the word that it was started. So the function is
    called once more, by an item of ours, and answered: models and agents read that as they read any result.

    Attributes:
        ready: The call.
        output: What it gave.
        asks: An answer is to be asked for.
        lost: So many calls broke off with it.
    """

    ready: ToolCallReady
    output: str
    asks: bool = True
    lost: int = 0

    @property
    def events(self) -> list[Event]:
        """With which it comes into the conversation."""
        name = late_call_id(self.ready)
        called = {"name": self.ready.name, "arguments": self.ready.arguments}
        items = (
            {"id": name, "type": "function_call", "call_id": name, **called},
            {"id": f"{name[:-2]}_o", "type": "function_call_output", "call_id": name, "output": self.output},
        )
        return [{"type": "conversation.item.create", "item": item} for item in items]


def late_call_id(ready: ToolCallReady) -> str:
    """The id of the call by which a result comes later; services take up to 32 characters."""
    return f"late_{ready.number}_{ready.call_id}"[:30] + "_c"


class LateResults:
    """Those of one talk that the service does not have yet.

    Args:
        session: The talk's state.
        busy: Tools run that are waited for: what they give comes first.

    Attributes:
        failed: Told of one that could not be told.
    """

    def __init__(self, session: Session, busy: Callable[[], bool]) -> None:
        self._session, self._busy = session, busy
        self._waiting: list[LateResult] = []
        self._call: Call | None = None
        self._told_by: Call | None = None  # in which somebody waits for a quiet moment
        self.failed: Callable[[VoiceWidgetError], None] = lambda error: None

    def add(self, result: LateResult) -> None:
        """A tool has ended."""
        self._waiting.append(result)
        self._begin()

    def connected(self, call: Call) -> None:
        """A call stands, and was told of what was said and done before."""
        self._call = call
        self._begin()

    def stop(self, *, goes_on: bool) -> None:
        """The call is over; unless another one follows, nobody is told any more."""
        self._call = self._told_by = None
        if not goes_on:
            self._waiting.clear()

    def _begin(self) -> None:
        call = self._call
        if call is not None and self._waiting and self._told_by is not call:
            self._told_by = call
            call.spawn(self._tell(call))

    async def _tell(self, call: Call) -> None:
        try:
            while self._waiting and await quiet(
                call, self._session, for_s=PAUSE_S, wanted=self._due, unless=self._busy
            ):
                self._drop_gone()
                results = sorted(self._waiting, key=lambda result: result.ready.number)
                await self._answered(call, results)
                self._waiting = [result for result in self._waiting if result not in results]
        except CallLost:
            pass  # the next call gets them
        finally:
            if self._told_by is call:
                self._told_by = None
                if self._waiting and not call.over:
                    self._begin()

    def _due(self) -> bool:
        self._drop_gone()
        return bool(self._waiting)

    def _drop_gone(self) -> None:
        """What was asked and taken back, or redacted, wants no answer any more."""
        is_gone = self._session.uses.is_gone
        self._waiting = [result for result in self._waiting if not is_gone(result.ready.number)]

    async def _answered(self, call: Call, results: list[LateResult]) -> None:
        """Tell of several at once: one answer is for all of them."""
        known = self._session.uses.is_late
        new = [result for result in results if not known(late_call_id(result.ready))]
        events = [event for result in new for event in result.events]
        if not any(result.asks for result in results):
            await call.send(*events)
            return
        delivery = call.outbox.deliver([*events, {"type": "response.create"}])
        try:
            await delivery.received
            await delivery.asked
        except (CallLost, asyncio.CancelledError) as error:
            for result in results:
                result.lost += delivery.left
            given_up = [result for result in results if result.lost >= _MOST_CALLS]
            if given_up:
                self._waiting = [result for result in self._waiting if result not in given_up]
                self.failed(Fatal(_MOST_CALLS, error.why if isinstance(error, CallLost) else None))
            raise
        except VoiceWidgetError as error:
            if isinstance(error, Doubtful | Fatal):
                self.failed(error)  # a refusal was told by the service's own error
