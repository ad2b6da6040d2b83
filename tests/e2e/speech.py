"""Spoken WAV files for Chromium's microphone: several voices, clean and with noise."""

from __future__ import annotations

import shutil
import subprocess
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
Samples = NDArray[np.float64]


def say(text: str, voice: str, folder: Path) -> Samples:
    """The speech of ``text`` at 48 kHz, by ``flite:NAME`` or ``espeak:NAME``."""
    engine, name = voice.split(":")
    path = folder / "said.wav"
    if engine == "flite" and shutil.which("flite"):
        subprocess.run(["flite", "-voice", name, "-t", text, "-o", str(path)], check=True)
        with wave.open(str(path)) as file:
            rate = file.getframerate()
            pcm = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float64)
    else:
        from voice_widget.engine.stages.voices.espeak import EspeakTts

        chunks = list(EspeakTts().synthesize(text, voice=name if engine == "espeak" else "en-us"))
        rate = chunks[0].sample_rate
        pcm = np.frombuffer(b"".join(c.pcm for c in chunks), np.int16).astype(np.float64)
    positions = np.arange(0, len(pcm) - 1, rate / RATE)
    samples = np.interp(positions, np.arange(len(pcm)), pcm)
    loud: Samples = samples / np.max(np.abs(samples)) * 16_000
    return loud


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE))


def noisy(samples: Samples, snr_db: float) -> Samples:
    """The same with pink-ish noise under it, ``snr_db`` below the speech."""
    rng = np.random.default_rng(7)
    white = np.fft.rfft(rng.standard_normal(len(samples)))
    pink = np.fft.irfft(white / np.sqrt(np.arange(1, len(white) + 1)), len(samples))
    voiced = samples[np.abs(samples) > 500]
    noise: Samples = pink / np.std(pink) * np.std(voiced) / 10 ** (snr_db / 20)
    return samples + noise


def write(path: Path, parts: Sequence[Samples]) -> Path:
    """Write the parts one after another, in place: Chromium opens the file at each ``getUserMedia``."""
    pcm = np.clip(np.concatenate(list(parts)), -32_768, 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm.tobytes())
    return path


def join(*parts: Samples) -> Samples:
    """The parts one after another."""
    return np.concatenate(parts)
