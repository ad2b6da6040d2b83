"""How a widget's connection is: the facts of a page and of the kernel, brought together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, cast

from voice_widget.diagnosis.facts import Heard, KernelFacts, Silent
from voice_widget.diagnosis.findings import Finding, way_out
from voice_widget.diagnosis.judging import judged
from voice_widget.diagnosis.versions import installed, misfits, requirements
from voice_widget.errors import ErrorInfo
from voice_widget.page.from_page import ConnectionMessage
from voice_widget.page.parts import PageFacts
from voice_widget.page.tunnels import user
from voice_widget.realtime.wire.events import new_id
from voice_widget.talk.falling_back import by_comm
from voice_widget.talk.live import LiveTalk
from voice_widget.threads import loop as loops
from voice_widget.threads.publisher import Publisher

ANSWER_S = 4.0
"""So long a page may take; it looks for addresses for 2 s of them."""
OTHERS_S = 0.5
"""So long others are waited for, once one has answered, where no page holds a call."""
_UP = ("connecting", "connected", "reconnecting")
KEPT_S = 120.0
"""So long what a page has told counts where none can be asked."""


class Diagnosing:
    """Asks the widget's pages how the connection is, and says what that means.

    Args:
        talk: What is diagnosed.
        fact: Reads a trait of the widget.
        publisher: Sends messages to the pages.
        waits: Says why pages are heard only between cells, or None.
    """

    def __init__(
        self,
        talk: LiveTalk,
        fact: Callable[[str], Any],
        publisher: Publisher,
        waits: Callable[[], str | None],
    ) -> None:
        self._talk, self._fact, self._publisher, self._waits = talk, fact, publisher, waits
        self._asked: dict[str, tuple[asyncio.Event, list[Heard]]] = {}
        self._sent: dict[str, float] = {}
        self._last: tuple[PageFacts, float, float | None] | None = None
        self._last_of = ""

    def ask(self) -> Future[list[Finding]]:
        """Ask a page, and give what all of it means, within some seconds; from any thread."""
        return loops.submit(self._ask())

    def at_once(self) -> list[Finding]:
        """What is known by now. The page is asked all the same: its answer is there the next time."""
        loops.submit(self._ask())
        return loops.call(lambda: judged(self._known(asked=False), self._kernel()))

    def told(self, message: ConnectionMessage) -> None:
        """A page tells how its connection is; on the thread on which the comm brings it."""
        at = time.monotonic()
        loops.loop().call_soon_threadsafe(self._told, message, at)

    # --- on the loop ---

    async def _ask(self) -> list[Finding]:
        offers = self._talk.offers
        with offers.stalls.looking():
            if self._talk.transport == "memory" or not offers.has_page:
                told: Heard | Silent = Silent(shown=offers.has_page, asked=False)
            else:
                told = await self._answer()
        return judged(told, self._kernel())

    async def _answer(self) -> Heard | Silent:
        request_id = new_id("req")
        first, heard = self._asked[request_id] = asyncio.Event(), []
        self._sent[request_id] = time.monotonic()
        # Of a call only the page that holds it knows how it goes.
        holder = self._fact("holder")
        self._publisher.send(
            {"type": "connection.wanted", "page": holder, "request_id": request_id}, keep=False
        )
        try:
            async with asyncio.timeout(ANSWER_S):
                await first.wait()
            if not holder:
                await asyncio.sleep(OTHERS_S)
            # A call is made where it can be: in a tab of its own beside a notebook without a microphone.
            return max(heard, key=lambda told: _can_call(told.facts))
        except TimeoutError:
            return self._known(asked=True)
        finally:
            # Kept: a page that waits for the running cell answers after it.
            self._asked.pop(request_id, None)
            while len(self._sent) > 16:
                self._sent.pop(next(iter(self._sent)))

    def _told(self, message: ConnectionMessage, at: float) -> None:
        request_id, facts = message["request_id"], message["facts"]
        sent, comm_ms = self._sent.get(request_id), facts["comm_ms"]
        waiting = self._asked.get(request_id)
        if sent is None:  # its own question: it draws what comes
            self._last, self._last_of = (facts, at, comm_ms), request_id
            rows = judged(Heard(facts, comm_ms=comm_ms), self._kernel())
            told = {"rows": [row._asdict() for row in rows], "way_out": way_out(rows)}
            self._publisher.send({"type": "diagnosis", "request_id": request_id, **told}, keep=False)
            return
        if waiting is not None:  # else the message has waited for a cell, and tells no delay
            comm_ms = max(0.0, 1000 * (at - sent) - facts["took_ms"])
        if self._last is None or self._last_of != request_id or _can_call(self._last[0]) <= _can_call(facts):
            self._last, self._last_of = (facts, at, comm_ms), request_id
        if waiting is not None:
            first, heard = waiting
            heard.append(Heard(facts, comm_ms=comm_ms))
            first.set()

    def _known(self, *, asked: bool) -> Heard | Silent:
        last = self._last
        if last is not None and (age := time.monotonic() - last[1]) < KEPT_S:
            return Heard(last[0], age, last[2])
        return Silent(shown=self._talk.offers.has_page, asked=asked)

    def _kernel(self) -> KernelFacts:
        talk, now = self._talk, asyncio.get_running_loop().time()
        state, because = self._fact("connection_state"), talk.session.because
        versions = installed()
        return KernelFacts(
            transport="comm" if because and state in _UP else talk.transport,
            connected=state == "connected",
            fell_back=by_comm(because) if because else None,
            error=cast("ErrorInfo | None", self._fact("error")),
            service=talk.service.name,
            service_notice=_plain(getattr(talk.service, "notice", None)),
            page_waits=None if talk.transport == "memory" else self._waits(),
            stalls_ms=talk.offers.stalls.late_ms(now),
            watched=talk.offers.stalls.watched,
            user=user(),
            versions=versions,
            misfits=misfits(versions, requirements()),
        )


def _can_call(facts: PageFacts) -> int:
    return facts["secure"] + (not facts["blocked"]) + (facts["microphone"] != "denied")


def _plain(notice: Mapping[str, Any] | None) -> ErrorInfo | None:
    if notice is None:
        return None
    return {"code": notice["code"], "message": notice["message"], "next_step": notice["next_step"]}
