"""The telephone's formats, ``audio/pcmu`` and ``audio/pcma`` (8 kHz, one byte a sample)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voice_widget.realtime.sound.resampling import Resampler

RATE = 8_000


def _expanded(form: str) -> NDArray[np.int16]:
    """The sample that each of the 256 codes stands for (ITU-T G.711)."""
    codes = np.arange(256)
    if form == "audio/pcmu":
        codes = ~codes & 0xFF
        exponent, mantissa = codes >> 4 & 7, codes & 15
        size = (((mantissa << 3) + 0x84) << exponent) - 0x84
        sign = np.where(codes & 0x80, -1, 1)
    else:
        codes = codes ^ 0x55
        exponent, mantissa = codes >> 4 & 7, codes & 15
        low = (mantissa << 4) + 8
        size = np.where(exponent, (low + 0x100) << np.maximum(exponent - 1, 0), low)
        sign = np.where(codes & 0x80, 1, -1)
    samples: NDArray[np.int16] = (sign * size).astype(np.int16)
    return samples


_TABLES = {form: _expanded(form) for form in ("audio/pcmu", "audio/pcma")}


def _nearest(form: str) -> NDArray[np.uint8]:
    """The code nearest to each of the 65,536 samples."""
    table = _TABLES[form].astype(int)
    order = np.argsort(table, kind="stable")
    between = (table[order][1:] + table[order][:-1]) / 2
    codes: NDArray[np.uint8] = order[np.searchsorted(between, np.arange(-32768, 32768))].astype(np.uint8)
    return codes


class Telephone:
    """Codes a session's speech, piece by piece.

    Args:
        form: ``audio/pcmu`` or ``audio/pcma``.
        rate: Samples per second of what comes in.
    """

    def __init__(self, form: str, rate: int = 24_000) -> None:
        self.form = form
        self._codes = _nearest(form)
        self._resample = Resampler(rate, RATE)

    def __call__(self, pcm: bytes) -> bytes:
        """The codes of this PCM16."""
        samples = self._resample(np.frombuffer(pcm, "<i2").astype(np.int16))
        codes: NDArray[np.uint8] = self._codes[samples.astype(int) + 32768]
        return codes.tobytes()


def decode(data: bytes, form: str) -> bytes:
    r"""PCM16 at 8 kHz of these codes.

    Example:
        >>> decode(b"\xff\x7f", "audio/pcmu").hex()
        '00000000'
    """
    samples: NDArray[np.int16] = _TABLES[form][np.frombuffer(data, np.uint8)]
    return samples.astype("<i2").tobytes()
