"""Tools that one response wants called, until the service has what they gave. On the loop thread."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voice_widget.agents import Turn
from voice_widget.realtime.state.changes import ToolCallReady
from voice_widget.realtime.wire.events import Event
from voice_widget.tools.running import Ended
from voice_widget.tools.tool import Tool

if TYPE_CHECKING:
    from voice_widget.call.call import Call


@dataclass(eq=False)
class Batch:
    """What one response wants called: answered together, each once, whichever is done first.

    Attributes:
        call: The call in which it was.
        question: What the user had asked.
        wanted: What is to be called.
        whole: All that the response wants is ours.
        outputs: What was given by now, by number.
        told: What the next call knows of already.
        runs: What runs, by number.
        unwanted: Nobody wants an answer any more.
        talked_over: While these ran the user has said something else.
        given_up: Those that were cancelled for that.
        spoken_for: Those in whose place something is said already.
        over: Who called has hung up.
    """

    call: Call
    question: Turn
    wanted: Sequence[ToolCallReady]
    whole: bool
    outputs: dict[int, str] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)
    runs: dict[int, tuple[asyncio.Task[Ended], Tool]] = field(default_factory=dict)
    unwanted: bool = False
    talked_over: set[int] = field(default_factory=set)
    given_up: set[int] = field(default_factory=set)
    spoken_for: set[int] = field(default_factory=set)
    over: bool = False

    @property
    def due(self) -> bool:
        """An answer is to be asked for. Where others have some of the calls, they ask for it."""
        silent = self.given_up | self.spoken_for
        return self.whole and not self.unwanted and len(silent) < len(self.wanted)

    def wants(self, ready: ToolCallReady, tool: Tool) -> bool:
        """Nobody has interrupted what an interruption cancels."""
        return not (tool.cancel_on_interruption and (self.unwanted or ready.number in self.talked_over))

    def items(self, *, called: bool) -> list[Event]:
        """What the service gets; ``called``: the calls, too, for it does not know of them."""
        items: list[Event] = []
        for ready in self.wanted:
            if ready.number in self.told:
                continue
            if called:
                named = {"call_id": ready.call_id, "name": ready.name, "arguments": ready.arguments}
                items.append({"type": "function_call", **named})
            output = self.outputs[ready.number]
            items.append({"type": "function_call_output", "call_id": ready.call_id, "output": output})
        return items

    def cancel(self, numbers: Iterable[int]) -> None:
        """Of these runs end those that an interruption cancels."""
        for number in numbers:
            running, tool = self.runs.get(number, (None, None))
            if running is not None and tool is not None and tool.cancel_on_interruption:
                running.cancel()


async def send(call: Call, batch: Batch, *, called: bool) -> None:
    """Give the service what the tools gave, and ask for an answer.

    Args:
        call: The call.
        batch: What was called, all of it done.
        called: The service has to be told of the calls, too.
    """
    items = batch.items(called=called)
    await call.send(*({"type": "conversation.item.create", "item": item} for item in items))
    if batch.due:
        # Only once, and after all outputs: each response.create asks for another answer.
        await call.send({"type": "response.create"})
