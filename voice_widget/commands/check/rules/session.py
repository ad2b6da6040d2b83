"""The session: does the server say that it is there, and is in force what was set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from voice_widget.commands.check.record import OPENED, Deviation, Record, kind_of, member, shown
from voice_widget.realtime.wire.beta import FLAT, current_session

_FORMATS: tuple[tuple[str, ...], ...] = (("audio", "input", "format"), ("audio", "output", "format"))
_SKEW_S = 60.0
_TOO_FAR = 1e11
"""Seconds since 1970 in more than three thousand years; milliseconds of 1973."""
_SETTINGS: tuple[tuple[str, ...], ...] = (
    ("instructions",),
    ("output_modalities",),
    ("audio", "output", "voice"),
    ("audio", "input", "turn_detection", "type"),
    ("audio", "input", "turn_detection", "create_response"),
    ("audio", "input", "turn_detection", "interrupt_response"),
    ("audio", "input", "transcription", "model"),
)


def rules(record: Record) -> Iterator[Deviation]:
    """What is wrong with the session's own events."""
    yield from _beginning(record)
    yield from _ends(record)
    updates = [(place, event) for place, kind, event in record.received() if kind == "session.updated"]
    refused = {member(event, "error", "event_id") for _, kind, event in record.received() if kind == "error"}
    for place, sent in record.sent("session.update"):
        if sent.get("event_id") in refused:
            continue
        answer = next((event for at, event in updates if at > place), None)
        if answer is not None and isinstance(answer.get("session"), Mapping):
            yield from _in_force(sent["session"], current_session(answer["session"]))


def _beginning(record: Record) -> Iterator[Deviation]:
    first: str | None = None
    for entry in record.entries:
        if entry.sent:
            if entry.event is not None and entry.event.get("type") == OPENED:
                first = None
        elif kind := kind_of(entry.event):
            if kind == "session.created":
                if record.way == "sideband":
                    yield Deviation("session_created_on_sideband", kind, "", "one came")
                elif first is not None:
                    yield Deviation("session_created_late", kind, "", f"after `{first}`")
            first = first or kind


def _ends(record: Record) -> Iterator[Deviation]:
    for _, kind, event in record.received():
        if kind in ("session.created", "session.updated"):
            ends_at = member(event, "session", "expires_at")
            if not isinstance(ends_at, (int, float)) or not ends_at:
                continue  # zero says nothing of it
            if not record.began_at - _SKEW_S <= ends_at < _TOO_FAR:
                yield Deviation("expiry_no_time", kind, "session.expires_at", shown(ends_at))


def _in_force(asked: Mapping[str, Any], shows: Mapping[str, Any]) -> Iterator[Deviation]:
    for path in _FORMATS:
        want, there = member(asked, *path), member(shows, *path)
        where = ".".join(("session", *path))
        if want is None:
            continue
        if there is None:
            yield Deviation("session_incomplete", "session.updated", where, "none")
        elif not isinstance(there, Mapping):
            yield Deviation("other_format", "session.updated", where, shown(there), shown(want))
        elif there.get("type") != want.get("type") or there.get("rate", 24000) != want.get("rate", 24000):
            yield Deviation("other_format", "session.updated", where, shown(dict(there)), shown(want))
    for path in _SETTINGS:
        want, there = member(asked, *path), member(shows, *path)
        if want is None or want == there:
            continue
        if path == ("instructions",) and isinstance(there, str) and want in there:
            continue  # a server may add to them
        where = ".".join(("session", *path))
        name = "session_incomplete" if there is None else "setting_not_in_force"
        yield Deviation(
            name, "session.updated", where, "none" if there is None else shown(there), shown(want)
        )
    yield from _tools(asked.get("tools"), shows)


def _tools(asked: Any, shows: Mapping[str, Any]) -> Iterator[Deviation]:
    if not asked:
        return
    there = shows.get("tools")
    if there is None:
        yield Deviation("session_incomplete", "session.updated", "session.tools", "none")
        return
    names = {member(tool, "name") for tool in there} if isinstance(there, list) else set()
    missing = [tool["name"] for tool in asked if tool["name"] not in names]
    if missing:
        yield Deviation(
            "setting_not_in_force", "session.updated", "session.tools", f"without {', '.join(missing)}"
        )


def flat(session: Any) -> bool:
    """The session stands in the shape from before general availability."""
    return isinstance(session, Mapping) and not FLAT.isdisjoint(session) and "audio" not in session


def output_format(record: Record, place: int) -> str:
    """The form of the answer's sound in force at a place: ``audio/pcm`` until the server says otherwise."""
    form = "audio/pcm"
    for at, kind, event in record.received():
        if at > place:
            break
        if kind in ("session.created", "session.updated") and isinstance(event.get("session"), Mapping):
            given = member(current_session(event["session"]), *_FORMATS[1])
            kind_given = given if isinstance(given, str) else member(given, "type")
            form = kind_given if isinstance(kind_given, str) else form
    return form


def speaks(record: Record, place: int) -> bool:
    """The session's answers are to be spoken at this place."""
    modalities: Any = None
    for at, kind, event in record.received():
        if at > place:
            break
        if kind in ("session.created", "session.updated") and isinstance(event.get("session"), Mapping):
            modalities = member(current_session(event["session"]), "output_modalities") or modalities
    return not isinstance(modalities, list) or "audio" in modalities
