"""Whether the sound between a page and a service is up: the page says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from voice_widget.errors import PageError
from voice_widget.page.failures import page_error

MEDIA_S = 20.0
MEDIA_BACK_S = 5.0
DOUBT_S = 15.0  # a browser needs 5 to 8 s to notice that nobody is there any more


class Media:
    """The sound of one call.

    Args:
        spawn: Runs something that ends with the call.
        lost: Told that the sound is gone for good.
    """

    def __init__(
        self,
        spawn: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any] | None],
        lost: Callable[[PageError], None],
    ) -> None:
        self._spawn, self._lost = spawn, lost
        self._came_up = asyncio.Event()
        self._timer: asyncio.Task[Any] | None = None
        self._doubted_until = 0.0

    def doubt(self) -> None:
        """The service was lost by another way: if the sound breaks off too, nobody is there to come back."""
        self._doubted_until = asyncio.get_running_loop().time() + DOUBT_S
        if self._timer is not None:
            self._lost(page_error("media_stopped"))

    def is_now(self, state: str) -> None:
        """The page reports its peer's state."""
        if state == "connected":
            self._came_up.set()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        elif state == "closed":
            self._lost(_media_lost())
        elif state != "disconnected" or asyncio.get_running_loop().time() < self._doubted_until:
            self._lost(page_error("media_stopped"))
        elif self._timer is None:
            self._timer = self._spawn(self._give_up())

    async def expected(self, missing: str = "ice_failed") -> None:
        """Wait for it; ``missing`` is the code of the page's failure if it does not come.

        Raises:
            PageError: It does not come.
        """
        try:
            async with asyncio.timeout(MEDIA_S):
                await self._came_up.wait()
        except TimeoutError:
            raise page_error(missing) from None

    async def _give_up(self) -> None:
        await asyncio.sleep(MEDIA_BACK_S)
        self._lost(page_error("media_stopped"))


def _media_lost() -> PageError:
    return PageError(
        "The service has closed its connection with the page.",
        code="media_lost",
        next_step="Press Call.",
    )
