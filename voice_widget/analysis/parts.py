"""The packages of the extra `analysis`, loaded where they are used."""

from __future__ import annotations

import importlib
from typing import Any

from voice_widget.errors import MissingParts

INSTALL = 'pip install "voice-widget[analysis]"'


def load(name: str, what: str) -> Any:
    """A module of the extra.

    Args:
        name: The module's, such as ``"matplotlib.figure"``.
        what: What needs it, as a sentence begins: ``"A picture"``.

    Raises:
        MissingParts: Its package is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise MissingParts(
            f"{what} needs {package}, which is not installed: it is in the extra `analysis`.",
            next_step=f"Run: {INSTALL}",
        ) from error
