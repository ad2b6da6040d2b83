"""Links to tabs, as somebody asks for them in a page."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from voice_widget.errors import VoiceWidgetError
from voice_widget.own_tab.link import LINK_SECONDS, TabLink
from voice_widget.own_tab.tabs import Tabs
from voice_widget.page.own_tab import TabWantedMessage
from voice_widget.page.sealing import seal
from voice_widget.threads.publisher import Publisher
from voice_widget.threads.work import log_failure, told


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
                known = error if isinstance(error, VoiceWidgetError) else _failed(error)
                answer = {"type": "request.failed", "request_id": request_id, "error": known.info()}
            # Not kept: it can be used but once, and soon not at all.
            self._publisher.send(answer, keep=False)

        self._tabs.link().add_done_callback(made)


def _sealed(link: TabLink, key: str, request_id: str) -> dict[str, Any]:
    answer = {"type": "tab", "request_id": request_id, "url": "", "seconds": LINK_SECONDS, "port": link.port}
    if key:
        return answer | seal(link.url, key=key, request_id=request_id, url="")
    return answer | {"key": "", "nonce": "", "sealed": link.url}


def _failed(error: Exception) -> VoiceWidgetError:
    log_failure("A mistake of this package.", error)
    return VoiceWidgetError(told(error), code="internal_error", next_step="Try again.")
