"""What other detectors would have done: tables, and their pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voice_widget.errors import VoiceWidgetError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from voice_widget.recording.sound import Sound


@dataclass(frozen=True, repr=False)
class WhatIf:
    """What other detectors of turns would have done in a talk.

    Attributes:
        table: One row per detector and turn. ``start_ms`` and ``end_ms`` are when the user spoke, as the
            sound says; ``ended_ms`` when the detector would have said that the turn is over, ``wait_ms`` how
            long after its end; ``recorded_wait_ms`` what the service of the talk did, and ``change_ms`` the
            difference. ``verdict`` is ``earlier``, ``same`` or ``later`` than the service; ``too_early``: it
            ended the turn while the user went on; ``missed``: it found nothing of the turn; ``extra``: it
            found a turn where there is none, without a ``seq``; ``unknown``: some of the turn's
            sound was redacted or lost, and it is not in ``n``; empty where nobody knows what the service
            did. ``notes`` say ``gap`` (there is no sound for a while in the turn, or in the second after it),
            ``silent`` (nothing sounds in it: the times are the row's), ``doubtful`` (a second way to hear
            finds it more than 100 ms elsewhere, or only one of both finds it) and ``joined with 3`` (it goes
            on into that turn).
        summary: One row per detector: how many turns there are and how many of each verdict, and how long it
            waits where it was not too early: median, p90, and the points where there are fewer than 20.
        problems: What is wrong with the talk, and why a detector is missing.
        sound: What they heard.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    problems: tuple[VoiceWidgetError, ...]
    sound: Sound

    def plot(self) -> Figure:
        """The user's sound, with a lane for each detector: when it would have said that a turn is over.

        Raises:
            MissingParts: matplotlib is not installed; it is in the extra ``analysis``.
        """
        from voice_widget.analysis.what_if.drawing import draw

        return draw(self.table, list(self.summary["detector"]), self.sound)

    def __repr__(self) -> str:
        told = [f"<WhatIf of {len(self.summary)} detectors>", self.summary.to_string(index=False)]
        return "\n".join([*told, *map(str, self.problems)])

    def _repr_html_(self) -> str:
        return str(self.summary.to_html(index=False))


@dataclass(frozen=True, repr=False)
class Sweep:
    """What a rule with other numbers would have done in a talk.

    Attributes:
        table: One row per combination: its numbers, and what `WhatIf.summary` has.
        axes: The names of what was varied.
        problems: What is wrong with the talk, and why a detector of speech is missing.
    """

    table: pd.DataFrame
    axes: tuple[str, ...]
    problems: tuple[VoiceWidgetError, ...]

    def plot(self) -> Figure:
        """Two maps per detector of speech: how many turns it ends too early, and how long it waits.

        Raises:
            MissingParts: matplotlib is not installed; it is in the extra ``analysis``.
        """
        from voice_widget.analysis.what_if.drawing import draw_sweep

        return draw_sweep(self.table, self.axes)

    def __repr__(self) -> str:
        told = [f"<Sweep of {len(self.table)} combinations>", self.table.to_string(index=False)]
        return "\n".join([*told, *map(str, self.problems)])

    def _repr_html_(self) -> str:
        return str(self.table.to_html(index=False))
