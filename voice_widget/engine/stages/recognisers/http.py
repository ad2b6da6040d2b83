"""Speech recognition behind an OpenAI-compatible ``/audio/transcriptions``, asked once for each utterance."""

from __future__ import annotations

import io
import json
import math
import secrets
import wave
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

from voice_widget.engine.stages.contracts import Hints, Pcm, Transcript
from voice_widget.engine.stages.http_service import HttpService
from voice_widget.engine.stages.languages import base
from voice_widget.engine.stages.recognisers.batch import RATE, BatchSession
from voice_widget.engine.stages.recognisers.expected_words import prompt
from voice_widget.engine.stages.recognisers.invented import silent
from voice_widget.errors import EngineError, shown

_TIMEOUT_S = 30.0
_MOST_BYTES = 1 << 20
_PAUSE_MS = 250.0  # each pause is a request that may cost money


class Transcriptions:
    """Asks a service what was said.

    Args:
        base_url: Where it is, up to ``/audio/transcriptions``: ``"http://localhost:8000/v1"``.
        model: Which model listens.
        language: What is spoken; else the hints say it, but of English the service is told nothing: that is
            what is expected where nobody says what is spoken, and it may find out.
        api_key_env: The environment variable that holds the key, if it wants one.
        api_key: The key itself.
        timeout_s: For how long it may send nothing.
        fields: Further fields of each request, such as ``{"temperature": 0}``.
        hints: Whether the names that the agent expects to hear go along as the prompt. They are those in your
            data, and the service may be anybody's: without this they stay here.

    Raises:
        SettingError: The address is none of http or https, or the variable is not set.
    """

    languages: tuple[str, ...] = ()

    def __init__(
        self,
        base_url: str,
        *,
        model: str = "whisper-1",
        language: str | None = None,
        api_key_env: str | None = None,
        api_key: str | None = None,
        timeout_s: float = _TIMEOUT_S,
        fields: Mapping[str, Any] | None = None,
        hints: bool = False,
    ) -> None:
        self._hints = hints
        self._service = HttpService(
            "The recogniser",
            base_url,
            "/audio/transcriptions",
            api_key_env=api_key_env,
            api_key=api_key,
            timeout_s=timeout_s,
        )
        self._fields = {
            "model": model,
            "response_format": "json",
            **({"language": language} if language else {}),
            **(fields or {}),
        }

    def session(self) -> BatchSession:
        """A recogniser for one session, without partials."""
        return BatchSession(self.recognise, pause_ms=_PAUSE_MS, partial_s=math.inf)

    def recognise(self, sound: Pcm, hints: Hints, draft: bool = False) -> Transcript:
        """The text of a piece of sound of 16 kHz.

        Raises:
            EngineError: The service cannot be reached, refuses, or answers something else.
        """
        if silent(sound):
            return Transcript("")
        expected = prompt(hints) if self._hints else ""
        spoken = base(hints.language) or "en"
        kind, body = multipart(
            {
                **({"prompt": expected} if expected else {}),
                **({} if spoken == "en" else {"language": spoken}),
                **self._fields,
            },
            _wave(sound),
            secrets.token_hex(16),
        )
        try:
            with self._service.ask(body, {"Content-Type": kind, "Accept": "application/json"}) as response:
                answer = response.read(_MOST_BYTES)
        except (OSError, HTTPException) as error:
            raise self._service.lost(error) from error
        return Transcript(self._text(answer))

    def _text(self, answer: bytes) -> str:
        try:
            value = json.loads(answer)
        except ValueError:
            value = None
        text = value.get("text") if isinstance(value, dict) else None
        if not isinstance(text, str):
            raise EngineError(
                f"{self._service.name} sent no text: {shown(answer[:80], 80)}.",
                next_step="Check that it is compatible with OpenAI's /audio/transcriptions.",
            )
        return " ".join(text.split())


def multipart(fields: Mapping[str, Any], sound: bytes, boundary: str) -> tuple[str, bytes]:
    """A form with these fields and a WAV file: its content type and its bytes."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="speech.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    )
    return (
        f"multipart/form-data; boundary={boundary}",
        b"".join((*parts, head.encode(), sound, f"\r\n--{boundary}--\r\n".encode())),
    )


def _wave(sound: Pcm) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(sound.astype("<i2").tobytes())
    return file.getvalue()
