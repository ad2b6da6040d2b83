"""Links to tabs, as somebody asks for them in a page."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from voice_widget.own_tab.link import TabLink
from voice_widget.own_tab.tabs import Tabs
from voice_widget.page.own_tab import TabWantedMessage
from voice_widget.page.sealing import sealed_if_it_can
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
        request_id, key = message["request_id"], message["key"]

        def made(future: Future[TabLink]) -> None:
            try:
                answer = _sealed(future.result(), key, request_id)
            except Exception as error:
                info = as_ours(error).info()
                answer = {"type": "request.failed", "request_id": request_id, "error": info}
            # Not kept: it can be used but once, and soon not at all.
            self._publisher.send(answer, keep=False)

        self._tabs.link().add_done_callback(made)


def _sealed(link: TabLink, key: str, request_id: str) -> dict[str, Any]:
    told = {"type": "tab", "request_id": request_id, "seconds": link.seconds, "port": link.port}
    return told | sealed_if_it_can(link.url, key=key, request_id=request_id)
