"""Speech by loudness alone: needs nothing, reacts within 10 ms, good in quiet rooms and for measuring."""

from __future__ import annotations

import numpy as np

from voice_widget.engine.stages.contracts import Pcm

_ABOVE = 4.0  # 12 dB over the noise floor
_LEAST = 120.0  # about -49 dBFS: below this nothing is speech
_LOWEST = 10.0
_RISE_SILENT = 10 ** (12 / 20 / 100)  # 12 dB per second, in frames of 10 ms
# Slow while voiced: a held tone must not become the floor, a fan that starts must, in time.
_RISE_VOICED = 10 ** (2 / 20 / 100)


class LevelVad:
    """A level gate over an adaptive noise floor: 1.0 when the frame is loud, else 0.0."""

    sample_rate = 16000
    frame_samples = 160

    def __init__(self) -> None:
        self._floor = _LOWEST

    def __call__(self, frame: Pcm) -> float:
        """Whether the frame stands out of the noise."""
        samples = frame.astype(np.float32)
        level = float(np.sqrt(np.dot(samples, samples) / max(len(samples), 1)))
        voiced = level >= max(_LEAST, self._floor * _ABOVE)
        if level < self._floor:
            self._floor = max(level, _LOWEST)
        else:
            self._floor = min(self._floor * (_RISE_VOICED if voiced else _RISE_SILENT), max(level, _LOWEST))
        return 1.0 if voiced else 0.0

    def reset(self) -> None:
        """Forget the noise floor."""
        self._floor = _LOWEST
