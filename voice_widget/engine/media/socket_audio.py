"""Audio as events: what ``input_audio_buffer.append`` and ``response.output_audio.delta`` carry."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from voice_widget.engine.conversation.actions import AppendAudio, Speak
from voice_widget.errors import ProtocolError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.sound.g711 import RATE as TELEPHONE_RATE
from voice_widget.realtime.sound.g711 import Telephone, decode
from voice_widget.realtime.wire.events import Event, new_id

RATE = 24_000
CHUNK_MS = 100
"""Longest piece in one delta."""


class SocketAudio:
    """The audio of one session socket, both ways. Its clock is the audio that was appended."""

    def __init__(self) -> None:
        self._appended = 0
        self._rest = b""
        self._telephone: Telephone | None = None

    @property
    def ms(self) -> float:
        """The audio clock."""
        return self._appended * 1000 / RATE

    def take(self, action: AppendAudio, config: SessionConfig) -> tuple[bytes, int, float]:
        """PCM16, its sample rate, and the clock of its first sample.

        Raises:
            ProtocolError: It is not base64.
        """
        try:
            data = base64.b64decode(action.audio, validate=True)
        except (binascii.Error, ValueError):
            raise ProtocolError("`audio` is not base64.", code="invalid_value", param="audio") from None
        at_ms, rate = self.ms, RATE
        form = (config.input_format or {}).get("type", "audio/pcm")
        if form == "audio/pcm":
            # A sample may be cut in two by where the sender cut its stream.
            data = self._rest + data
            whole = len(data) // 2 * 2
            data, self._rest = data[:whole], data[whole:]
        else:
            data, rate = decode(data, form), TELEPHONE_RATE
        # Counted at one rate, so that the clock keeps its pace when the format changes.
        self._appended += len(data) // 2 * (RATE // rate)
        return data, rate, at_ms

    def deltas(self, speak: Speak, pcm: bytes) -> Iterator[Event]:
        """The events that bring this piece of speech (PCM16 at 24 kHz)."""
        form = speak.output_format
        step = RATE * 2 * CHUNK_MS // 1000
        if form != "audio/pcm":
            if self._telephone is None or self._telephone.form != form:
                self._telephone = Telephone(form, RATE)
            pcm, step = self._telephone(pcm), TELEPHONE_RATE * CHUNK_MS // 1000
        for start in range(0, len(pcm), step):
            yield {
                "type": "response.output_audio.delta",
                "event_id": new_id("event"),
                "response_id": speak.response_id,
                "item_id": speak.item_id,
                "output_index": speak.output_index,
                "content_index": 0,
                "delta": base64.b64encode(pcm[start : start + step]).decode("ascii"),
            }
