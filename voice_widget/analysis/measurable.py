"""What a talk gives of itself in numbers and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

    from voice_widget.analysis.talks import Analysed


class Measurable:
    """The measures of a talk.

    What does the work is imported where it is asked for.
    """

    def _analysed(self) -> Analysed:
        """The talk as it is now."""
        raise NotImplementedError

    def measures(self, *, by: Literal["talk", "turn"] = "talk", dead_air_ms: float = 2000.0) -> pd.DataFrame:
        """What was measured, from the sound where there is any; `docs/measures.md` says what each means.

        With fewer than twenty values their ``points`` are shown, and no percentiles. ``missing`` counts the
        cases of which nobody knows the value. Times are computed a second time from the sound by another
        method: what differs by more than 100 ms stands in ``doubts``, and is counted in ``doubtful``.

        Args:
            by: ``"talk"``: a row per measure and side; ``"turn"``: a row per turn that sounded.
            dead_air_ms: A longer silence of both sides is dead air.

        Raises:
            SettingError: There is no such table, or that is no time.
        """
        from voice_widget.analysis.measuring import measures

        return measures(self._analysed(), by=by, dead_air_ms=dead_air_ms)
