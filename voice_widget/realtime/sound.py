"""A session's sound as its events carry it: base64 of PCM16, or of the telephone's codes, both ways. Pure.

On our side it is always PCM16 mono at 24 kHz.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from voice_widget.realtime.playout import delta_ms
from voice_widget.realtime.settings import SessionConfig

if TYPE_CHECKING:
    from voice_widget.realtime.g711 import Telephone
    from voice_widget.realtime.resampling import Resampler

Event = dict[str, Any]
RATE = 24_000
PCM = "audio/pcm"
TELEPHONE = ("audio/pcmu", "audio/pcma")


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
        self._input, self._output = PCM, PCM
        self._read({"input": {"format": config.input_format}, "output": {"format": config.output_format}})
        self._telephone: Telephone | None = None
        self._item = ""
        self._rest = b""  # half a sample
        self._resampler: Resampler | None = None

    def settled(self, event: Mapping[str, Any]) -> None:
        """``session.updated``: the service says which formats are in force."""
        session = event.get("session")
        self._read(session.get("audio") if isinstance(session, Mapping) else None)

    def append(self, pcm: bytes) -> Event:
        """The event that brings the caller's next samples."""
        if self._input != PCM:
            from voice_widget.realtime.g711 import Telephone  # here: it brings numpy, which few sessions need

            if self._telephone is None or self._telephone.form != self._input:
                self._telephone = Telephone(self._input, RATE)
            pcm = self._telephone(pcm)
        return {"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm).decode("ascii")}

    def length_ms(self, delta: Mapping[str, Any]) -> float:
        """How long the sound of a ``response.output_audio.delta`` is."""
        return delta_ms(delta, 48.0 if self._output == PCM else 8.0)

    def samples(self, delta: Mapping[str, Any]) -> bytes:
        """The sound of a ``response.output_audio.delta``; nothing of one that is no base64."""
        try:
            data = base64.b64decode(delta["delta"], validate=True)
        except (binascii.Error, ValueError):
            return b""
        if self._item != delta.get("item_id"):
            self._item, self._rest, self._resampler = str(delta.get("item_id")), b"", None
        if self._output == PCM:
            # A sample may be cut in two by where the service cut its stream.
            data = self._rest + data
            whole = len(data) // 2 * 2
            data, self._rest = data[:whole], data[whole:]
            return data
        import numpy as np

        from voice_widget.realtime.g711 import RATE as TELEPHONE_RATE
        from voice_widget.realtime.g711 import decode
        from voice_widget.realtime.resampling import Resampler

        if self._resampler is None:
            self._resampler = Resampler(TELEPHONE_RATE, RATE)
        narrow = np.frombuffer(decode(data, self._output), "<i2").astype(np.int16)
        return bytes(self._resampler(narrow).astype("<i2").tobytes())

    def _read(self, audio: Any) -> None:
        self._input = _form(audio, "input") or self._input
        self._output = _form(audio, "output") or self._output


def _form(audio: Any, side: str) -> str | None:
    for step in (side, "format", "type"):
        audio = audio.get(step) if isinstance(audio, Mapping) else None
    return audio if audio in (PCM, *TELEPHONE) else None
