"""What callers say: PCM16 mono at 48 kHz."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE = 48_000

Pcm = NDArray[np.int16]


def tone(ms: float, hertz: float = 300, level: int = 12_000) -> Pcm:
    """A tone."""
    t = np.arange(int(ms * RATE / 1000)) / RATE
    return (level * np.sin(2 * np.pi * hertz * t)).astype(np.int16)


def quiet(ms: float) -> Pcm:
    """Silence."""
    return np.zeros(int(ms * RATE / 1000), np.int16)


def room(ms: float, level: float = 25) -> Pcm:
    """A quiet room: white noise at -62 dB, below every threshold."""
    return (np.random.default_rng(1).standard_normal(int(ms * RATE / 1000)) * level).astype(np.int16)


@cache
def speech(text: str, voice: str = "en-us") -> Pcm:
    """Speech that begins and ends with a voiced sample, so that it is beyond doubt when it did."""
    from voice_widget.engine.stages.voices.espeak import EspeakTts

    chunks = list(EspeakTts().synthesize(text, voice=voice))
    pcm = np.frombuffer(b"".join(chunk.pcm for chunk in chunks), np.int16).astype(float)
    pcm *= 16_000 / np.max(np.abs(pcm))
    loud = np.flatnonzero(np.abs(pcm) > 1_000)
    pcm = pcm[loud[0] : loud[-1] + 1]
    positions = np.arange(0, len(pcm) - 1, chunks[0].sample_rate / RATE)
    samples: Pcm = np.interp(positions, np.arange(len(pcm)), pcm).astype(np.int16)
    return samples


def join(parts: Iterable[Pcm]) -> Pcm:
    """One after the other."""
    return np.concatenate(list(parts))
