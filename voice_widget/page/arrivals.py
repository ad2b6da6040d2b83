"""Which of the pages' messages have come: a front end or a proxy on the way may deliver one twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_widget.realtime.state.context import Recent

KEPT_PAGES = 256
KEPT_REQUESTS = 1024
LATE = 1024  # messages that may overtake one


class Arrivals:
    """Knows a message when it comes again, by the page's number for it; one without by what it asks for."""

    def __init__(self) -> None:
        self._pages: dict[int, _Numbers] = {}
        self._requests = Recent(KEPT_REQUESTS)

    def add(self, message: Mapping[str, Any]) -> bool:
        """Note a message; False if it has come before."""
        seq = message.get("seq")
        if seq is not None:
            return self._numbers(message["page"]).add(seq)
        request = message.get("request_id") or message.get("event", {}).get("event_id")
        if isinstance(request, str) and request:
            return self._requests.add(f"{message['type']} {hash(request):x}")
        return True

    def _numbers(self, page: str) -> _Numbers:
        key = hash(page)  # a name may be of any length
        numbers = self._pages.pop(key, None) or _Numbers()
        self._pages[key] = numbers
        if len(self._pages) > KEPT_PAGES:
            del self._pages[next(iter(self._pages))]  # who was silent longest
        return numbers


class _Numbers:
    """Numbers that came, from 1 on: all up to one, and those that overtook others."""

    __slots__ = ("_all_to", "_beyond")

    def __init__(self) -> None:
        self._all_to = 0
        self._beyond: set[int] = set()

    def add(self, number: int) -> bool:
        if number <= self._all_to or number in self._beyond:
            return False
        self._beyond.add(number)
        if len(self._beyond) > LATE:
            self._all_to = min(self._beyond) - 1  # what is missing before it was lost, or was for others
        while self._all_to + 1 in self._beyond:
            self._all_to += 1
            self._beyond.remove(self._all_to)
        return True
