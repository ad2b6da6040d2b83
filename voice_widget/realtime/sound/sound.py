"""A session's sound as its events carry it: base64 of PCM16, or of the telephone's codes, both ways. Pure.

On our side it is always PCM16 mono at 24 kHz.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.sound.formats import PCM, RATE, TELEPHONE, Formats

if TYPE_CHECKING:
    from voice_widget.realtime.sound.g711 import Telephone
    from voice_widget.realtime.sound.resampling import Resampler

__all__ = ["PCM", "RATE", "TELEPHONE", "Sound"]

Event = dict[str, Any]


class Sound:
    """Makes events of samples and samples of events, in the formats of one session.

    Args:
        config: The settings that the session begins with.

    Example:
        >>> sound = Sound(SessionConfig())
        >>> sound.append(bytes(4))
        {'type': 'input_audio_buffer.append', 'audio': 'AAAAAA=='}
    """

    def __init__(self, config: SessionConfig) -> None:
        self._formats = Formats()
        self._formats.asked(config.session())
        self._telephone: Telephone | None = None
        self._thinner: Resampler | None = None
        self._item = ""
        self._rest = b""  # half a sample
        self._resampler: Resampler | None = None

    def settled(self, event: Mapping[str, Any]) -> None:
        """``session.updated``: the service says which formats are in force."""
        self._formats.shown(event.get("session"))

    def begins(self, event: Mapping[str, Any]) -> None:
        """``response.created``: it may have a format of its own."""
        self._formats.begins(event.get("response"))

    def append(self, pcm: bytes) -> Event:
        """The event that brings the caller's next samples."""
        if self._formats.input.kind != PCM:
            # Here: it brings numpy, which few sessions need.
            from voice_widget.realtime.sound.g711 import Telephone

            if self._telephone is None or self._telephone.form != self._formats.input.kind:
                self._telephone = Telephone(self._formats.input.kind, RATE)
            pcm = self._telephone(pcm)
        elif self._formats.input.rate != RATE:
            from voice_widget.realtime.sound.resampling import Resampler

            if self._thinner is None or self._thinner.target != self._formats.input.rate:
                self._thinner = Resampler(RATE, self._formats.input.rate)
            pcm = _resampled(pcm, self._thinner)
        return {"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm).decode("ascii")}

    def samples(self, delta: Mapping[str, Any]) -> bytes:
        """The sound of a ``response.output_audio.delta``; nothing of one that cannot be read."""
        if "output" in self._formats.unknown:
            return b""  # as noise it would hurt
        try:
            data = base64.b64decode(delta.get("delta") or "", validate=True)
        except (binascii.Error, ValueError):
            return b""
        if self._item != delta.get("item_id"):
            self._item, self._rest, self._resampler = str(delta.get("item_id")), b"", None
        if self._formats.output.kind == PCM:
            # A sample may be cut in two by where the service cut its stream.
            data = self._rest + data
            whole = len(data) // 2 * 2
            data, self._rest = data[:whole], data[whole:]
            if self._formats.output.rate == RATE:
                return data
        else:
            from voice_widget.realtime.sound.g711 import decode

            data = decode(data, self._formats.output.kind)
        from voice_widget.realtime.sound.resampling import Resampler

        if self._resampler is None or self._resampler.source != self._formats.output.rate:
            self._resampler = Resampler(self._formats.output.rate, RATE, in_time=True)
        return _resampled(data, self._resampler)

    def rest(self, done: Mapping[str, Any]) -> bytes:
        """What is held back of the sound that ends with a ``response.output_audio.done``."""
        if self._resampler is None or self._item != done.get("item_id"):
            return b""
        pcm, self._resampler = self._resampler.flush(), None
        return bytes(pcm.astype("<i2").tobytes())


def _resampled(pcm: bytes, resampler: Resampler) -> bytes:
    import numpy as np

    return bytes(resampler(np.frombuffer(pcm, "<i2").astype(np.int16)).astype("<i2").tobytes())
