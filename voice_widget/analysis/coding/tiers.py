"""Tiers of other programs' files: what is common to them, and the text of a file. Pure."""

from __future__ import annotations

from typing import NamedTuple

from voice_widget.errors import SettingError

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


class Tier(NamedTuple):
    """A tier.

    Attributes:
        name: Its own.
        spans: Start and end in milliseconds, and the text, of each annotation that has one. A point lasts
            one millisecond.
        annotator: Who has made it, if it says so.
        participant: Of whom it is, if it says so.
        parent: The tier on whose annotations it hangs.
    """

    name: str
    spans: list[tuple[int, int, str]]
    annotator: str | None = None
    participant: str | None = None
    parent: str | None = None


def span(start_ms: float, end_ms: float, text: str) -> tuple[int, int, str]:
    """A span in whole milliseconds, of which it lasts at least one.

    Example:
        >>> span(1499.6, 1499.9, " repair ")
        (1500, 1501, 'repair')
    """
    start = round(start_ms)
    return start, max(round(end_ms), start + 1), " ".join(text.split())


def decoded(data: bytes) -> str:
    r"""The text of a file: as its mark says, else UTF-8, else Latin-1, as older files of Praat are.

    Example:
        >>> decoded("\ufeffgrüß".encode("utf-16-be")), decoded("grüß".encode("latin-1"))
        ('grüß', 'grüß')
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def unreadable(
    what: str, next_step: str = "Save it again with the program that has made it."
) -> SettingError:
    """That a file has no tiers that can be read."""
    return SettingError(what, code="labels_unreadable", next_step=next_step)
