"""A service that says nothing although something is due: it is asked, and then given up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from voice_widget.errors import ServiceUnavailable

QUIET_S = 10.0
ANSWER_S = 10.0  # to a question that every service answers
SLOW_S = 50.0  # of one that has never answered it, and may think for so long
GRACE_S = 0.5  # this process may itself have stood still


class Silence:
    """Watches what comes of one call.

    Args:
        due: Whether something has to come: a response is being made or was asked for.
        ask: Asks the service something that it answers at once.
    """

    def __init__(self, due: Callable[[], bool], ask: Callable[[], Awaitable[None]]) -> None:
        self._due, self._ask = due, ask
        self._news = asyncio.Event()
        self._voice = self._answers = False

    def heard(self, kind: str) -> None:
        """An event has come."""
        self._news.set()
        self._voice = False
        self._answers = self._answers or kind == "session.updated"

    def voice(self) -> None:
        """The user has spoken; a service that listens says something about that."""
        self._voice = True

    async def over(self) -> ServiceUnavailable:
        """Returns once the service must be taken for dead, with what is said of that."""
        while True:
            self._news.clear()
            if await within(QUIET_S, self._news) or not (self._voice or self._due()):
                continue
            await self._ask()
            seconds = ANSWER_S if self._answers else SLOW_S
            if not (await within(seconds, self._news) or await within(GRACE_S, self._news)):
                return ServiceUnavailable(
                    f"The service has not said anything for {QUIET_S + seconds:g} s.",
                    code="service_silent",
                    next_step="Press Call again; check the service if it happens again.",
                )


async def within(seconds: float, event: asyncio.Event) -> bool:
    """Whether it is set by then; returns as soon as it is."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def silent(what: str, seconds: float) -> ServiceUnavailable:
    """The error for a session that does not begin."""
    return ServiceUnavailable(
        f"{what} within {seconds:g} s.",
        code="session_timeout",
        next_step="Press Call again; check the service if it happens again.",
    )
