"""Addresses of services."""

from __future__ import annotations

import contextlib
import re
from ipaddress import ip_address
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from voice_widget.errors import SettingError, shown

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def check_address(address: str) -> None:
    """Refuse what no service can be reached at.

    Raises:
        SettingError: It is none.
    """
    check_web(address, next_step='Give one such as "https://example.org/v1".')
    if "/realtime" in urlsplit(address).path:
        raise SettingError(
            "The address of a service ends before /realtime.",
            next_step='Give one such as "https://example.org/v1".',
        )


def check_web(address: object, *, next_step: str) -> None:
    """Refuse what is no address of the web, and say what of it is wrong.

    Raises:
        SettingError: It is none.
    """
    wrong = _wrong(address)
    if wrong:
        raise SettingError(f"The address {wrong}.", next_step=next_step)


def _wrong(address: object) -> str:
    if not isinstance(address, str):
        return f"is a {type(address).__name__}, not a str"
    if not address.strip():
        return "is empty"
    named = shown(typed(address), 100)
    scheme = _SCHEME.match(address)
    if scheme is None:
        return f"{named} does not begin with http:// or https://"
    if scheme[1].lower() not in ("http", "https"):
        return f"{named} begins with {scheme[1]}://, not with http:// or https://"
    try:
        parts = urlsplit(address)
    except ValueError:  # a bracket that is left open
        return f"{named} names no server that can be"
    if not parts.hostname:
        return f"{named} names no server"
    with contextlib.suppress(ValueError):
        if parts.port != 0:
            return ""
    return f"{named} has a port that is no number from 1 to 65535"


def typed(address: str) -> str:
    """An address as it was typed, without what may be secret in it.

    Example:
        >>> typed("ftp://me:secret@example.org/v1?key=secret")
        'ftp://example.org/v1'
    """
    scheme = _SCHEME.match(address)
    begin, rest = (scheme[0], address[scheme.end() :]) if scheme else ("", address)
    place = re.match(r"[^/?#\\]*", rest)
    server = place[0] if place else ""
    beyond = rest[len(server) :]
    if "@" in beyond:  # a password may hold what looks like the end of the server's name
        return f"{begin}…"
    text = server.rpartition("@")[2] + re.split("[?#]", beyond)[0]
    # Without a beginning it may be anything, even a key in the place of the address.
    return begin + text if scheme else re.sub(r"[\w-]{21,}", "…", text)


def host(address: str) -> str:
    """Only the host: an address may carry a name and a password."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(address)
        if parts.hostname:
            return parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
    return "unknown server"


def loopback(address: str) -> bool:
    """It stays on this machine."""
    name = urlsplit(address).hostname or ""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    with contextlib.suppress(ValueError):
        return ip_address(name).is_loopback
    return False


def posting_address(address: str, beta_model: str | None) -> str:
    """Where a page posts its offer; with a model's name the place of the old dialect.

    It goes to the page: without the name and the password that the address may have.

    Example:
        >>> posting_address("https://me:secret@example.org/v1/", None)
        'https://example.org/v1/realtime/calls'
        >>> posting_address("https://example.org/v1", "a model")
        'https://example.org/v1/realtime?model=a%20model'
    """
    parts = urlsplit(address)
    base, query = parts.path.rstrip("/"), parts.query
    if beta_model is None:
        path = f"{base}/realtime/calls"
    else:
        path = f"{base}/realtime"
        asked = urlencode({"model": beta_model}, quote_via=quote)
        query = f"{query}&{asked}" if query else asked
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, query, ""))
