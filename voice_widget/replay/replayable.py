"""A talk that can be shown and heard in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from voice_widget.replay.contents import Timed
    from voice_widget.replay.widget import Replay


class Replayable:
    """The talk as a widget of its own, without a service and without an engine."""

    def replay(self, *, embed: bool = False, limit_mb: float = 20) -> Replay:
        """Look at the talk and listen to it: sound, turns, words, tools, gaps and labels on one clock.

        What is dragged over there, or marked with the keys i and o, is its ``selection``; its ``rows`` and
        ``samples`` are what lies in that. It is complete by keyboard: ? shows the keys.

        Args:
            embed: Put the sound into what a notebook saves, so that it plays there without a kernel. Else the
                saved view shows the picture and the transcript, and says where the sound is.
            limit_mb: So many millions of bytes the sound may take there.

        Raises:
            SettingError: An argument is impossible, or the sound is larger (``too_large``).
            RecordingError: With ``embed`` there is no sound, or it cannot be read.

        Example:
            >>> Talk.example().replay()  # doctest: +SKIP
        """
        from voice_widget.replay.widget import Replay

        return Replay(cast("Timed", self), embed=embed, limit_mb=limit_mb)
