"""What a talk gives of itself in numbers and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

    from voice_widget.analysis.finding import Findings
    from voice_widget.analysis.talks import Analysed
    from voice_widget.analysis.word_errors import Scripts


class Measurable:
    """The measures of a talk.

    What does the work is imported where it is asked for.
    """

    def _analysed(self) -> Analysed:
        """The talk as it is now."""
        raise NotImplementedError

    def measures(
        self,
        *,
        by: Literal["talk", "turn"] = "talk",
        dead_air_ms: float = 2000.0,
        script: Scripts | None = None,
    ) -> pd.DataFrame:
        """What was measured, from the sound where there is any; `docs/measures.md` says what each means.

        With fewer than twenty values their ``points`` are shown, and no percentiles. ``missing`` counts the
        cases of which nobody knows the value. Times are computed a second time from the sound by another
        method: what differs by more than 100 ms stands in ``doubts``, and is counted in ``doubtful``.

        Args:
            by: ``"talk"``: a row per measure and side; ``"turn"``: a row per turn that sounded.
            dead_air_ms: A longer silence of both sides is dead air.
            script: What the user was to say, as `Talk.word_errors` takes it; or a dict of that by side. It
                adds the word error rate.

        Raises:
            SettingError: There is no such table, or that is no time; the script does not fit the talk
                (``script_unfit``, ``unknown_turn``) or cannot be read (``script_unreadable``).
            MissingParts: There is a script, and jiwer is not installed; it is in the extra ``analysis``.
        """
        from voice_widget.analysis.measuring import measures

        return measures(self._analysed(), by=by, dead_air_ms=dead_air_ms, script=script)

    def findings(self, *, dead_air_ms: float = 2000.0) -> Findings:
        """What is remarkable, the worst first: sentences that each cite a time and what was said there.

        Slow answers, answers that were cut, or stopped for a cough or a "mm-hm", dead air, long overlaps,
        errors, and what nobody knows. Each has the ``measure`` that says so, its ``value``, the ``quote``,
        ``start_ms`` and ``seq``.

        Args:
            dead_air_ms: A longer silence is remarkable.

        Example:
            >>> Talk.example().findings()  # doctest: +SKIP
            At 0:04.7 the assistant was cut off after “The average body mass by species”, 76 ms after the user
            had begun to speak.
        """
        from voice_widget.analysis.measuring import findings

        return findings(self._analysed(), dead_air_ms=dead_air_ms)
