"""The arguments by which a widget is told to record, checked."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from voice_widget.errors import SettingError, shown
from voice_widget.realtime.state.clock import iso
from voice_widget.realtime.state.records import SIDES, Consent, Side, Transport


class Recorded(NamedTuple):
    """What is to be recorded.

    Attributes:
        folder: Where to; empty: into a temporary one.
        consent: What a person has to agree to first, or has agreed to already; None: nothing.
        pseudonyms: What the sides are called in exports.
    """

    folder: str
    consent: Consent | None
    pseudonyms: Mapping[Side, str]

    def traits(self) -> dict[str, Any]:
        """What the traits say at first."""
        return {"recording": "recording", "consent": self.consent}

    def again(self) -> dict[str, Any]:
        """The arguments of a widget that records the same, into a folder of its own."""
        return {
            "record": True,
            "consent": self.consent,
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
    asked = None if consent is None else _consent(consent)
    if asked is not None and not asked["answer"] and transport == "memory":
        raise SettingError(
            "With the transport memory there is no page on which somebody could agree.",
            next_step="Leave `consent` out, or give the answer with it.",
        )
    return Recorded(folder, asked, named)


def _consent(given: Any) -> Consent:
    """A text to be asked; or as the trait says it, with an answer that was given elsewhere, as on paper."""
    if isinstance(given, str) and given.strip():
        return {"text": str.__str__(given), "answer": "", "at": ""}
    if isinstance(given, Mapping) and set(given) <= {"text", "answer", "at"}:
        text, answer, at = given.get("text"), given.get("answer", ""), _moment(given.get("at"))
        if answer == "declined":
            raise SettingError(
                "Who has declined is not recorded.", next_step="Leave `record` and `consent` out."
            )
        if isinstance(text, str) and text.strip() and answer in ("", "agreed") and at is not None:
            text = str.__str__(text)
            return {"text": text, "answer": "agreed", "at": iso(at)} if answer else _consent(text)
    raise SettingError(
        f"`consent` is the text that a person agrees to, not {shown(given)}.",
        next_step='Give a sentence: consent="This talk is recorded for our study."',
    )


def _moment(at: Any) -> float | None:
    """Seconds since the epoch, now where nothing is said; None: this is no time."""
    try:
        moment = datetime.fromisoformat(at) if isinstance(at, str) and at else at
        if not moment:
            return time.time()
        return moment.timestamp() if isinstance(moment, datetime) else None
    except (ValueError, OverflowError):  # as the first and the last years are in some zones
        return None


def _folder(record: Any) -> str | None:
    if record is False or record is None:
        return None
    if record is True:
        return ""
    from voice_widget.recording.folder import path_of  # with numpy, which a first import does without

    try:
        return str(path_of(record))
    except SettingError:
        raise SettingError(
            f"`record` is True, False or a folder, not {shown(record)}.",
            next_step='Give record=True, or record="runs/p01".',
        ) from None


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
