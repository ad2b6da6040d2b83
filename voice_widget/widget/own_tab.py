"""A widget in a browser tab of its own: where a notebook has no microphone, or on a second screen."""

from __future__ import annotations

from voice_widget.errors import WaitError
from voice_widget.own_tab.link import TabLink
from voice_widget.services.engine_child import check_processes
from voice_widget.threads import loop as loops
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
            The link: shown at the end of a cell it can be clicked; its ``open`` opens it in the browser of
            the kernel's computer.

        Raises:
            SettingError: ``at`` is no address, or one whose pages get no microphone.
            EngineError: The engine's process does not start.
            StateError: The widget is closed.

        Example:
            >>> w.own_tab()  # doctest: +SKIP
        """
        self._wiring.refuse_closed()
        check_processes()
        if (thread := loops.own_thread()) is not None:
            raise WaitError(
                f"Waiting for a link on the thread {thread!r} would stop what has to happen first.",
                next_step="Return from here and make it in a cell.",
            )
        return self._wiring.tabs.link(at).result(PATIENCE_S)
