"""The libraries that count agreement: they are in an extra, and imported where they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from voice_widget.errors import MissingParts

INSTALL = "pip install 'voice-widget[analysis]'"


def library(name: str) -> Any:
    """A module of one of them.

    Raises:
        MissingParts: It is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        package = name.split(".")[0]
        raise MissingParts(
            f"Agreement is counted by {package}, which is not installed: it is in the extra `analysis`.",
            next_step=f"Run: {INSTALL}",
        ) from error
