"""Spoken test material, made by the package's own voice, so that no program of the system is needed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from voice_widget.engine.stages.contracts import Hints, Pcm
from voice_widget.engine.stages.voices.espeak import EspeakTts
from voice_widget.realtime.sound.resampling import Resampler

NUMBERS = ("total bill", "tip", "size")
GROUPS = ("sex", "smoker", "day", "time")
PHRASES = (
    *(
        f"what is the {a} {n} by {g}"
        for a in ("average", "highest", "lowest")
        for n in NUMBERS
        for g in GROUPS
    ),
    *(f"what is the {a} of {n}" for a in ("mean", "sum", "median") for n in NUMBERS),
    *(f"{verb} {n}" for verb in ("sort by", "describe", "plot") for n in (*NUMBERS, *GROUPS)),
    *("how many rows are there", "what columns are there", "show me the first ten rows", "what can you do"),
    "how many values are missing",
)
HINTS = Hints(PHRASES, (*NUMBERS, *GROUPS))


def noise(milliseconds: float, level: float = 30.0, rate: int = 16000) -> Pcm:
    """White noise, the same each time."""
    samples = np.random.default_rng(1).normal(0, level, round(milliseconds * rate / 1000))
    return np.clip(samples, -32768, 32767).astype(np.int16)


@lru_cache(maxsize=64)
def say(text: str, voice: str = "en-us", rate: int = 16000) -> Pcm:
    """The speech alone, without silence around it."""
    pcm = np.frombuffer(b"".join(c.pcm for c in EspeakTts().synthesize(text, voice=voice)), np.int16)
    return Resampler(24000, rate)(pcm)


def in_a_room(*parts: Pcm, lead_ms: float = 500, tail_ms: float = 1000, rate: int = 16000) -> Pcm:
    """Speech with quiet before and after, over a noise floor of 30 LSB."""
    pcm = np.concatenate([noise(lead_ms, 0, rate), *parts, noise(tail_ms, 0, rate)]).astype(np.int32)
    return np.clip(pcm + noise(len(pcm) * 1000 / rate, 30, rate)[: len(pcm)], -32768, 32767).astype(np.int16)
