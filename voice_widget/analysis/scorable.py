"""What was understood against a script, as a verb of a talk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from voice_widget.analysis.talks import Analysed
    from voice_widget.analysis.word_errors import Script
    from voice_widget.realtime.state.records import Side


class Scorable:
    """The talk against what was to be said in it."""

    def _analysed(self) -> Analysed:
        """The talk as it is now."""
        raise NotImplementedError

    def word_errors(self, script: Script, *, side: Side = "user") -> pd.DataFrame:
        """Word errors against a script, one row per turn; their total stands in the table's ``attrs``.

        Columns are ``seq``, ``reference`` (what was to be said) and ``hypothesis`` (what was understood, or
        heard of an answer that was cut), ``words`` (of the reference), ``substitutions``, ``deletions``,
        ``insertions`` and ``word_error_rate``, their sum by ``words``: above 1 where more was understood than
        said, empty where nothing was to be said. The texts are as they were compared: lower case, without
        punctuation, numbers as written.

        Args:
            script: A sentence per turn of that side, in order; or by ``seq``, then for some turns only; or
                the path of a text file with a line per turn.
            side: Whose turns.

        Raises:
            SettingError: The script does not fit the talk (``script_unfit``, ``unknown_turn``) or cannot be
                read (``script_unreadable``).
            MissingParts: jiwer is not installed; it is in the extra ``analysis``.

        Example:
            >>> from voice_widget import Talk
            >>> script = ["Compare body mass by species.", "Which island has most penguins?"]
            >>> table = Talk.example().word_errors(script)
            >>> table["insertions"].tolist(), table.attrs["word_error_rate"]
            ([0, 1], 0.1)
        """
        from voice_widget.analysis.word_errors import word_errors_frame

        return word_errors_frame(self._analysed(), script, side)
