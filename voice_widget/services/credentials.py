"""The key of a service: where it comes from, how it is sent, and that nobody ever reads it."""

from __future__ import annotations

import inspect
import os
import re
from asyncio import CancelledError
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from functools import cache
from threading import Event as Flag
from typing import Any
from urllib.parse import urlsplit

from voice_widget.errors import ServiceRefused, SettingError, shown
from voice_widget.realtime.wire.events import Event
from voice_widget.realtime.wire.masking import masked, masked_event
from voice_widget.threads.work import Work, name_of

ApiKey = str | Callable[[], str | Awaitable[str]]
"""A key, or a function that is asked for one before each request (tokens that expire, keys that rotate)."""

_AZURE = re.compile(r"\.(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)$")
_SENDABLE = re.compile(r"[\x21-\x7e]+")
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
        if isinstance(key, str) and not key.strip():
            raise SettingError(
                "api_key is empty.",
                next_step="Leave it out to use the environment variable OPENAI_API_KEY"
                ', or give api_key="none" if the server needs no key.',
            )
        if not isinstance(headers, Mapping):
            raise SettingError(
                f"headers must be a dict, not {type(headers).__name__}.",
                next_step='Write headers={"OpenAI-Safety-Identifier": "…"}.',
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
                    f"The header {shown(name)} cannot be sent: names and values are plain ASCII texts.",
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
        return masked(text, known).strip()

    def clean_event(self, event: Event) -> Event:
        """An event, as it was parsed, without the secrets that were sent: a service may repeat them."""
        return masked_event(event, self._sent())

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
        step = f"Set the environment variable {names[0]}, or use Local()."
        if not (self._azure() or urlsplit(self._address()).hostname == "api.openai.com"):
            step = (
                f'Set the environment variable {names[0]}, or give api_key="none" if the server needs no key.'
            )
        return self._sendable(key, step)

    async def _asked_key(self) -> str | ServiceRefused:
        # It may ask a server for a token, or block: not on the thread that carries the calls.
        stream = _work(os.getpid()).stream(lambda: _asked(self._key), cancelled=Flag())
        async with aclosing(stream) as answers:  # type: ignore[type-var]
            async for key, failed in answers:
                if failed:
                    return ServiceRefused(
                        # Its class only: the text may hold the key.
                        f"The function that gives the API key failed with {failed}.",
                        code="api_key_failed",
                        next_step="Call it yourself to see why; then call again.",
                    )
                return self._sendable(key, "Let the function of api_key return a text.")
        return self._sendable(None, "Let the function of api_key return a text.")

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


@cache
def _work(process: int) -> Work:
    """The thread on which keys are asked for; a forked process has none of its parent's."""
    return Work(keep=1)


def _asked(function: Any) -> Any:
    """What the function gives, or the class of what it raises. What is to be awaited is awaited there too."""

    async def awaited(given: Any) -> Any:
        try:
            return _text(await given), ""
        except CancelledError:
            raise
        except BaseException as error:
            return None, _class(error)

    try:
        given = function()
    except BaseException as error:  # SystemExit too: its text is the user's as well
        return None, _class(error)
    return awaited(given) if inspect.isawaitable(given) else (_text(given), "")


def _class(error: BaseException) -> str:
    return name_of(type(error)).rpartition(".")[2]


def _text(given: Any) -> str | None:
    return str.__str__(given) if isinstance(given, str) else None
