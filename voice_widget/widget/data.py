"""What of a talk is data: the widget's tables, and what the agent has shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from voice_widget.tables.live import Tables
    from voice_widget.widget.display import Result
    from voice_widget.widget.wiring import Wiring


class TalkData:
    """The tables of a widget: a copy each, cheap to ask for again. `docs/tables.md` explains the columns."""

    _wiring: Wiring

    @property
    def transcript_df(self) -> pd.DataFrame:
        """One row per turn, all calls of this widget, up to now; empty with all columns before the first."""
        return self._tables.transcript()

    @property
    def events_df(self) -> pd.DataFrame:
        """Every protocol event, both ways; ``event`` is its JSON. No audio, no secret."""
        return self._tables.events()

    @property
    def tool_calls_df(self) -> pd.DataFrame:
        """One row per function call: what it was given, what it gave, what went wrong, how long it took."""
        return self._tables.tool_calls()

    @property
    def metrics_df(self) -> pd.DataFrame:
        """One row per response and per transcription: what it used and cost, and how long it took.

        ``kind`` is ``response`` or ``transcription``. Tokens are the service's own counts, empty where it
        says nothing; ``cached_…`` are part of ``input_…``, and ``uncached_…`` what remains of it.
        ``response_gap_ms`` and ``interrupted`` are those of the row ``item_id`` in ``transcript_df``. From
        ``end_wait_ms`` to ``transport_ms`` are the stages before an answer is heard: each is measured between
        events of its own, so they may overlap and need not add up to the gap.
        """
        return self._tables.metrics()

    @property
    def words_df(self) -> pd.DataFrame:
        """One row per word that was spoken, with its times; ``source`` says who tells them."""
        return self._tables.words()

    @property
    def results(self) -> list[Result]:
        """What the agent has shown, oldest first."""
        return [drawn.result for drawn in self._wiring.showing.results.all]

    @property
    def _tables(self) -> Tables:
        return self._wiring.tables
