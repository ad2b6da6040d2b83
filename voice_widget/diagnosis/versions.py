"""What is installed, and whether it fits: this package says itself what it needs."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from itertools import takewhile
from typing import NamedTuple

import voice_widget
from voice_widget.threads.one_thread import IN_BROWSER

DISTRIBUTION = "voice-widget"
BESIDE = "7.0"
"""Since this version of ipykernel pages are heard beside a running cell."""
SHOWN = ("ipykernel", "ipywidgets", "anywidget", "aiortc", "openai", "jupyterlab")
"""What a diagnosis names beside Python and this package."""

_NEEDS = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(.*)")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w-]+)")
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
    # JupyterLite's kernel has a stand-in of that name, with a number of its own.
    asked = [name for name in names if not (IN_BROWSER and name == "ipykernel")]
    return {**ours, **{name: version(name) for name in asked}}


class Requirement(NamedTuple):
    """What this package needs.

    Attributes:
        name: Of the other package, in small letters.
        least: Its least version; empty: any.
        extra: The extra that wants it; empty: needed always.
    """

    name: str
    least: str = ""
    extra: str = ""


def requirements() -> list[Requirement]:
    """What this package needs; nothing where it was never installed, but is run from its folder."""
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    found = []
    for line in lines:
        text, _, marker = line.partition(";")
        match = _NEEDS.match(text.strip())
        if match is not None:
            least, extra = _LEAST.search(match[2]), _EXTRA.search(marker)
            found.append(Requirement(match[1].lower(), least[1] if least else "", extra[1] if extra else ""))
    return found


def misfits(versions: Mapping[str, str | None], needed: Iterable[Requirement]) -> dict[str, str]:
    """What is older than it may be, and the least version that fits.

    Example:
        >>> misfits({"anywidget": "0.9.13"}, [Requirement("anywidget", "0.11"), Requirement("av")])
        {'anywidget': '0.11'}
    """
    found = {}
    for name, least, _ in needed:
        version = versions.get(name)
        if version and older(version, least):
            found[name] = least
    return found


def older(version: str, least: str) -> bool:
    """Is a version older than another one?

    Example:
        >>> older("6.29.5", "7.0"), older("7.0.0rc1", "7"), older("7", "")
        (True, False, False)
    """
    have, want = _numbers(version), _numbers(least)
    width = max(len(have), len(want))
    return have + (0,) * (width - len(have)) < want + (0,) * (width - len(want))


def _numbers(version: str) -> tuple[int, ...]:
    parts = (re.match(r"\d+", part) for part in version.split("."))
    return tuple(int(part[0]) for part in takewhile(bool, parts) if part)
