"""How far each side's sound goes up and down, in steps of 10 ms and coarser ones: for a picture of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.sound import Sound, blocks

Level = NDArray[np.int8]  # steps, sides (the user, the assistant), lowest and highest
STEP_MS = 10
COARSER = 4
MOST_STEPS = 20_000
LATE_STEPS = 1000  # of the last ten seconds some may still come
STEP = RATE * STEP_MS // 1000
BLOCK = 3000 * STEP


def envelope(sound: Sound, known: Level | None = None, most: int | None = None) -> list[Level]:
    """The finest level, and coarser ones, each of a fourth of the steps, until one has few.

    It reads the sound once, half a minute at a time. Of 16 bits the upper eight are kept.

    Args:
        sound: Both sides' samples.
        known: Its finest level as it was before it became longer: all but the end of that is taken over.
        most: So many steps are few; None: 20,000.

    Returns:
        Levels, the finest first; each of the shape (steps, sides, 2): the lowest and the highest value, from
        -128 to 127. The last step may be shorter than the others.
    """
    old = np.zeros((0, 2, 2), np.int8) if known is None else known[: max(0, len(known) - LATE_STEPS)]
    new = [steps(block) for block in blocks(sound, BLOCK, len(old) * STEP)]
    return levels_of(np.concatenate([old, *new]), most)


def levels_of(finest: Level, most: int | None = None) -> list[Level]:
    """A finest level and coarser ones, until one has no more steps than ``most``."""
    levels = [finest]
    while len(levels[-1]) > (most or MOST_STEPS):
        levels.append(coarser(levels[-1]))
    return levels


def coarser(level: Level) -> Level:
    """A level of a fourth of the steps.

    Example:
        >>> level = np.array([[[-1, 1], [0, 0]], [[-3, 0], [0, 9]]], np.int8)
        >>> coarser(level).tolist()
        [[[-3, 1], [0, 9]]]
    """
    starts = np.arange(0, len(level), COARSER)
    low = np.minimum.reduceat(level[:, :, 0], starts, axis=0)
    high = np.maximum.reduceat(level[:, :, 1], starts, axis=0)
    return np.stack([low, high], axis=2)


def step_ms(number: int) -> int:
    """How long a step of a level is.

    Example:
        >>> [step_ms(number) for number in range(3)]
        [10, 40, 160]
    """
    return STEP_MS * int(COARSER**number)


def steps(block: NDArray[np.int16]) -> Level:
    """The finest level of some sound, which begins with a step."""
    starts = np.arange(0, len(block), STEP)
    low = np.minimum.reduceat(block, starts, axis=0)
    high = np.maximum.reduceat(block, starts, axis=0)
    return (np.stack([low, high], axis=2) >> 8).astype(np.int8)
