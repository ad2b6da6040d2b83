"""Finds the end of speech to 10 ms, where a detector with long frames goes on for some 70 ms after it.

A neural detector remembers: it calls the first silent frames speech. So, once a turn runs, a stretch of 10
ms counts as speech only when the detector says so *and* it is not far below the level of this speaker. In
noise the level never falls that far, and the detector decides alone.
"""

from __future__ import annotations

import numpy as np

from voice_widget.engine.stages.contracts import Pcm

_STEP_MS = 10
_BELOW = 0.02  # 34 dB under the loudest
_LEAST = 20.0
_DECAY = 0.5 ** (1 / 300)  # per step: the loudest counts half after 3 s


class Sharpener:
    """Cuts the frames of a detector into steps of 10 ms with a probability each.

    Args:
        sample_rate: Of the frames.

    Example:
        >>> frame = np.array([3000, -3000] * 160 + [0] * 320, np.int16)
        >>> [p for p, _, _ in Sharpener(16000)(0.9, frame, 0.0)]
        [0.9, 0.9, 0.0, 0.0]
    """

    def __init__(self, sample_rate: int) -> None:
        self._step = sample_rate * _STEP_MS // 1000
        self._loudest = 0.0

    def __call__(self, likely: float, frame: Pcm, start_ms: float) -> list[tuple[float, float, float]]:
        """(probability, start, end) of each step of the frame."""
        per_sample = _STEP_MS / self._step
        steps: list[tuple[float, float, float]] = []
        for at in range(0, len(frame), self._step):
            step = frame[at : at + self._step]
            level = _level(step)
            self._loudest *= _DECAY
            if likely >= 0.5:
                self._loudest = max(self._loudest, level)
            silent = level < self._floor
            begins = start_ms + at * per_sample
            steps.append((0.0 if silent else likely, begins, begins + len(step) * per_sample))
        return steps

    def silent(self, frame: Pcm) -> bool:
        """Whether a frame is far below the level of this speaker; before there was one, nearly nothing."""
        return _level(frame) < self._floor

    @property
    def _floor(self) -> float:
        return max(self._loudest * _BELOW, _LEAST)


def _level(pcm: Pcm) -> float:
    samples = pcm.astype(np.float32)
    return float(np.sqrt(np.dot(samples, samples) / max(len(samples), 1)))
