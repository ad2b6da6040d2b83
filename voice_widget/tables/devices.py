"""The sound devices of a page's browser as a table. It is of the moment: no recording has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from voice_widget.tables.columns import frame

if TYPE_CHECKING:
    import pandas as pd

DTYPES = {"kind": "string", "label": "string", "chosen": "boolean"}


def devices_frame(devices: Iterable[Mapping[str, object]], chosen: Mapping[str, Any]) -> pd.DataFrame:
    """One row per microphone and loudspeaker; ``chosen``: it is the one that was chosen.

    Example:
        >>> there = [{"kind": "microphone", "label": "Headset"}, {"kind": "speaker", "label": "Headset"}]
        >>> devices_frame(there, {"microphone": "Headset", "speaker": None}).chosen.tolist()
        [True, False]
    """
    rows = [
        {"kind": one["kind"], "label": one["label"], "chosen": chosen.get(str(one["kind"])) == one["label"]}
        for one in devices
    ]
    return frame(rows, DTYPES)
