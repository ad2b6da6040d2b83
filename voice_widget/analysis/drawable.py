"""A recorded talk as a picture, as a verb of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from voice_widget.analysis.talks import Analysed


class Drawable:
    """The picture of a talk."""

    def _analysed(self) -> Analysed:
        """The talk as it is now."""
        raise NotImplementedError

    def plot(
        self, *, ax: Axes | None = None, start_ms: float | None = None, stop_ms: float | None = None
    ) -> Figure:
        """Both sides on one clock: sound, turns with what was said, gaps, tools, interruptions, labels.

        The user is above, the assistant below. A turn is a coloured box with its text, or its words at their
        times where each has room, or its number where nothing else has; its sound is in it, both sides to one
        scale. Between the sides stand the response gaps, as `measures` has them. A cross is where an answer
        was cut. Where sound was paused, redacted, or is known to be missing, the side is hatched. Tools, and
        each coder's labels, have a row of their own, if there are any.

        In a cell the figure is shown as it is returned; `savefig` writes it into a file.

        Args:
            ax: Where to draw; if nothing is said a figure of 10 by 3 inches is made.
            start_ms: From when on the recording's timeline.
            stop_ms: Until when.

        Raises:
            SettingError: There is nothing between the two.
            MissingParts: matplotlib is not installed; it is in the extra ``analysis``.

        Example:
            >>> from voice_widget import Talk
            >>> figure = Talk.example().plot(stop_ms=5000)
            >>> [text.get_text() for text in figure.axes[0].texts if "ms" in text.get_text()]
            ['720 ms']
        """
        from voice_widget.analysis.drawing import draw

        return draw(self._analysed(), ax, start_ms, stop_ms)
