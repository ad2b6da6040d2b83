"""What a call would give, computed when somebody is to be asked whether it may run. On the loop thread."""

from __future__ import annotations

import asyncio
import contextlib
import copy
from collections.abc import Callable
from threading import Event
from typing import Any

from voice_widget.errors import AgentError
from voice_widget.threads.work import Work, WorkFailed
from voice_widget.tools.previews import Preview
from voice_widget.tools.tool import Tool

AT_ONCE_S = 3.0
"""So long nobody is asked yet, for it may turn out that the call can give nothing."""


class Previewing:
    """Computes what one call would give, if its tool can say that. Nobody but the user is told of it.

    Args:
        tool: The tool.
        arguments: As the model wrote them; they fit.
        work: Where it is computed.
        tell: Gets it in a few lines.
    """

    def __init__(self, tool: Tool, arguments: str, work: Work, tell: Callable[[str], None]) -> None:
        self._tool, self._arguments, self._work, self._tell = tool, arguments, work, tell
        self._flag = Event()
        self._computing = None if tool.preview is None else asyncio.create_task(self._compute())

    async def refused(self) -> str:
        """Why the call can give nothing, so that nobody is asked; empty: it can, or that takes longer."""
        if self._computing is None:
            return ""
        await asyncio.wait({self._computing}, timeout=AT_ONCE_S)
        return self._computing.result().refused if self._computing.done() else ""

    def show(self) -> None:
        """Somebody is asked now: tell it as soon as it is there."""
        if self._computing is not None:
            self._computing.add_done_callback(self._told)

    def _told(self, computing: asyncio.Task[Preview]) -> None:
        if not computing.cancelled():
            self._tell(computing.result().text)

    async def allowed(self) -> Tool:
        """The tool, to be run with the same arguments: it gives what was computed, where that is there."""
        made = None if self._computing is None else await self._computing
        if made is None or made.give is None:
            return self._tool
        prepared = copy.copy(self._tool)
        prepared.function = _gives(made.give)
        return prepared

    def drop(self) -> None:
        """Nobody wants it any more."""
        self._flag.set()
        if self._computing is not None:
            self._computing.cancel()

    async def _compute(self) -> Preview:
        made = Preview("No preview.")
        try:
            stream = self._work.stream(
                _made, self._tool, self._arguments, cancelled=self._flag, convert=lambda value: value
            )
            async with contextlib.aclosing(stream) as pieces:  # type: ignore[type-var]
                made = await anext(pieces, made)
        except (WorkFailed, AgentError) as error:
            made = Preview(f"No preview: {error.message}")
        return made


def _made(tool: Tool, arguments: str) -> Any:
    assert tool.preview is not None
    return tool.preview(**tool.arguments(arguments))


def _gives(give: Callable[[], Any]) -> Callable[..., Any]:
    return lambda **arguments: give()
