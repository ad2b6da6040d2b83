"""Speech recognition behind an OpenAI-compatible ``/audio/transcriptions``, asked once for each utterance."""

from __future__ import annotations

import io
import json
import math
import os
import secrets
import urllib.error
import urllib.request
import wave
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from voice_widget.engine.stages.contracts import Hints, Pcm, Transcript
from voice_widget.engine.stages.expected_words import prompt
from voice_widget.engine.stages.invented import silent
from voice_widget.engine.stages.stt_batch import RATE, BatchSession
from voice_widget.errors import EngineError, SettingError, reason, shown

_TIMEOUT_S = 30.0
_MOST_BYTES = 1 << 20
_MOST_TOLD = 200
_PAUSE_MS = 250.0  # each pause is a request that may cost money
_NEXT = {
    401: "Check the key.",
    403: "Check what the key may do.",
    404: "Check the address: it ends before /audio/transcriptions, mostly in /v1. Check the model.",
    413: "Speak shorter sentences.",
    429: "Wait, or ask for a higher limit.",
}


class Transcriptions:
    """Asks a service what was said.

    Args:
        base_url: Where it is, up to ``/audio/transcriptions``: ``"http://localhost:8000/v1"``.
        model: Which model listens.
        language: What is spoken; without it the service finds out.
        api_key_env: The environment variable that holds the key, if it wants one.
        api_key: The key itself.
        timeout_s: For how long it may send nothing.
        fields: Further fields of each request, such as ``{"temperature": 0}``.

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
    ) -> None:
        address = urlsplit(base_url)
        if address.scheme not in ("http", "https") or not address.netloc:
            raise SettingError(
                f"{shown(base_url)} is no address of a service.",
                next_step="Write http://localhost:8000/v1, for instance.",
            )
        if api_key_env is not None and api_key is None:
            api_key = os.environ.get(api_key_env)
            if not api_key:
                raise SettingError(f"The environment has no {api_key_env}.", next_step="Set it to the key.")
        self._url = f"{base_url.rstrip('/')}/audio/transcriptions"
        self._host = address.hostname or ""
        self._key, self._timeout_s = api_key, timeout_s
        self._fields = {
            "model": model,
            "response_format": "json",
            **({"language": language} if language else {}),
            **(fields or {}),
        }
        self._opener = urllib.request.build_opener(_NoRedirect)

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
        expected = prompt(hints)
        kind, body = multipart(
            {**({"prompt": expected} if expected else {}), **self._fields},
            _wave(sound),
            secrets.token_hex(16),
        )
        headers = {"Content-Type": kind, "Accept": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(self._url, body, headers, method="POST")
        try:
            with self._opener.open(request, timeout=self._timeout_s) as response:
                answer = response.read(_MOST_BYTES)
        except urllib.error.HTTPError as error:
            raise self._refused(error) from None
        except (OSError, HTTPException) as error:
            why = getattr(error, "reason", None) or reason(error) or type(error).__name__
            raise EngineError(
                f"The recogniser at {self._host} cannot be reached: {why}.",
                next_step="Check that it runs, and its address.",
            ) from error
        return Transcript(self._text(answer))

    def _text(self, answer: bytes) -> str:
        try:
            value = json.loads(answer)
        except ValueError:
            value = None
        text = value.get("text") if isinstance(value, dict) else None
        if not isinstance(text, str):
            raise EngineError(
                f"The recogniser at {self._host} sent no text: {shown(answer[:80], 80)}.",
                next_step="Check that it is compatible with OpenAI's /audio/transcriptions.",
            )
        return " ".join(text.split())

    def _refused(self, error: urllib.error.HTTPError) -> EngineError:
        try:
            told = _message(error.read(_MOST_BYTES))
        except (OSError, HTTPException):
            told = ""
        if self._key:
            told = told.replace(self._key, "…")
        return EngineError(
            f"The recogniser at {self._host} refused with {error.code}: {told or error.reason}.",
            next_step=_NEXT.get(error.code, ""),
        )


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


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A key goes nowhere else than where it was meant to."""

    def redirect_request(self, *args: Any) -> None:
        """Follow none: it is an error with its status."""


def _wave(sound: Pcm) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(sound.astype("<i2").tobytes())
    return file.getvalue()


def _message(told: bytes) -> str:
    """What a service says of its error, in whatever form."""
    try:
        value = json.loads(told)
    except ValueError:
        value = told.decode("utf-8", "replace")
    for name in ("error", "message", "detail"):
        if isinstance(value, dict) and name in value:
            value = value[name]
    if isinstance(value, dict):
        value = value.get("message", value)
    return " ".join(str(value).split())[:_MOST_TOLD].rstrip(".")
