"""The key of a service: where it comes from, how it is sent, and that nobody ever reads it."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from voice_widget.errors import ServiceRefused, SettingError

ApiKey = str | Callable[[], str | Awaitable[str]]
"""A key, or a function that is asked for one before each request (tokens that expire, keys that rotate)."""

# What keys, tokens and JSON web tokens look like, for those that only the service knows.
_LOOKS_SECRET = re.compile(
    r"\b(?:sk|ek|rk|sess)[-_][\w*.-]+|\beyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]+)?|(?<=Bearer )[^\s'\"]+"
)
_AZURE = re.compile(r"\.(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)$")
_SENDABLE = re.compile(r"[\x21-\x7e]+")
# Shorter ones are words ("ollama", "EMPTY"): taken out of sentences, but not out of what people say.
_SHORTEST_SECRET = 6
_SHORTEST_IN_FRAMES = 16
_GIVEN_BY_HEADER = frozenset(["authorization", "api-key"])


class Credentials:
    """What a service asks for, and what must not be seen.

    Args:
        key: The key or the function that gives it; None: the environment's.
        headers: Headers of the user's own, sent with every request.
        address: Tells whom it is for; asked when a request is made.
    """

    def __init__(self, key: ApiKey | None, headers: Mapping[str, str], address: Callable[[], str]) -> None:
        if key is not None and not isinstance(key, str) and not callable(key):
            raise SettingError(
                f"api_key must be a text or a function that gives one, not {type(key).__name__}.",
                next_step="Leave it out to use the environment variable OPENAI_API_KEY.",
            )
        for name, value in headers.items():
            # An HTTP library would show the value in its complaint.
            if not (
                isinstance(name, str)
                and isinstance(value, str)
                and name.isascii()
                and name
                and value.isascii()
                and value.isprintable()
            ):
                raise SettingError(
                    f"The header {name!r} cannot be sent: names and values are plain ASCII texts.",
                    next_step="Change it in headers={…}.",
                )
        self._key = key
        self._headers = dict(headers)
        self._address = address
        # Of changing keys the last ones: what was sent may still come back.
        self._secrets: deque[str] = deque(maxlen=16)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def require(self) -> None:
        """Refuse to begin without a key. A function is not asked yet."""
        if not callable(self._key) and not self._given_by_header():
            found = self._known_key()
            if isinstance(found, ServiceRefused):
                raise found

    async def headers(self) -> dict[str, Any]:
        """The headers of one request, with a fresh key."""
        from openai import Omit

        # Explicit even where there is none: the client must not send a key that it found in the environment.
        sent: dict[str, Any] = {"Authorization": Omit()}
        if not self._given_by_header():
            asked = callable(self._key)
            key = await self._asked_key() if asked else self._known_key()
            if isinstance(key, ServiceRefused):
                raise key
            self.remember(key)
            # Azure takes keys by a header of their own, and tokens as everybody does.
            if asked or not self._azure():
                sent["Authorization"] = f"Bearer {key}"
            else:
                sent["api-key"] = key
        taken = {name.lower() for name in self._headers}
        return {**{k: v for k, v in sent.items() if k.lower() not in taken}, **self._headers}

    def remember(self, secret: str) -> None:
        """From now on this is a secret: it appears in no text that went through `clean`."""
        if secret not in self._secrets:
            self._secrets.append(secret)

    def clean(self, text: str) -> str:
        """The text without any secret, known or guessed by its looks, and without the user's headers."""
        known = [*self._sent(), *self._headers.values(), urlsplit(self._address()).password or ""]
        # The longest first: one may be a part of another.
        for secret in sorted(known, key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "…")
        return _LOOKS_SECRET.sub("…", text).strip()

    def clean_frame(self, raw: bytes) -> bytes:
        """A frame without the secrets that were sent: a service may echo them."""
        for secret in self._sent():
            if len(secret) >= _SHORTEST_IN_FRAMES and (sought := secret.encode()) in raw:
                raw = raw.replace(sought, "…".encode())
        return raw

    def _sent(self) -> list[str]:
        given = [v for k, v in self._headers.items() if k.lower() in _GIVEN_BY_HEADER]
        return [*self._secrets, *(value.rpartition(" ")[2] for value in given)]

    def _given_by_header(self) -> bool:
        return any(name.lower() in _GIVEN_BY_HEADER for name in self._headers)

    def _azure(self) -> bool:
        return _AZURE.search(urlsplit(self._address()).hostname or "") is not None

    # The refusals are returned and raised further up: a verbose traceback shows what the frames hold.

    def _known_key(self) -> str | ServiceRefused:
        key = self._key if isinstance(self._key, str) else None
        names = ["OPENAI_API_KEY"]
        if self._azure():
            names.insert(0, "AZURE_OPENAI_API_KEY")
        for name in names:
            key = key or os.environ.get(name)
        return self._sendable(key, f"Set the environment variable {names[0]}, or use Local().")

    async def _asked_key(self) -> str | ServiceRefused:
        assert callable(self._key)
        key: Any = None
        try:
            if inspect.iscoroutinefunction(self._key):
                key = await self._key()
            else:
                # It may ask a server for a token: not on the thread that carries the calls.
                key = await asyncio.to_thread(self._key)
            if inspect.isawaitable(key):
                key = await key
        except Exception as error:
            failed = self.clean(f"{type(error).__name__}: {error}".splitlines()[0])[:300]
            return ServiceRefused(
                f"The function that gives the API key failed: {failed}.",
                code="api_key_failed",
                next_step="Call it yourself to see why; then call again.",
            )
        return self._sendable(key, "Let the function of api_key return a text.")

    def _sendable(self, given: Any, step: str) -> str | ServiceRefused:
        key = given.strip() if isinstance(given, str) else ""
        if not key:
            return ServiceRefused("There is no API key for this service.", code="no_api_key", next_step=step)
        if not _SENDABLE.fullmatch(key):
            return ServiceRefused(
                "The API key has spaces or letters that no key has.",
                code="invalid_api_key",
                next_step="Copy the key again, all of it and nothing else.",
            )
        return key
