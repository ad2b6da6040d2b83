"""A talk that can be shown and heard in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice_widget.errors import refusing

if TYPE_CHECKING:
    from voice_widget.analysis.coding.scheme import Scheme
    from voice_widget.replay.growing import Growing
    from voice_widget.replay.labelling import Labelled
    from voice_widget.replay.widget import Replay


class Replayable:
    """The talk as a widget of its own, without a service and without an engine."""

    def _analysed(self) -> Labelled:
        """The talk as it is now."""
        raise NotImplementedError

    def _growing(self) -> Growing | None:
        """Where to ask what has become of it; None: it is over."""
        return None

    @refusing('Write talk.replay(coder="AB").')
    def replay(
        self,
        *,
        coder: str | None = None,
        scheme: Scheme | None = None,
        embed: bool = False,
        limit_mb: float = 20,
    ) -> Replay:
        """Look at the talk and listen to it: sound, turns, words, tools, gaps and labels on one clock.

        What is dragged over there, or marked with the keys i and o, is its ``selection``; its ``rows`` and
        ``samples`` are what lies in that. It is complete by keyboard: ? shows the keys.

        With a coder it is labelled there, by buttons and by the scheme's keys, as `Talk.label` does it.

        Of a talk that goes on it grows, once a second, less often where hours are to be read. It can be heard
        there once the call is over.

        Args:
            coder: Who labels in it; None: labels are only shown.
            scheme: By which codes. With a coder it becomes the talk's, as `Talk.scheme` is set; without one
                it only colours what is shown. None: the talk's.
            embed: Put the sound into what a notebook saves, so that it plays there without a kernel. Else the
                saved view shows the picture and the transcript, and says where the sound is.
            limit_mb: So many millions of bytes the sound may take there.

        Raises:
            SettingError: An argument is impossible, or the sound is larger (``too_large``). There is a coder
                and no scheme (``no_scheme``), or a code has a key of the replay's own (``scheme_invalid``).
            StateError: The talk goes on, and is to be embedded (``call_running``).
            RecordingError: With ``embed`` there is no sound, or it cannot be read; or a scheme cannot be
                written.

        Example:
            >>> Talk.example().replay()  # doctest: +SKIP
        """
        from voice_widget.replay.widget import Replay

        return Replay(
            self._analysed(),
            coder=coder,
            scheme=scheme,
            embed=embed,
            limit_mb=limit_mb,
            growing=self._growing(),
        )
