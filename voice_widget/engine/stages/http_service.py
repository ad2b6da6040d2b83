"""A speech service by HTTP, whatever it is asked for: its address and key, and what it says when it fails."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.parse import urlsplit, urlunsplit

from voice_widget.errors import EngineError, SettingError, reason, shown
from voice_widget.realtime.settings.parts import told_address

_MOST_BYTES = 1 << 16
_MOST_TOLD = 200
_NEXT = {
    401: "Check the key.",
    403: "Check what the key may do.",
    413: "Speak shorter sentences.",
    429: "Wait, or ask for a higher limit.",
}


class HttpService:
    """Asks one address, and says in one way what fails.

    Args:
        who: How it is named in errors: ``"The voice"``.
        base_url: Where it is, up to ``path``.
        path: What is asked for: ``"/audio/speech"``.
        api_key_env: The environment variable that holds the key, if it wants one.
        api_key: The key itself.
        timeout_s: For how long it may send nothing.

    Raises:
        SettingError: The address is none of http or https, or holds a password, or the variable is not set.
    """

    def __init__(
        self,
        who: str,
        base_url: str,
        path: str,
        *,
        api_key_env: str | None,
        api_key: str | None,
        timeout_s: float,
    ) -> None:
        address = urlsplit(base_url)
        if address.scheme not in ("http", "https") or not address.netloc:
            raise SettingError(
                f"{shown(told_address(base_url))} is no address of a service.",
                next_step="Give one such as http://localhost:8000/v1.",
            )
        if "@" in address.netloc:
            raise SettingError(
                f"The address of {address.hostname} holds a name or a password, which is not sent.",
                next_step="Leave it out; a key goes into a variable that api_key_env names.",
            )
        if api_key_env is not None and api_key is None:
            api_key = os.environ.get(api_key_env)
            if not api_key:
                raise SettingError(f"The environment has no {api_key_env}.", next_step="Set it to the key.")
        self.name = f"{who} at {address.hostname or ''}"
        self._url = urlunsplit(address._replace(path=address.path.rstrip("/") + path, fragment=""))
        self._path = path
        self._key, self._timeout_s = api_key, timeout_s
        self._opener = _opener()

    def ask(self, body: bytes, headers: dict[str, str]) -> HTTPResponse:
        """Post it; gives the answer, which is to be closed.

        Raises:
            EngineError: It cannot be reached, or refuses.
        """
        if self._key:
            headers = {**headers, "Authorization": f"Bearer {self._key}"}
        request = urllib.request.Request(self._url, body, headers, method="POST")
        try:
            return cast(HTTPResponse, self._opener.open(request, timeout=self._timeout_s))
        except urllib.error.HTTPError as error:
            raise self._refused(error) from None
        except (OSError, HTTPException) as error:
            raise self.lost(error) from error

    def lost(self, error: Exception) -> EngineError:
        """It cannot be reached, or no longer."""
        why = getattr(error, "reason", None) or reason(error) or type(error).__name__
        return EngineError(
            f"{self.name} cannot be reached: {why}.", next_step="Check that it runs, and its address."
        )

    def _refused(self, error: urllib.error.HTTPError) -> EngineError:
        try:
            told = _message(error.read(_MOST_BYTES))
        except (OSError, HTTPException):
            told = ""
        if self._key:
            told = told.replace(self._key, "…")
        next_step = _NEXT.get(error.code, "")
        if error.code == 404:
            next_step = f"Check the address: it ends before {self._path}, mostly in /v1. Check the model."
        return EngineError(
            f"{self.name} refused with {error.code}: {told or error.reason}.", next_step=next_step
        )


def _opener() -> urllib.request.OpenerDirector:
    """It follows nobody elsewhere: a key goes where it was meant to."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.HTTPDefaultErrorHandler,
    ):
        opener.add_handler(handler())
    return opener


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
