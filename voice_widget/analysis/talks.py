"""A talk, as far as analysis reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from voice_widget.realtime.state.records import Row
from voice_widget.recording.sound import Sound
from voice_widget.recording.spoken import Utterance
from voice_widget.recording.timeline import Piece

if TYPE_CHECKING:
    import pandas as pd


class Analysed(Protocol):
    """A recorded talk: `voice_widget.Talk` is one. Times that are compared lie on its timeline."""

    @property
    def samples(self) -> int: ...  # noqa: D102 - as `Talk` has them

    @property
    def duration_ms(self) -> int: ...  # noqa: D102

    @property
    def sound(self) -> Sound: ...  # noqa: D102

    @property
    def rows(self) -> list[Row]: ...  # noqa: D102

    @property
    def pieces(self) -> list[Piece]: ...  # noqa: D102

    @property
    def manifest(self) -> dict[str, Any]: ...  # noqa: D102

    @property
    def metrics_df(self) -> pd.DataFrame: ...  # noqa: D102

    @property
    def tool_calls_df(self) -> pd.DataFrame: ...  # noqa: D102

    @property
    def words_df(self) -> pd.DataFrame: ...  # noqa: D102

    def utterances(self) -> list[Utterance]: ...  # noqa: D102

    def stretches(self) -> dict[int, tuple[int, int]]: ...  # noqa: D102
