"""The servers by which a peer finds a way: checked as browsers take them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from voice_widget.errors import SettingError, nearest, shown

KEYS = ("urls", "username", "credential")
ICE_HEADER = "Voice-Widget-Ice-Servers"
"""By it the kernel gives them to the engine with an offer: base64 of JSON."""
_OF_STUN = re.compile(r"stuns?:(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:\d{1,5})?")
_OF_TURN = re.compile(r"turns?:(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:\d{1,5})?(\?transport=(udp|tcp))?")
_WRITE = 'Write {"urls": "turn:turn.example.org:3478", "username": "me", "credential": "secret"}.'


@dataclass(frozen=True)
class IceServer:
    """One STUN or TURN server, by one URL or more. Who sees its ``repr`` cannot use it.

    Example:
        >>> checked_ice_servers({"urls": "turn:t.org?transport=tcp", "username": "u", "credential": "c"})
        (IceServer(urls=('turn:t.org?transport=tcp',)),)
    """

    urls: tuple[str, ...]
    username: str | None = field(default=None, repr=False)
    credential: str | None = field(default=None, repr=False)

    def dump(self) -> dict[str, Any]:
        """As a browser takes it; it holds the credential."""
        told: dict[str, Any] = {"urls": list(self.urls)}
        return told if self.username is None else told | {name: getattr(self, name) for name in KEYS[1:]}


def checked_ice_servers(given: Any) -> tuple[IceServer, ...]:
    """The servers that somebody gave: a URL, a mapping as browsers take it, or a list of these.

    Raises:
        SettingError: One is none. No credential stands in what it says.

    Example:
        >>> checked_ice_servers("stun:stun.example.org")
        (IceServer(urls=('stun:stun.example.org',)),)
    """
    if given is None:
        return ()
    if isinstance(given, str | Mapping):
        return (_checked(given),)
    if not isinstance(given, Sequence) or isinstance(given, bytes | bytearray):
        raise _wrong(f"`ice_servers` is a {type(given).__name__}, which is no server and no list of them.")
    return tuple(_checked(each) for each in given)


def _checked(given: Any) -> IceServer:
    if isinstance(given, str):
        given = {"urls": given}
    if not isinstance(given, Mapping):
        raise _wrong(f"One of `ice_servers` is a {type(given).__name__}, not a URL and not a mapping.")
    said = dict(given)
    # What providers add from when browsers wanted it so.
    older = said.pop("url", None)
    said.setdefault("urls", older)
    if said.get("credentialType") == "password":
        del said["credentialType"]
    for name in said:
        if name not in KEYS:
            near = nearest(name, KEYS)
            raise _wrong(f"An ICE server has no {shown(name)}.", near or f"It has {', '.join(KEYS)}.")
    urls = said["urls"]
    if isinstance(urls, str):
        urls = [urls]
    if not isinstance(urls, Sequence) or not urls:
        raise _wrong("An ICE server has no `urls`.")
    turns = [_is_turn(url) for url in urls]
    secret = [_text(name, said.get(name)) for name in KEYS[1:]]
    if any(turns) and None in secret:
        raise _wrong(f"{shown(urls[turns.index(True)])} needs a username and a credential.")
    return IceServer(tuple(str.__str__(url) for url in urls), *(secret if any(turns) else ()))


def _is_turn(url: Any) -> bool:
    if isinstance(url, str):
        if _OF_TURN.fullmatch(url):
            return True
        if _OF_STUN.fullmatch(url):
            return False
        scheme, _, rest = url.partition(":")
        if scheme in ("stun", "stuns", "turn", "turns") and rest.startswith("//"):
            raise _wrong(f"The ICE server {_plain(url)} has `//` in its URL.", f"Write {scheme}:host:port.")
    raise _wrong(
        f"{_plain(url)} is no URL of an ICE server.",
        'It begins with stun:, stuns:, turn: or turns:, as "stun:stun.example.org:3478".',
    )


def _plain(url: Any) -> str:
    """A URL as it may be told: some write the credential into it."""
    return shown(re.sub(r"[^/:@]*:[^/@]*@|[^/:@]*@", "…@", url) if isinstance(url, str) else url)


def _text(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise _wrong(f"The {name} of an ICE server is a {type(value).__name__}, or empty.")
    return str.__str__(value)


def _wrong(message: str, next_step: str = _WRITE) -> SettingError:
    return SettingError(message, code="ice_servers_invalid", next_step=next_step)
