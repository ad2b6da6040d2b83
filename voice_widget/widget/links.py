"""Links to tabs, as somebody asks for them in a page."""

from __future__ import annotations

import asyncio
from typing import Any

from voice_widget.own_tab.tabs import Tabs
from voice_widget.page.own_tab import TabWantedMessage
from voice_widget.page.sealing import sealed_if_it_can
from voice_widget.threads import loop as loops
from voice_widget.threads.publisher import Publisher
from voice_widget.threads.work import as_ours


class LinkGiver:
    """Gives pages the links that somebody has asked for there.

    Args:
        tabs: Makes them.
        publisher: Sends them.
    """

    def __init__(self, tabs: Tabs, publisher: Publisher) -> None:
        self._tabs, self._publisher = tabs, publisher

    def wanted(self, message: TabWantedMessage) -> None:
        """A page wants one; from any thread."""
        loops.submit(self._give(message["request_id"], message["key"]))

    async def _give(self, request_id: str, key: str) -> None:
        answer: dict[str, Any]
        try:
            link = await asyncio.wrap_future(self._tabs.link())
            told = {"type": "tab", "request_id": request_id, "seconds": link.seconds, "port": link.port}
            answer = told | await sealed_if_it_can(link.url, key=key, request_id=request_id)
        except Exception as error:
            answer = {"type": "request.failed", "request_id": request_id, "error": as_ours(error).info()}
        # Not kept: it can be used but once, and soon not at all.
        self._publisher.send(answer, keep=False)
