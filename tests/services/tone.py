"""Sound that the level gate takes for speech, and a window that is soon over."""

from __future__ import annotations

import numpy as np

QUICK = {"type": "server_vad", "silence_duration_ms": 200}


def tone(seconds: float = 1.0) -> bytes:
    """Somebody speaks, as far as the level gate can tell."""
    wave = np.sin(np.arange(int(24_000 * seconds)) * 2 * np.pi * 300 / 24_000)
    return bytes((wave * 9000).astype("<i2").tobytes())
