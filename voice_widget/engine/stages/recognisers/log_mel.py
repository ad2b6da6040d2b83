"""Log-mel features as Whisper and what came after it expect them: 80 bands of 16 kHz sound, 100 a second.

Pure. Windows of 25 ms (Hann), bands on the Slaney scale, 80 dB of range under the loudest.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
BANDS = 80
WINDOW = 400
HOP = 160

Floats = NDArray[np.float32]

_RANGE = 8.0  # powers of ten under the loudest
_LEAST = 1e-10
# The scale is linear below 1,000 Hz (15 mel) and logarithmic above: 27 steps for a factor of 6.4.
_KNEE_HZ, _KNEE_MEL, _STEPS = 1000.0, 15.0, 27 / np.log(6.4)


def band_powers(sound: Floats, hop: int = HOP) -> Floats:
    """The power in each band, for windows around every ``hop``-th sample: (bands, windows).

    Args:
        sound: Samples from -1 to 1.
        hop: Fewer samples than 160 make the sound slower, at the same pitch.

    Example:
        >>> powers = band_powers(np.sin(np.arange(1600, dtype=np.float32) * 2 * np.pi * 1000 / RATE))
        >>> powers.shape, int(powers[:, 5].argmax())
        ((80, 10), 26)
    """
    reach = WINDOW // 2
    padded = np.pad(sound.astype(np.float32), reach, mode="reflect" if len(sound) > reach else "constant")
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::hop][: len(sound) // hop]
    spectrum = np.abs(np.fft.rfft(windows * _hann(), axis=1)) ** 2
    powers: Floats = _filters() @ spectrum.T.astype(np.float32)
    return powers


def without_noise(powers: Floats, factor: float = 2.0, floor: float = 0.05) -> Floats:
    """Take away what is there all the time: the level that each band has in its quieter windows.

    Args:
        powers: Of the bands.
        factor: How often the noise is subtracted.
        floor: So much of the power stays in any case; holes would sound like something.
    """
    if not powers.shape[1]:
        return powers
    noise = np.percentile(powers, 15, axis=1, keepdims=True).astype(np.float32)
    less: Floats = np.maximum(powers - factor * noise, floor * powers)
    return less


def scaled(powers: Floats, windows: int) -> Floats:
    """The features of so many windows, silence after the sound included: about -1 to 1."""
    padded = np.pad(powers[:, :windows], ((0, 0), (0, max(0, windows - powers.shape[1]))))
    logs = np.log10(np.maximum(padded, _LEAST))
    features: Floats = ((np.maximum(logs, logs.max() - _RANGE) + 4.0) / 4.0).astype(np.float32)
    return features


@cache
def _hann() -> Floats:
    window: Floats = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
    return window


@cache
def _filters() -> Floats:
    """Triangles from the middle of each band to those of its neighbours, all of the same area."""
    top = _KNEE_MEL + np.log(RATE / 2 / _KNEE_HZ) * _STEPS
    mels = np.linspace(0, top, BANDS + 2)
    above = _KNEE_HZ * np.exp((mels - _KNEE_MEL) / _STEPS)
    edges = np.where(mels < _KNEE_MEL, mels * _KNEE_HZ / _KNEE_MEL, above)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    hertz = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    rising, falling = (hertz - low) / (middle - low), (high - hertz) / (high - middle)
    triangles = np.maximum(0, np.minimum(rising, falling))
    filters: Floats = (triangles * 2 / (high - low)).astype(np.float32)
    return filters
