"""A voice behind an OpenAI-compatible ``/audio/speech``: its sound is spoken as it comes."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing
from http.client import HTTPException
from typing import IO, Any
from urllib.parse import urlsplit

from voice_widget.engine.stages.contracts import AudioChunk
from voice_widget.errors import EngineError, SettingError, reason, shown

_RATE = 24000
_READ = 4800  # 100 ms
_TIMEOUT_S = 30.0
_MOST_TOLD = 200
_NO_PCM = ("json", "text", "mpeg", "mp3", "ogg", "opus", "aac", "flac")


class Speech:
    """Asks a service to speak.

    Args:
        base_url: Where it is, up to ``/audio/speech``: ``"http://localhost:8880/v1"``.
        model: Which model speaks.
        voice: Which voice speaks where none is asked for.
        voices: Which it has, for the panel; the service itself decides what it takes.
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
        voice: str = "alloy",
        voices: Sequence[str] = (),
        sample_rate: int = _RATE,
        api_key_env: str | None = None,
        api_key: str | None = None,
        timeout_s: float = _TIMEOUT_S,
        body: dict[str, Any] | None = None,
    ) -> None:
        address = urlsplit(base_url)
        if address.scheme not in ("http", "https") or not address.netloc:
            raise SettingError(
                f"{shown(base_url)} is no address of a service.",
                next_step="Give one such as http://localhost:8880/v1.",
            )
        if api_key_env is not None and api_key is None:
            api_key = os.environ.get(api_key_env)
            if not api_key:
                raise SettingError(f"The environment has no {api_key_env}.", next_step="Set it to the key.")
        self._url = f"{base_url.rstrip('/')}/audio/speech"
        self._host = address.hostname or ""
        self._headers = {"Content-Type": "application/json", "Accept": "audio/pcm"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._secret = api_key
        self._model, self._voice, self._body = model, voice, dict(body or {})
        self._rate, self._timeout_s = sample_rate, timeout_s
        self.voices: tuple[str, ...] = tuple(dict.fromkeys((voice, *voices)))
        self._opener = urllib.request.build_opener(_NoRedirect)

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
        request = urllib.request.Request(self._url, json.dumps(asked).encode(), self._headers, method="POST")
        try:
            with closing(self._opener.open(request, timeout=self._timeout_s)) as response:
                yield from self._sound(response, response.headers.get_content_type())
        except urllib.error.HTTPError as error:
            raise self._refused(error) from None
        except (OSError, HTTPException) as error:
            why = getattr(error, "reason", None) or reason(error) or type(error).__name__
            raise EngineError(f"The voice at {self._host} cannot be reached: {why}.") from error

    def _sound(self, response: Any, kind: str) -> Iterator[AudioChunk]:
        if any(word in kind for word in _NO_PCM):
            raise EngineError(f"The voice at {self._host} sent {kind} where PCM was asked for.")
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

    def _refused(self, error: urllib.error.HTTPError) -> EngineError:
        try:
            told = error.read(1 << 16).decode("utf-8", "replace")
        except (OSError, HTTPException):
            told = ""
        told = _message(told)
        if self._secret:
            told = told.replace(self._secret, "…")
        return EngineError(f"The voice at {self._host} refused with {error.code}: {told or error.reason}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A key goes nowhere else than where it was meant to."""

    def redirect_request(self, *args: Any) -> None:
        """Follow none: it is an error with its status."""


def _wave(begun: bytes, response: IO[bytes]) -> tuple[int, bytes]:
    """Rate and first sound of a WAV file; some services send one when asked for PCM."""
    while (at := begun.find(b"data")) < 0 or len(begun) < at + 8:
        more = response.read(256)
        if not more or len(begun) > 1 << 16:
            raise EngineError("The voice sent a WAV file without sound.")
        begun += more
    rate = int.from_bytes(begun[24:28], "little")
    return rate or _RATE, begun[at + 8 :]


def _message(told: str) -> str:
    """What a service says of its error, in whatever form."""
    try:
        value = json.loads(told)
    except ValueError:
        value = told
    for name in ("error", "message", "detail"):
        if isinstance(value, dict) and name in value:
            value = value[name]
    if isinstance(value, dict):
        value = value.get("message", value)
    return " ".join(str(value).split())[:_MOST_TOLD]
