"""Tables that no talk has made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from voice_widget.realtime.state.changes import Used
from voice_widget.tables.metrics import MetricsTable, counted
from voice_widget.tables.prices import Prices

if TYPE_CHECKING:
    import pandas as pd


def metrics_frame(
    used: Iterable[Used], turns: Iterable[Mapping[str, Any]] = (), prices: Prices | None = None
) -> pd.DataFrame:
    """One row per response and per transcription."""
    return MetricsTable().frame(0, [counted(one, prices) for one in used], turns)
