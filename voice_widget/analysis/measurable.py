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

    def measures(self, *, by: Literal["talk", "turn"] = "talk") -> pd.DataFrame:
        """What was measured, from the sound where there is any.

        Args:
            by: ``"talk"``: a row per measure and side; ``"turn"``: a row per turn that sounded.

        Raises:
            SettingError: There is no such table.
        """
        from voice_widget.analysis.measuring import measures

        return measures(self._analysed(), by=by)
