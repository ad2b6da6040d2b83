"""The speech stages, their contracts and the process in which they run.

Voice activity, recognition, synthesis, turns and what to expect belong here. Sessions and sockets
do not. Who writes a stage of their own imports the contracts from here.
"""

from __future__ import annotations

from voice_widget.engine.stages.contracts import STT, TTS, VAD, AudioChunk, Hints, Pcm, Transcript, Word

__all__ = ["STT", "TTS", "VAD", "AudioChunk", "Hints", "Pcm", "Transcript", "Word"]
