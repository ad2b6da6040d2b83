"""The offers of pages: asked for, waited for, answered. On the loop thread."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Literal

from voice_widget.call.ice import ASK_S, GATHER_S
from voice_widget.call.ways import Offer, Page
from voice_widget.errors import VoiceWidgetError
from voice_widget.talk.falling_back import connect_ms
from voice_widget.talk.journal import Journal
from voice_widget.talk.run import Run, no_page, nobody_answers
from voice_widget.threads.stalls import Stalls

BEAT_S = 2.0
HELLO_S = 5.0  # for a page to say that it is there
OFFER_S = 4.0  # for the page that held a lost call: one that is there offers at once
PENDING_S = 90.0  # for a person to answer the browser's question


class Offers:
    """What a run whose sound is a page's has to do with that page.

    Args:
        page: Sends a message to the pages.
        journal: Where is told that no page has answered yet.

    Attributes:
        has_page: A page has been heard of, or shown.
        stalls: How late the loop was while there was a call.
    """

    def __init__(self, page: Page, journal: Journal) -> None:
        self._page, self._journal = page, journal
        self.has_page = False
        self.stalls = Stalls()

    def want(self, run: Run, reason: Literal["connect", "reconnect"]) -> None:
        """Ask the page that holds the run, or whichever there is."""
        asked = {"type": "call.offer_wanted", "page": run.holder, "talk": run.talk, "reason": reason}
        self._page({**asked, "transport": run.way.transport}, None)

    async def beat(self, run: Run) -> None:
        """Tell pages that hold the run that the kernel lives, and look whether the loop keeps its time."""
        with self.stalls.looking():
            while not run.over.is_set():
                await asyncio.sleep(BEAT_S)
                if run.way.by_page:
                    self._page({"type": "beat"}, None)

    async def wait(self, run: Run) -> Offer:
        """The page's offer.

        Raises:
            PageError: None comes.
        """
        seconds = OFFER_S if run.retrying.again else PENDING_S
        if run.way.ice:
            seconds += ASK_S + GATHER_S  # before it the page has to look for its ways
        if not (run.taken or run.retrying.again or await _within(HELLO_S, run.is_taken())):
            if not self.has_page:
                raise no_page()
            self._journal.notices.put("call", nobody_answers())
            await _within(seconds, run.is_taken())
            self._journal.notices.put("call", None)
        try:
            async with asyncio.timeout(seconds):
                return await run.offer
        except TimeoutError:
            raise no_page() from None

    def answer(self, run: Run, message: dict[str, Any]) -> None:
        """Answer the offer."""
        request_id, run.open_request = run.open_request, None
        patience = connect_ms(run.way)
        self._page({**message, "request_id": request_id or "", "connect_ms": patience}, None)

    def refuse(self, run: Run, error: VoiceWidgetError) -> None:
        """Nothing comes of the offer, if there is one that has no answer yet."""
        request_id, run.open_request = run.open_request, None
        if request_id is not None:
            self._journal.fail_request(request_id, error)


async def _within(seconds: float, work: Coroutine[Any, Any, None]) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await work
    except TimeoutError:
        return False
    return True
