"""A widget in a browser tab of its own: where a notebook has no microphone, or on a second screen."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from voice_widget.errors import VoiceWidgetError, WaitError
from voice_widget.own_tab.link import LINK_SECONDS, TabLink
from voice_widget.own_tab.tabs import Tabs
from voice_widget.page.own_tab import TabWantedMessage
from voice_widget.page.sealing import seal
from voice_widget.threads import loop as loops
from voice_widget.threads.publisher import Publisher
from voice_widget.threads.work import log_failure, told
from voice_widget.widget.verbs import Verbs

PATIENCE_S = 30.0
"""So long the engine's process may take until it can be reached."""


class HasTabs(Verbs):
    """What of a widget is shown in a tab of its own."""

    def own_tab(self, at: str | None = None) -> TabLink:
        """A link to the talk in a browser tab of its own, which has the microphone that a notebook may lack.

        The tab holds the call; the notebook goes on to show and steer it, and all data is here as ever. The
        link can be used once, within a minute, where the kernel runs. From another computer that takes
        ``ssh -L PORT:127.0.0.1:PORT`` with the link's port; from a phone a tunnel of yours, by https.

        Args:
            at: Where such a tunnel begins, as ``https://example.org``.

        Returns:
            The link: shown at the end of a cell it can be clicked; ``w.own_tab().open()`` opens it in the
            browser of the kernel's computer.

        Raises:
            SettingError: ``at`` is no address.
            EngineError: The engine's process does not start.
            StateError: The widget is closed.

        Example:
            >>> w.own_tab()  # doctest: +SKIP
        """
        self._wiring.refuse_closed()
        if (thread := loops.own_thread()) is not None:
            raise WaitError(
                f"Waiting for a link on the thread {thread!r} would stop what has to happen first.",
                next_step="Return from here and make it in a cell.",
            )
        return self._wiring.tabs.link(at).result(PATIENCE_S)


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
