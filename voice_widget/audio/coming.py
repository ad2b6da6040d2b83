"""The sound that was taken to be played and was not played yet."""

from __future__ import annotations

from voice_widget.realtime.sound.formats import RATE


class Coming:
    """PCM16 at 24 kHz, for an answer that is to sound when the one before it was cut.

    Example:
        >>> coming = Coming()
        >>> coming.add(bytes(480))
        >>> len(coming.keep(4.0))
        192
    """

    def __init__(self) -> None:
        self._pcm = bytearray()

    def add(self, pcm: bytes) -> None:
        """This comes after what came before."""
        self._pcm += pcm

    def keep(self, pending_ms: float) -> bytes:
        """Only so many milliseconds, the last, are still to be played; gives them."""
        del self._pcm[: max(0, len(self._pcm) - 2 * round(pending_ms * RATE / 1000))]
        return bytes(self._pcm)
