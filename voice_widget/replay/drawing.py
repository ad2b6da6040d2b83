"""The picture of a long sound, made a stretch at a time: to read all of it first would take seconds."""

from __future__ import annotations

import time

import numpy as np

from voice_widget.recording.sound import Sound
from voice_widget.replay.envelope import BLOCK, STEP, Level, levels_of, steps

WORK_S = 0.2
"""So long it works before something else may be done, in seconds."""


class Drawing:
    """How far each side's sound goes up and down, as far as that is known.

    Args:
        sound: Both sides' samples.

    Attributes:
        levels: As `envelope` gives them; where it has not come to yet there is silence.
    """

    def __init__(self, sound: Sound) -> None:
        self._sound, self._read = sound, 0
        self._finest: Level = np.zeros((-(-sound.samples // STEP), 2, 2), np.int8)
        self.levels = levels_of(self._finest)

    @property
    def share(self) -> float:
        """So much of it is known, of 1."""
        return self._read / self._sound.samples

    def go_on(self) -> None:
        """Read on for a moment, and half a minute of the sound at least.

        Raises:
            RecordingError: The sound cannot be read any more.
        """
        until = time.monotonic() + WORK_S
        while self._read < self._sound.samples:
            stop = min(self._read + BLOCK, self._sound.samples)
            found = steps(self._sound.read(self._read, stop))
            first = self._read // STEP
            self._finest[first : first + len(found)] = found
            self._read = stop
            if time.monotonic() >= until:
                break
        self.levels = levels_of(self._finest)
