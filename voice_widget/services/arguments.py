"""What a service may be made with: what cannot work is refused at once, by its name."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from voice_widget.errors import SettingError, shown

_EXAMPLES = {
    "model": 'model="gpt-realtime-2.1"',
    "base_url": 'base_url="https://example.org/v1"',
    "organization": 'organization="org-…"',
    "project": 'project="proj_…"',
    "name": 'name="tides"',
    "prefix": 'prefix="sea"',
    "description": 'description="Looks a word up"',
    "server_description": 'server_description="our handbook"',
    "connector_id": 'connector_id="connector_gmail"',
    "authorization": 'authorization=os.environ["DOCS_TOKEN"]',
    "tunnel_id": 'tunnel_id="tunnel_1"',
    "key": 'key=os.environ["CHAT_KEY"]',
}


def check_texts(*, optional: bool = False, **given: Any) -> None:
    """Each is a text with something in it; None, too, if ``optional``.

    Raises:
        SettingError: One is not.
    """
    for name, value in given.items():
        if value is None and optional:
            continue
        if not isinstance(value, str):
            raise SettingError(
                f"{name} must be a text, not {type(value).__name__}.", next_step=f"Write {_EXAMPLES[name]}."
            )
        if not value.strip():
            raise SettingError(f"{name} is empty.", next_step=f"Leave it out, or write {_EXAMPLES[name]}.")


def check_flag(name: str, value: Any) -> None:
    """It is True or False.

    Raises:
        SettingError: It is not.
    """
    if not isinstance(value, bool):
        raise SettingError(
            f"{name} must be True or False, not {shown(value)}.", next_step=f"Write {name}=False."
        )


def check_seconds(name: str, value: Any) -> None:
    """It is a time that one can wait.

    Raises:
        SettingError: It is not.
    """
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 0 < value <= sys.float_info.max:
        raise SettingError(
            f"{name} must be a number of seconds above 0, not {shown(value)}.", next_step=f"Write {name}=15."
        )


def names_of_voices(voices: Any) -> tuple[str, ...]:
    """The voices that are offered.

    Raises:
        SettingError: They are no list of names.
    """
    names = tuple(voices) if isinstance(voices, Iterable) and not isinstance(voices, (str, bytes)) else None
    if names is None or not all(isinstance(name, str) and name for name in names):
        raise SettingError(
            "voices must be a list of the names of voices.",
            next_step='Write voices=("marin", "cedar"), or leave it out.',
        )
    return names
