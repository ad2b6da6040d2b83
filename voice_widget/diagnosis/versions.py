"""What is installed, and whether it fits: this package says itself what it needs."""

from __future__ import annotations

import getpass
import platform
import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from itertools import takewhile

import voice_widget

DISTRIBUTION = "voice-widget"
SHOWN = ("ipykernel", "ipywidgets", "anywidget", "aiortc", "openai", "jupyterlab")
"""What a diagnosis names beside Python and this package."""

_NEEDS = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(.*)")
_LEAST = re.compile(r">=\s*([0-9][0-9.]*)")


def version(name: str) -> str | None:
    """The version of what is installed; None: it is not."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def installed(names: Iterable[str] = SHOWN) -> dict[str, str | None]:
    """The versions of Python, of this package and of others."""
    ours = {"python": platform.python_version(), DISTRIBUTION: voice_widget.__version__}
    return {**ours, **{name: version(name) for name in names}}


def requirements() -> dict[str, tuple[str, str]]:
    """What this package needs: by name the least version (empty: any), and the extra that wants it."""
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:  # run from its folder, and never installed
        return {}
    found: dict[str, tuple[str, str]] = {}
    for line in lines:
        text, _, marker = line.partition(";")
        match = _NEEDS.match(text.strip())
        if match is None:
            continue
        least, extra = _LEAST.search(match[2]), re.search(r"extra\s*==\s*['\"]([\w-]+)", marker)
        found.setdefault(match[1].lower(), (least[1] if least else "", extra[1] if extra else ""))
    return found


def misfits(versions: Mapping[str, str | None], needed: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """What is older than it may be, and the least version that fits.

    Example:
        >>> misfits({"anywidget": "0.9.13"}, {"anywidget": ("0.11", ""), "aiortc": ("1.14", "")})
        {'anywidget': '0.11'}
    """
    least = {name: needed[name][0] for name in versions if name in needed}
    return {name: want for name, want in least.items() if older(versions[name] or want, want)}


def older(version: str, least: str) -> bool:
    """Is a version older than another one?

    Example:
        >>> older("6.29.5", "7.0"), older("7.0.0rc1", "7"), older("7", "")
        (True, False, False)
    """
    have, want = _numbers(version), _numbers(least)
    width = max(len(have), len(want))
    return have + (0,) * (width - len(have)) < want + (0,) * (width - len(want))


def user() -> str:
    """Who one is at this machine; empty where nobody can say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _numbers(version: str) -> tuple[int, ...]:
    parts = (re.match(r"\d+", part) for part in version.split("."))
    return tuple(int(part[0]) for part in takewhile(bool, parts) if part)
