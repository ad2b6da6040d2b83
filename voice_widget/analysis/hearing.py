"""When both sides of a recorded talk sound: its sound is read once, some seconds at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from voice_widget.analysis import noise, second_ear
from voice_widget.analysis.spans import Span
from voice_widget.analysis.talks import Analysed
from voice_widget.errors import RecordingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Pcm
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording.sound import Sound, blocks
from voice_widget.recording.timeline import Piece
from voice_widget.recording.voiced import Stretch, Voiced

LOUD_ROOM_DB = -62.0
"""Of a louder room the page's ear would ask for more than its -50 dB: there `analysis.noise` hears."""


@dataclass(frozen=True)
class Heard:
    """What the sound of a talk says.

    Attributes:
        voiced: When each side sounds, in order; without sound nothing.
        second: The same by another method.
        unknown: Where nobody knows whether it does: what was lost for a reason, paused, or redacted.
        sounds: There is sound at all.
    """

    voiced: Mapping[Side, list[Span]]
    second: Mapping[Side, list[Span]]
    unknown: Mapping[Side, list[Span]]
    sounds: bool


# What was listened to once is known as long as it is there: an hour takes seconds.
_known: WeakKeyDictionary[Sound, tuple[Mapping[Side, list[Span]], Mapping[Side, list[Span]]]] = (
    WeakKeyDictionary()
)


def hear(talk: Analysed, *, listen: bool = True) -> Heard:
    """Listen to a talk; one without sound, or whose sound cannot be read, has nothing voiced.

    Args:
        talk: The talk.
        listen: Without, nothing is voiced either: then turns are where their rows say.
    """
    lost = {side: unknown(talk.pieces, side) for side in SIDES}
    nothing: dict[Side, list[Span]] = {side: [] for side in SIDES}
    try:
        sounds, second = _heard(talk.sound) if listen else (nothing, nothing)
    except RecordingError:
        return Heard(nothing, nothing, lost, False)
    return Heard(sounds, second, lost, listen)


def voiced(sound: Sound, side: Side) -> list[Span]:
    """When a side sounds, in milliseconds and in order: over a loud room's noise too.

    Raises:
        RecordingError: The sound cannot be read.
    """
    return _heard(sound)[0][side]


def doubted(sound: Sound, side: Side) -> list[Span]:
    """The same by the second ear.

    Raises:
        RecordingError: The sound cannot be read.
    """
    return _heard(sound)[1][side]


def _heard(sound: Sound) -> tuple[Mapping[Side, list[Span]], Mapping[Side, list[Span]]]:
    """When each side sounds, by both methods."""
    if sound not in _known:
        ears = _listened(sound)
        sounds = {side: [_ms(*each) for each in ears[side].voiced()] for side in SIDES}
        second = {side: [_ms(*each) for each in ears[side].second()] for side in SIDES}
        _known[sound] = sounds, second
    return _known[sound]


class _Ear:
    """One side's."""

    def __init__(self) -> None:
        self._page, self._bands, self._energies = Voiced(), noise.Spectra(), second_ear.Energies()

    def push(self, pcm: Pcm) -> None:
        for each in (self._page, self._bands, self._energies):
            each.push(pcm)

    def voiced(self) -> list[Stretch]:
        bands = self._bands.end()
        return noise.stretches(bands) if noise.is_loud(bands, LOUD_ROOM_DB) else self._page.end()

    def second(self) -> list[Stretch]:
        return second_ear.stretches(self._energies.end())


def _listened(sound: Sound) -> Mapping[Side, _Ear]:
    ears = {side: _Ear() for side in SIDES}
    for block in blocks(sound):
        for column, side in enumerate(SIDES):
            ears[side].push(np.ascontiguousarray(block[:, column]))
    return ears


def unknown(pieces: list[Piece], side: Side) -> list[Span]:
    """Where nobody knows whether a side sounds: what was lost for a reason, paused, or redacted."""
    return [_ms(piece.start, piece.end) for piece in pieces if piece.side == side and piece.hole is not None]


def _ms(start: int, end: int) -> Span:
    return start * 1000 / RATE, end * 1000 / RATE
