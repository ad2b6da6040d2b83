"""Who may talk to the engine: its token, short-lived secrets, and the origins of pages.

Nothing here is ever written anywhere: the token and the secrets live in memory only, and no object of this
module shows one in its ``repr``.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from voice_widget.realtime.wire.beta import Dialect

SECRET_SECONDS = (10, 7200)
"""Shortest and longest life of a secret."""

MOST_SECRETS = 1000
"""Secrets kept at once; beyond that the oldest are forgotten."""

SUBPROTOCOL_KEY = "openai-insecure-api-key."
"""What a browser's WebSocket puts before its secret, since it cannot set a header."""

OLD_SUBPROTOCOL = "openai-beta.realtime-v1"
OLD_HEADER = ("OpenAI-Beta", "realtime=v1")
"""How the end of a WebSocket says that it knows the events by their older names."""


@dataclass(frozen=True)
class Grant:
    """What a credential allows. ``full`` is the token's; a secret brings the session it was made for.

    Example:
        >>> Access("t").check("t").full
        True
    """

    full: bool
    session: Mapping[str, Any] = field(default_factory=dict)
    dialect: Dialect = "current"


@dataclass(frozen=True)
class Secret:
    """A freshly made secret. ``value`` is shown once, to who asked for it."""

    value: str = field(repr=False)
    expires_at: int
    session: Mapping[str, Any] = field(default_factory=dict)
    dialect: Dialect = "current"


class Access:
    """Checks credentials and origins.

    Args:
        token: The engine's own token.
        origins: Origins (``https://host[:port]``) that may ask besides those on the loopback.
        clock: Seconds since the epoch.
    """

    def __init__(
        self, token: str, *, origins: Iterable[str] = (), clock: Callable[[], float] = time.time
    ) -> None:
        self._token = _digest(token)
        self._origins = {_plain_origin(origin) for origin in origins}
        self._clock = clock
        self._secrets: dict[bytes, Secret] = {}

    def mint(self, session: Mapping[str, Any], seconds: int = 600, *, dialect: Dialect = "current") -> Secret:
        """Make a secret which opens sessions like ``session`` until it expires."""
        self._forget_expired()
        while len(self._secrets) >= MOST_SECRETS:
            del self._secrets[next(iter(self._secrets))]
        shortest, longest = SECRET_SECONDS
        lifetime = min(max(seconds, shortest), longest)
        expires_at = int(self._clock() + lifetime)
        secret = Secret(f"ek_{secrets.token_urlsafe(32)}", expires_at, dict(session), dialect)
        # The store keeps a digest, so that the secret itself is nowhere once the answer is sent.
        self._secrets[_digest(secret.value)] = replace(secret, value="")
        return secret

    def check(self, credential: str | None) -> Grant | None:
        """What this credential allows, or ``None``."""
        if not credential:
            return None
        asked = _digest(credential)
        if hmac.compare_digest(asked, self._token):
            return Grant(full=True)
        self._forget_expired()
        for known, secret in self._secrets.items():
            if hmac.compare_digest(asked, known):
                return Grant(full=False, session=secret.session, dialect=secret.dialect)
        return None

    def allows_origin(self, origin: str | None) -> bool:
        """Whether a page of this origin may ask. A request without an origin is no page's."""
        if origin is None:
            return True
        return _plain_origin(origin) in self._origins or _is_loopback(origin)

    def _forget_expired(self) -> None:
        now = self._clock()
        for key in [key for key, secret in self._secrets.items() if secret.expires_at <= now]:
            del self._secrets[key]


def credential_of(authorization: str | None, subprotocols: Iterable[str] = ()) -> str | None:
    """The credential in an ``Authorization`` header or among a WebSocket's subprotocols.

    Example:
        >>> credential_of("Bearer abc"), credential_of(None, ["realtime", "openai-insecure-api-key.abc"])
        ('abc', 'abc')
    """
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    for name in subprotocols:
        if name.startswith(SUBPROTOCOL_KEY):
            return name[len(SUBPROTOCOL_KEY) :]
    return None


def asked_dialect(headers: Mapping[str, str], subprotocols: Iterable[str] = ()) -> Dialect:
    """In which names the end of a WebSocket wants to hear the events.

    Example:
        >>> asked_dialect({"OpenAI-Beta": "realtime=v1"}), asked_dialect({}, ["openai-beta.realtime-v1"])
        ('beta', 'beta')
    """
    name, value = OLD_HEADER
    asked = [part.strip() for part in headers.get(name, "").split(",")]
    return "beta" if value in asked or OLD_SUBPROTOCOL in subprotocols else "current"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _plain_origin(origin: str) -> str:
    return origin.strip().rstrip("/").lower()


def _is_loopback(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in ("http", "https"):
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
