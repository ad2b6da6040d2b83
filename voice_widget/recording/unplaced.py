"""Where there is sound in a folder whose pieces are lost: as far as something else in it says so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from voice_widget.realtime.state.records import SIDES
from voice_widget.recording.folder import PCM, read_piece
from voice_widget.recording.timeline import Piece


def unplaced(folder: Path, table: Iterable[Mapping[str, Any]], samples: int) -> list[Piece]:
    """The pieces by what is left; none if there is no sound.

    Args:
        folder: The folder.
        table: The rows of its table of them.
        samples: How long its timeline is, as its manifest says.
    """
    told = [piece for row in table if (piece := read_piece(json.dumps(row))) is not None]
    if told:
        return told
    there = {side: folder / name for side, name in PCM.items()}
    sizes = {side: path.stat().st_size // 2 if path.is_file() else 0 for side, path in there.items()}
    return [Piece(side, 0, length, "sound") for side in SIDES if (length := samples or sizes[side])]
