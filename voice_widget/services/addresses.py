"""Addresses of services."""

from __future__ import annotations

import contextlib
from ipaddress import ip_address
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from voice_widget.errors import SettingError


def check_address(address: str) -> None:
    """Refuse what no service can be reached at.

    Raises:
        SettingError: It is none.
    """
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingError(
            f"The address {host(address)!r} is neither http nor https.",
            next_step='Give one such as "https://example.org/v1".',
        )
    if "/realtime" in urlsplit(address).path:
        raise SettingError(
            "The address of a service ends before /realtime.",
            next_step='Give one such as "https://example.org/v1".',
        )


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
