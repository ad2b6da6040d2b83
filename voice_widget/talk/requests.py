"""What is asked of the service about calls that are not the talk's own. On the loop thread."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from voice_widget.errors import SettingError, StateError, shown
from voice_widget.services import Service
from voice_widget.talk.run import closed

SETTLE_S = 2.0
"""What was asked for in time is still done; a service that does not answer keeps nothing alive by that."""


class Requests:
    """Requests that are under way, each with somebody who may wait for it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def pending(self) -> bool:
        """One has no answer yet."""
        return bool(self._tasks)

    async def run(self, request: Coroutine[Any, Any, None]) -> None:
        """Make a request.

        Raises:
            StateError: The widget was closed before the service had answered.
        """
        if self._closed:
            request.close()
            raise closed()
        task = asyncio.create_task(request)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task})
        if task.cancelled():
            raise closed()
        task.result()

    async def settle(self) -> None:
        """Wait for the answers, but not for ever."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=SETTLE_S)

    async def close(self) -> None:
        """Give up what has no answer."""
        self._closed = True
        given_up = set(self._tasks)
        for task in given_up:
            task.cancel()
        if given_up:
            await asyncio.wait(given_up, timeout=1)


def of_phone(service: Service, verb: str, call_id: str, *details: Any) -> Coroutine[Any, Any, None]:
    """What is asked of a service about a phone call.

    Args:
        service: Who is asked.
        verb: What: ``accept``, ``reject`` or ``refer``.
        call_id: About which call.
        *details: What goes with it.

    Raises:
        StateError: It has no phone calls.
    """
    act = getattr(service, verb, None)
    if act is None:
        raise StateError(
            f"The {service.name} has no phone calls.",
            code="no_phone_calls",
            next_step="Use a service that has, such as OpenAI().",
        )

    async def ask() -> None:
        await service.start()
        await act(call_id, *details)

    return ask()


def checked_id(call_id: Any) -> str:
    """The id of a call.

    Raises:
        SettingError: It is none.
    """
    if not isinstance(call_id, str) or not call_id.strip():
        raise SettingError(
            f"{shown(call_id)} is no id of a call.",
            next_step='Give the call_id that the service told, "rtc_…".',
        )
    return call_id
