"""The functions that were called in a talk, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import TYPE_CHECKING

from voice_widget.realtime.state.records import ToolRow
from voice_widget.tables.columns import celled
from voice_widget.tables.schema import dtypes

if TYPE_CHECKING:
    import pandas as pd


def tool_calls_frame(rows: Iterable[ToolRow]) -> pd.DataFrame:
    """One row per function call, oldest first."""
    columns = dtypes("tool_calls")
    return celled(list(map(itemgetter(*columns), rows)), columns)
