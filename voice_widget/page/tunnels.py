"""The way to a page that browsers trust: from localhost, by a tunnel to the machine that serves it."""

from __future__ import annotations

import getpass
import re
from urllib.parse import urlsplit

PORTS = {"http:": "80", "https:": "443"}
_LOCAL = re.compile(r"localhost|.+\.localhost|127(\.\d{1,3}){3}|::1", re.IGNORECASE)
# What a page says of itself is put into a line that people copy into a shell.
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


def user() -> str:
    """Who one is at this machine; empty where nobody can say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def is_local(host: str) -> bool:
    """Is this the machine on which the browser runs?

    Example:
        >>> is_local("127.0.0.1"), is_local("[::1]"), is_local("10.0.0.7")
        (True, True, False)
    """
    return _LOCAL.fullmatch(host.strip("[]")) is not None


def tunnel(host: str, port: str, user: str, protocol: str = "http:") -> tuple[str, str]:
    """The line to run on one's own computer, and the address to open then.

    Args:
        host: The page's, as the browser has it.
        port: The page's; empty: the protocol's own.
        user: Who one is at the kernel's machine.
        protocol: The page's, with its colon.

    Example:
        >>> tunnel("10.0.0.7", "8888", "ada")
        ('ssh -L 8888:localhost:8888 ada@10.0.0.7', 'http://localhost:8888')
    """
    bare = host.strip("[]")
    there = bare if _HOST.fullmatch(bare) else "this-server"
    far = port if re.fullmatch(r"\d{1,5}", port) else PORTS.get(protocol, "8888")
    near = far if int(far) >= 1024 else "8888"  # below that only root may listen
    who = user if _USER.fullmatch(user) else "user"
    return f"ssh -L {near}:localhost:{far} {who}@{there}", f"http://localhost:{near}"


def way_through(host: str, port: str, user: str, protocol: str = "http:") -> str:
    """What to do where a page is from neither https nor localhost.

    Example:
        >>> way_through("10.0.0.7", "9000", "ada")
        'On your own computer run `ssh -L 9000:localhost:9000 ada@10.0.0.7` and open http://localhost:9000.'
    """
    line, address = tunnel(host, port, user, protocol)
    return f"On your own computer run `{line}` and open {address}."


def way_to(origin: str, user: str) -> str:
    """The same for a page's origin, as the page tells it; one that is none gets a line to complete.

    Example:
        >>> way_to("http://10.0.0.7:9000", "ada")
        'On your own computer run `ssh -L 9000:localhost:9000 ada@10.0.0.7` and open http://localhost:9000.'
    """
    try:
        parts = urlsplit(origin)
        host, port, protocol = parts.hostname or "", parts.port, f"{parts.scheme}:"
    except ValueError:
        host, port, protocol = "", None, ""
    return way_through(host, "" if port is None else str(port), user, protocol)
