"""A call's data channel seen from the kernel: the page hands its events on, and sends ours."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from voice_widget.errors import ErrorInfo, ProtocolError, ServiceUnavailable
from voice_widget.realtime.state.context import Seen
from voice_widget.realtime.wire.events import Event, dump, parse
from voice_widget.realtime.wire.masking import masked_event

MOST_BYTES = 65_535
"""A data channel whose other end names no limit takes no more in one message; more may close it unsaid."""
MOST_WAITING = 50_000
"""Of events that were relayed and not read yet, and of those that wait for earlier ones."""
MOST_WAITING_CHARS = 32 << 20
"""Of each of them; a page keeps 4 MB."""
GAP_S = 0.5
GAP_TRIES = 3
TAKE_OVER_S = 3.0
SETTLE_S = 0.25
QUIET_S = 30.0
QUIET_TRIES = 4
LOST = "voice_widget.relay.lost"
"""Stands for events that are gone for good, ``count`` of them; for none where one has caught up."""
SECRETS_BY_PAGE: ErrorInfo = {
    "code": "tools_need_sideband",
    "message": "Tools with the key to a server (authorization, headers) cannot be sent by way of the page.",
    "next_step": "Leave these tools out, or use a service whose calls have a sideband.",
}
Page = Callable[[dict[str, Any], "list[Any] | None"], None]


class Relay:
    """A connection (see `services.Connection`) that goes by the page.

    The page numbers what its data channel receives. What comes in the wrong order is put right, what comes
    twice is dropped, and what is missing is asked for again before it is given up.

    Args:
        call: The call's number, by which the page knows it.
        page: Sends a message to the pages.
        translate: Puts a client event into the words of the service.
        clean: Takes out of an event what a service should not have repeated.
    """

    def __init__(
        self,
        call: int,
        page: Page,
        *,
        translate: Callable[[Mapping[str, Any]], Event] = dict,
        clean: Callable[[Event], Event] = masked_event,
    ) -> None:
        self._call, self._page, self._translate, self._clean = call, page, translate, clean
        self._next = 1
        self._ready: deque[str | int] = deque()  # events as they came; a number: so many are gone
        self._held: dict[int, Sequence[str]] = {}
        self._chars = self._holding = self._holding_chars = 0
        self._gap_tries = self._quiet_tries = 0
        self._gap_timer: asyncio.TimerHandle | None = None
        self._asked_at = 0.0
        self._news = asyncio.Event()
        self._taking_over = self._closed = False

    # --- what the page says ---

    def feed(self, first: int, lost: int, events: Sequence[str]) -> None:
        """Take what was relayed: events numbered from ``first`` on; of those before, ``lost`` are gone."""
        if first < 1 or self._closed:
            return
        if lost > 0 and first > self._next:
            self._skip_to(first)
        self._quiet_tries = 0
        if first > self._next:
            size = _size(events)
            room = self._holding < MOST_WAITING and self._holding_chars + size <= MOST_WAITING_CHARS
            if first not in self._held and room:
                self._held[first] = events
                self._holding += len(events)
                self._holding_chars += size
            if self._gap_timer is None:
                self._ask_again()
        else:
            self._append(first, events)
        self._news.set()

    def _append(self, first: int, events: Sequence[str]) -> None:
        self._take(events[self._next - first :])
        for number in sorted(self._held):
            if number > self._next:
                break
            held = self._held.pop(number)
            self._holding -= len(held)
            self._holding_chars -= _size(held)
            self._take(held[self._next - number :])
        if self._floods():
            # The oldest go, and that is said.
            gone = 0
            while self._floods(1):
                raw = self._oldest()
                gone += raw if isinstance(raw, int) else 1
            self._ready.appendleft(gone)
        if not self._held:
            self._gap_tries = 0
            if self._gap_timer is not None:
                self._gap_timer.cancel()
                self._gap_timer = None

    def _take(self, fresh: Sequence[str]) -> None:
        self._ready.extend(fresh)
        self._chars += _size(fresh)
        self._next += len(fresh)

    def _oldest(self) -> str | int:
        raw = self._ready.popleft()
        self._chars -= len(raw) if isinstance(raw, str) else 0
        return raw

    def _floods(self, more: int = 0) -> bool:
        return len(self._ready) + more > MOST_WAITING or self._chars > MOST_WAITING_CHARS

    def _skip_to(self, number: int) -> None:
        if number > self._next and not self._taking_over:  # there they are known, or it is given up
            self._ready.append(number - self._next)
        self._next = max(self._next, number)

    def _ask_again(self) -> None:
        """Events are missing: the page keeps the last ones for a while."""
        self._gap_timer = None
        if self._closed or not self._held:
            return
        if self._gap_tries < GAP_TRIES:
            self._gap_tries += 1
            self.ask(after=self._next - 1)
            self._gap_timer = asyncio.get_running_loop().call_later(GAP_S, self._ask_again)
            return
        self._gap_tries = 0
        first = min(self._held)
        self._skip_to(first)
        self._append(first, ())
        self._news.set()

    # --- what we say ---

    def ask(self, *, after: int) -> None:
        """Let the page relay, from the event after this number on."""
        self._asked_at = time.monotonic()
        self._page({"type": "relay", "call": self._call, "on": True, "after": max(0, after)}, None)

    async def take_over(self, seen: Seen, *, anything: bool) -> bool:
        """Go on where another connection broke off, without a gap and without repeating anything.

        Args:
            seen: The events that came by it last.
            anything: Whether any did.

        Returns:
            False if the page does not relay, or nobody can tell where the other one broke off.
        """
        self._taking_over = True
        self.ask(after=0)
        try:
            async with asyncio.timeout(TAKE_OVER_S):
                await self._news.wait()
                while True:
                    known = self._known(seen)
                    self._news.clear()
                    try:
                        async with asyncio.timeout(SETTLE_S):
                            await self._news.wait()
                    except TimeoutError:
                        if known == self._known(seen):
                            break
        except TimeoutError:
            if not self._ready:
                return False
        self._taking_over = False
        known = self._known(seen)
        if anything and not known:
            return False  # other ids, or too long ago: some would be lost, or come twice
        for _ in range(known):
            self._oldest()
        self._ready.append(0)
        return True

    def _known(self, seen: Seen) -> int:
        """How many of the events came no later than the last one that is known: they are no news."""
        for place in range(len(self._ready), 0, -1):
            raw = self._ready[place - 1]
            if isinstance(raw, str) and self._parsed(raw) in seen:
                return place
        return 0

    # --- the connection ---

    async def __aiter__(self) -> AsyncIterator[Event]:
        """The events in their order. One that cannot be read becomes ``voice_widget.unreadable``."""
        while not self._closed:
            if not self._ready:
                self._news.clear()
                await self._wait_for_news()
                continue
            raw = self._oldest()
            yield {"type": LOST, "count": raw} if isinstance(raw, int) else self._parsed(raw)

    async def _wait_for_news(self) -> None:
        """A page that has died says nothing, like a quiet call: one that lives repeats its last event."""
        try:
            async with asyncio.timeout(QUIET_S):
                await self._news.wait()
        except TimeoutError:
            if self._next == 1:
                return  # nothing yet; whether the session opens at all is the call's own concern
            self._quiet_tries += 1
            if self._quiet_tries > QUIET_TRIES:
                raise ServiceUnavailable(
                    "The page no longer hands on what the service says.",
                    code="connection_lost",
                    next_step="Open the notebook's page, then press Call.",
                ) from None
            self.ask(after=self._next - 2)

    async def send(self, event: Event) -> None:
        """Send one client event. One that cannot go by the page is answered here, as a service would."""
        if holds_secrets(event.get("session")) or holds_secrets(event.get("response")):
            self._answer(event, SECRETS_BY_PAGE["code"], SECRETS_BY_PAGE["message"])
            return
        event = self._translate(event)
        size = len(dump(event).encode("utf-8", "replace"))
        if size > MOST_BYTES:
            said = f"{event['type']} has {size:,} bytes; by the page {MOST_BYTES:,} can be sent."
            self._answer(event, "message_too_large", said)
            return
        self._page({"type": "relay.send", "call": self._call, "events": [event]}, None)

    def _answer(self, event: Event, code: str, message: str) -> None:
        error = {
            "type": "invalid_request_error",
            "code": code,
            "message": message,
            "event_id": event.get("event_id"),
        }
        answer = dump({"type": "error", "error": error})
        self._ready.append(answer)
        self._chars += len(answer)
        self._news.set()

    async def close(self) -> None:
        """Let the page stop; the iteration ends."""
        if not self._closed:
            self._closed = True
            self._page({"type": "relay", "call": self._call, "on": False, "after": 0}, None)
            self._ready.clear()
            self._held.clear()
            self._chars = self._holding = self._holding_chars = 0
            self._news.set()
            if self._gap_timer is not None:
                self._gap_timer.cancel()

    def _parsed(self, raw: str) -> Event:
        try:
            event = parse(raw, forgiving=True)
        except ProtocolError as error:
            event = {"type": "voice_widget.unreadable", "error": error.info(), "bytes": len(raw)}
        return self._clean(event)


def holds_secrets(session: Any) -> bool:
    """Whether a session or a response has tools with the key to a server: that is not for pages.

    Example:
        >>> holds_secrets({"tools": [{"type": "mcp", "server_label": "files", "authorization": "s3cret"}]})
        True
    """
    tools = session.get("tools") if isinstance(session, Mapping) else None
    return any(
        isinstance(tool, Mapping) and (tool.get("authorization") or tool.get("headers"))
        for tool in (tools if isinstance(tools, (list, tuple)) else ())
    )


def _size(events: Sequence[str]) -> int:
    return sum(map(len, events))
