"""A voice behind an OpenAI-compatible ``/audio/speech``: its sound is spoken as it comes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from http.client import HTTPException
from typing import IO, Any

from voice_widget.engine.stages.contracts import AudioChunk
from voice_widget.engine.stages.http_service import HttpService
from voice_widget.errors import EngineError

_RATE = 24000
_VOICE = "alloy"
_READ = 4800  # 100 ms
_TIMEOUT_S = 30.0
_NO_PCM = ("json", "text", "mpeg", "mp3", "ogg", "opus", "aac", "flac")


class Speech:
    """Asks a service to speak.

    Args:
        base_url: Where it is, up to ``/audio/speech``: ``"http://localhost:8880/v1"``.
        model: Which model speaks.
        voice: Which voice speaks where none is asked for; by default the first of ``voices``.
        voices: Which it has, for the panel; others are refused. By default a name that is asked for is passed
            on as it is, and the service itself decides what it takes.
        sample_rate: Of the PCM that it sends.
        api_key_env: The environment variable that holds the key, if it wants one.
        api_key: The key itself.
        timeout_s: For how long it may send nothing.
        body: Further fields of each request, such as ``{"instructions": "Speak calmly."}``.

    Raises:
        SettingError: The address is none of http or https, or the variable is not set.
    """

    languages: tuple[str, ...] = ()

    def __init__(
        self,
        base_url: str,
        *,
        model: str = "tts-1",
        voice: str | None = None,
        voices: Sequence[str] = (),
        sample_rate: int = _RATE,
        api_key_env: str | None = None,
        api_key: str | None = None,
        timeout_s: float = _TIMEOUT_S,
        body: dict[str, Any] | None = None,
    ) -> None:
        self._service = HttpService(
            "The voice",
            base_url,
            "/audio/speech",
            api_key_env=api_key_env,
            api_key=api_key,
            timeout_s=timeout_s,
        )
        self._model, self._body, self._rate = model, dict(body or {}), sample_rate
        self._voice = voice or (voices[0] if voices else _VOICE)
        self.voices: tuple[str, ...] = tuple(dict.fromkeys((self._voice, *voices))) if voices else ()

    def session(self) -> Speech:
        """It holds nothing of a session."""
        return self

    def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
        """The speech of ``text`` as it comes; who stops iterating hangs up.

        Raises:
            EngineError: The service cannot be reached, refuses, or sends something else than PCM.
        """
        if not text.strip():
            return
        asked = {
            "model": self._model,
            "input": text,
            "voice": voice or self._voice,
            "response_format": "pcm",
            **({"speed": speed} if speed != 1.0 else {}),
            **self._body,
        }
        headers = {"Content-Type": "application/json", "Accept": "audio/pcm"}
        try:
            with closing(self._service.ask(json.dumps(asked).encode(), headers)) as response:
                yield from self._sound(response, response.headers.get_content_type())
        except (OSError, HTTPException) as error:
            raise self._service.lost(error) from error

    def _sound(self, response: Any, kind: str) -> Iterator[AudioChunk]:
        if any(word in kind for word in _NO_PCM):
            raise EngineError(f"{self._service.name} sent {kind} where PCM was asked for.")
        rate, rest = self._rate, b""
        first = True
        while data := response.read1(_READ):
            rest += data
            if first:
                if len(rest) < 4:
                    continue
                first = False
                if rest[:4] == b"RIFF":
                    rate, rest = _wave(rest, response)
            whole = len(rest) & ~1
            if whole:
                yield AudioChunk(rest[:whole], rate)
            rest = rest[whole:]


def _wave(begun: bytes, response: IO[bytes]) -> tuple[int, bytes]:
    """Rate and first sound of a WAV file; some services send one when asked for PCM."""
    while (at := begun.find(b"data")) < 0 or len(begun) < at + 8:
        more = response.read(256)
        if not more or len(begun) > 1 << 16:
            raise EngineError("The voice sent a WAV file without sound.")
        begun += more
    rate = int.from_bytes(begun[24:28], "little")
    return rate or _RATE, begun[at + 8 :]
