"""When both sides of a recorded talk sound: its sound is read once, some seconds at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from voice_widget.analysis.talks import Analysed
from voice_widget.errors import RecordingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording.sound import blocks
from voice_widget.recording.timeline import Piece
from voice_widget.recording.voiced import Voiced

Span = tuple[float, float]
"""From when until when, in milliseconds of the recording."""


@dataclass(frozen=True)
class Heard:
    """What the sound of a talk says.

    Attributes:
        voiced: When each side sounds, in order; without sound nothing.
        unknown: Where nobody knows whether it does: gaps, pauses, and what was redacted.
    """

    voiced: Mapping[Side, list[Span]]
    unknown: Mapping[Side, list[Span]] = field(default_factory=lambda: {side: [] for side in SIDES})


def hear(talk: Analysed) -> Heard:
    """Listen to a talk; one without sound, or whose sound cannot be read, has nothing voiced."""
    unknown = {side: _unknown(talk.pieces, side) for side in SIDES}
    try:
        sound = talk.sound
    except RecordingError:
        return Heard({side: [] for side in SIDES}, unknown)
    ears = {side: Voiced() for side in SIDES}
    for block in blocks(sound):
        for column, side in enumerate(SIDES):
            ears[side].push(np.ascontiguousarray(block[:, column]))
    return Heard({side: [_ms(*each) for each in ears[side].end()] for side in SIDES}, unknown)


def _unknown(pieces: list[Piece], side: Side) -> list[Span]:
    return [_ms(piece.start, piece.end) for piece in pieces if piece.side == side and piece.kind != "sound"]


def _ms(start: int, end: int) -> Span:
    return start * 1000 / RATE, end * 1000 / RATE
