"""Where scripts are given: the script itself, its exchanges, its text, or a file that has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from voice_widget.errors import SettingError
from voice_widget.realtime.script import Exchange, Script

ScriptSource = str | Path | Script | Iterable[Exchange | Mapping[str, Any]]


def script_of(source: ScriptSource) -> Script:
    """The script that was given; a text that is no JSON is the name of a file.

    Raises:
        SettingError: The file cannot be read, or what it has is no script.
    """
    if isinstance(source, Script):
        return source
    if isinstance(source, Path) or (isinstance(source, str) and not source.lstrip().startswith(("[", "{"))):
        try:
            source = Path(source).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise SettingError(f"The script {str(source)!r} cannot be read: {error}.") from error
    return Script.load(source)
