"""A session's sound as its events carry it: base64 of PCM16, or of the telephone's codes, both ways. Pure.

On our side it is always PCM16 mono at 24 kHz.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from voice_widget.realtime.formats import PCM, PLAIN, RATE, TELEPHONE, Format, format_of, unknown_format
from voice_widget.realtime.playout import delta_ms
from voice_widget.realtime.settings import SessionConfig

if TYPE_CHECKING:
    from voice_widget.realtime.g711 import Telephone
    from voice_widget.realtime.resampling import Resampler

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
        self._input = self._output = PLAIN
        self._unknown = False  # the answers come in a format that we cannot read
        self._read({"input": {"format": config.input_format}, "output": {"format": config.output_format}})
        self._telephone: Telephone | None = None
        self._thinner: Resampler | None = None
        self._item = ""
        self._rest = b""  # half a sample
        self._resampler: Resampler | None = None

    def settled(self, event: Mapping[str, Any]) -> None:
        """``session.updated``: the service says which formats are in force."""
        session = event.get("session")
        self._read(session.get("audio") if isinstance(session, Mapping) else None)

    def append(self, pcm: bytes) -> Event:
        """The event that brings the caller's next samples."""
        if self._input.kind != PCM:
            from voice_widget.realtime.g711 import Telephone  # here: it brings numpy, which few sessions need

            if self._telephone is None or self._telephone.form != self._input.kind:
                self._telephone = Telephone(self._input.kind, RATE)
            pcm = self._telephone(pcm)
        elif self._input.rate != RATE:
            from voice_widget.realtime.resampling import Resampler

            if self._thinner is None or self._thinner.target != self._input.rate:
                self._thinner = Resampler(RATE, self._input.rate)
            pcm = _resampled(pcm, self._thinner)
        return {"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm).decode("ascii")}

    def length_ms(self, delta: Mapping[str, Any]) -> float:
        """How long the sound of a ``response.output_audio.delta`` is."""
        return 0.0 if self._unknown else delta_ms(delta, self._output.bytes_per_ms)

    def samples(self, delta: Mapping[str, Any]) -> bytes:
        """The sound of a ``response.output_audio.delta``; nothing of one that cannot be read."""
        if self._unknown:
            return b""  # as noise it would hurt
        try:
            data = base64.b64decode(delta.get("delta") or "", validate=True)
        except (binascii.Error, ValueError):
            return b""
        if self._item != delta.get("item_id"):
            self._item, self._rest, self._resampler = str(delta.get("item_id")), b"", None
        if self._output.kind == PCM:
            # A sample may be cut in two by where the service cut its stream.
            data = self._rest + data
            whole = len(data) // 2 * 2
            data, self._rest = data[:whole], data[whole:]
            if self._output.rate == RATE:
                return data
        else:
            from voice_widget.realtime.g711 import decode

            data = decode(data, self._output.kind)
        from voice_widget.realtime.resampling import Resampler

        if self._resampler is None:
            self._resampler = Resampler(self._output.rate, RATE)
        return _resampled(data, self._resampler)

    def _read(self, audio: Any) -> None:
        self._input = format_of(audio, "input") or self._input
        told: Format | None = format_of(audio, "output")
        if told is not None and told != self._output:
            self._output, self._resampler = told, None
        self._unknown = told is None and (self._unknown or bool(unknown_format(audio, "output")))


def _resampled(pcm: bytes, resampler: Resampler) -> bytes:
    import numpy as np

    return bytes(resampler(np.frombuffer(pcm, "<i2").astype(np.int16)).astype("<i2").tobytes())
