"""Writes the pieces of a sound that the page's tests play: ``python -m scripts.make_streamed_pieces``."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from unittest.mock import patch

import numpy as np

from tests.analysis.made import InMemory
from voice_widget.realtime.sound.formats import RATE
from voice_widget.replay import streaming

WHERE = Path(__file__).parents[1] / "js" / "tests" / "browser" / "support" / "streamed.json"
SECONDS = 16


def main() -> None:
    """Sixteen seconds of silence, in pieces of one."""
    with patch.object(streaming, "PIECE_S", 1):
        sound = streaming.Streamed(InMemory(np.zeros((SECONDS * RATE, 2), np.int16)))
        pieces = [sound.piece(number) for number in range(sound.pieces)]
    told = [{"data": base64.b64encode(data).decode(), "head": head} for data, head in pieces]
    WHERE.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
