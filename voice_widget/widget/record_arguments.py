"""The arguments by which a widget is told to record, checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from voice_widget.errors import SettingError, shown
from voice_widget.realtime.state.records import SIDES, Consent, Side, Transport


class Recorded(NamedTuple):
    """What is to be recorded.

    Attributes:
        folder: Where to; empty: into a temporary one.
        consent: What a person has to agree to first; empty: nothing.
        pseudonyms: What the sides are called in exports.
    """

    folder: str
    consent: str
    pseudonyms: Mapping[Side, str]

    def traits(self) -> dict[str, Any]:
        """What the traits say at first."""
        asked: Consent = {"text": self.consent, "answer": "", "at": ""}
        return {"recording": "recording", "consent": asked if self.consent else None}

    def again(self) -> dict[str, Any]:
        """The arguments of a widget that records the same, into a folder of its own."""
        return {
            "record": True,
            "consent": self.consent or None,
            "pseudonyms": dict(self.pseudonyms) or None,
        }


def recorded(record: Any, consent: Any, pseudonyms: Any, transport: Transport) -> Recorded | None:
    """Check ``record``, ``consent`` and ``pseudonyms``; None: nothing is recorded.

    Raises:
        SettingError: One of them cannot work.
    """
    folder = _folder(record)
    named = _pseudonyms(pseudonyms)
    if folder is None:
        given = next((name for name, value in (("consent", consent), ("pseudonyms", named)) if value), None)
        if given is not None:
            raise SettingError(
                f"`{given}` is about a recording, and nothing is recorded.",
                next_step="Give record=True, or record=FOLDER.",
            )
        return None
    if consent is not None and not (isinstance(consent, str) and consent.strip()):
        raise SettingError(
            f"`consent` is the text that a person agrees to, not {shown(consent)}.",
            next_step='Give a sentence: consent="This talk is recorded for our study."',
        )
    if consent and transport == "memory":
        raise SettingError(
            "With the transport memory there is no page on which somebody could agree.",
            next_step="Leave `consent` out.",
        )
    return Recorded(folder, consent or "", named)


def _folder(record: Any) -> str | None:
    if record is False or record is None:
        return None
    if record is True:
        return ""
    if isinstance(record, (str, os.PathLike)) and (path := os.fspath(record)) and isinstance(path, str):
        return str.__str__(path)
    raise SettingError(
        f"`record` is True, False or a folder, not {shown(record)}.",
        next_step='Give record=True, or record="runs/p01".',
    )


def _pseudonyms(given: Any) -> Mapping[Side, str]:
    if given is None:
        return {}
    if (
        not isinstance(given, Mapping)
        or not set(given) <= set(SIDES)
        or not all(isinstance(name, str) and name.strip() for name in given.values())
    ):
        raise SettingError(
            f"`pseudonyms` says what {' and '.join(SIDES)} are called, not {shown(given)}.",
            next_step='Give pseudonyms={"user": "P07"}.',
        )
    return {side: str.__str__(given[side]) for side in SIDES if side in given}
