"""What may be said of a talk: labels are checked here, and put with those that are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from voice_widget.analysis.coding.coded import Coded
from voice_widget.analysis.coding.scheme import Scheme
from voice_widget.analysis.numeric import milliseconds
from voice_widget.errors import SettingError, nearest, shown
from voice_widget.realtime.state.records import SIDES
from voice_widget.realtime.state.rows import place_of
from voice_widget.recording.labels import Label, Labels, now

_LONGEST = 100


def scheme_of(labels: Labels) -> Scheme | None:
    """The scheme that is kept with labels; None: there is none that can be read."""
    if labels.scheme is None:
        return None
    try:
        return Scheme.of_json(labels.scheme)
    except SettingError:
        return None


def with_scheme(labels: Labels, scheme: object) -> Labels:
    """Labels by another scheme.

    Raises:
        SettingError: It is none, or has not all codes that were given (``scheme_invalid``).
    """
    if not isinstance(scheme, Scheme):
        raise SettingError(
            f"A scheme is a Scheme, not {shown(scheme)}.",
            code="scheme_invalid",
            next_step='Write Scheme("repair", "backchannel").',
        )
    before = scheme_of(labels) or ()
    lost = sorted({x.code for x in labels.given if x.code in before and x.code not in scheme})
    if lost:
        raise SettingError(
            f"Labels have codes that this scheme has not: {', '.join(lost)}.",
            code="scheme_invalid",
            next_step="Keep these in it, or take those labels back first.",
        )
    return replace(labels, scheme=scheme.as_json(), scheme_broken=False)


def added(labels: Labels, talk: Coded, fields: Mapping[str, Any]) -> Labels:
    """Labels with one more."""
    label = _checked(Label(labels.last + 1, labelled_at=now(), **fields), talk, scheme_of(labels))
    return replace(labels, given=(*labels.given, label), last=label.number)


def removed(labels: Labels, number: object) -> Labels:
    """Labels without one.

    Raises:
        SettingError: There is none of that number (``unknown_label``).
    """
    gone = _numbered(labels, number)
    return replace(labels, given=tuple(label for label in labels.given if label is not gone))


def changed(labels: Labels, talk: Coded, number: object, fields: Mapping[str, Any]) -> Labels:
    """Labels of which one is another; what is None stays as it was."""
    before = _numbered(labels, number)
    given = {name: value for name, value in fields.items() if value is not None}
    if "seq" in given:
        given = {"side": None, "start_ms": None, "end_ms": None, **given}
    elif {"start_ms", "end_ms"} & given.keys() and before.seq is not None:
        given = {"seq": None, **given}
    after = _checked(replace(before, labelled_at=now(), **given), talk, scheme_of(labels))
    return replace(labels, given=tuple(after if label is before else label for label in labels.given))


def coder_of(name: object) -> str:
    """A coder's name.

    Raises:
        SettingError: It is none (``label_invalid``).
    """
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > _LONGEST:
        raise _invalid(f"A coder has a short name, not {shown(name)}.", 'Write coder="AB".')
    return " ".join(name.split())  # as files of ELAN and Praat bring it back


def names_of(given: object) -> list[str]:
    """One name, or several, as a list of them.

    Raises:
        SettingError: It is neither (``label_invalid``).

    Example:
        >>> names_of("AB"), names_of(("AB", "CD"))
        (['AB'], ['AB', 'CD'])
    """
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, Iterable):
        raise _invalid(f"Names are texts, not {shown(given)}.", "Give a list of them.")
    return list(names)


def no_scheme() -> SettingError:
    """That there are no codes to give."""
    return SettingError(
        "This talk has no scheme yet: there is no code to give.",
        code="no_scheme",
        next_step='Write talk.scheme = Scheme("repair", "backchannel").',
    )


def unknown_code(code: object, scheme: Scheme) -> SettingError:
    """That a code is none of the scheme's."""
    return SettingError(
        f"The scheme has no code {shown(code)}.",
        code="unknown_code",
        next_step=nearest(code, scheme) or f"It has {', '.join(scheme)}.",
    )


def _numbered(labels: Labels, number: object) -> Label:
    try:
        wanted = None if isinstance(number, bool) else int(number.__index__())  # type: ignore[attr-defined]
    except Exception:  # it may be any object
        wanted = None
    found = next((label for label in labels.given if label.number == wanted), None)
    if found is None:
        raise SettingError(
            f"There is no label {shown(number)}.",
            code="unknown_label",
            next_step="Take one from the column number of labels_df.",
        )
    return found


def _checked(label: Label, talk: Coded, scheme: Scheme | None) -> Label:
    if scheme is None:
        raise no_scheme()
    if not isinstance(label.code, str) or label.code not in scheme:
        raise unknown_code(label.code, scheme)
    if not isinstance(label.note, str):
        raise _invalid(f"A note is a text, not {shown(label.note)}.", "Write it, or leave it out.")
    if label.side not in (None, *SIDES):
        raise _invalid(
            f"There is no side {shown(label.side)}.", 'Write "user" or "assistant", or leave it out.'
        )
    label = replace(label, coder=coder_of(label.coder))
    return _of_stretch(label, talk.duration_ms) if label.seq is None else _of_turn(label, talk)


def _of_turn(label: Label, talk: Coded) -> Label:
    if label.start_ms is not None or label.end_ms is not None:
        raise _invalid("A label is of a turn or of a stretch, not of both.", "Leave one of them out.")
    row = talk.rows[place_of(label.seq, talk.rows)]
    if label.side not in (None, row["role"]):
        raise _invalid(
            f"Turn {row['seq']} is not of that side: it is the {row['role']}'s.", "Leave the side out."
        )
    return replace(label, seq=row["seq"], side=None)


def _of_stretch(label: Label, end_ms: int) -> Label:
    if label.start_ms is None or label.end_ms is None:
        raise _invalid("Nobody has said of what the label is.", "Give a turn's seq, or start_ms and end_ms.")
    start, end = _whole("start_ms", label.start_ms), _whole("end_ms", label.end_ms)
    if start >= end:
        raise _invalid(
            f"The stretch ends at {end} ms and begins at {start} ms.", "Let it end after its beginning."
        )
    if start < 0 or end > end_ms:
        raise SettingError(
            f"From {start} to {end} ms is not within the talk: it lasts {end_ms} ms.",
            code="label_outside",
            next_step="Give times of the recording, in milliseconds.",
        )
    return replace(label, start_ms=start, end_ms=end)


def _whole(name: str, value: Any) -> int:
    found = milliseconds(value)
    if found is None:
        raise _invalid(f"{name} is a number of milliseconds, not {shown(value)}.", "Give one such as 1500.")
    return found


def _invalid(message: str, next_step: str) -> SettingError:
    return SettingError(message, code="label_invalid", next_step=next_step)
