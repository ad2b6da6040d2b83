"""Each event by itself: does it have a name and an id, are its fields there, and are they what they must be.

Two descriptions of the protocol are asked: ours (`realtime.wire.fields`), and the types of the ``openai``
package. What those refuse, clients that check by them drop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from voice_widget.commands.check.record import Deviation, Record, kind_of, shown
from voice_widget.commands.check.rules.session import flat
from voice_widget.realtime.wire.beta import FLAT, RENAMED
from voice_widget.realtime.wire.events import OWN, SERVER_EVENTS, Event
from voice_widget.realtime.wire.fields import SERVER_FIELDS

if TYPE_CHECKING:
    from pydantic import BaseModel

_LARGEST_MESSAGE = 64 * 1024
_BROKEN = "\ufffd"
_NAMED_TYPES: Mapping[tuple[str, str], str] = {
    ("response.created", "response.status_details"): "status_details_no_object",
    ("response.done", "response.status_details"): "status_details_no_object",
    ("error", "error"): "error_no_object",
    ("error", "error.code"): "error_code_no_text",
}
_OLD_PARTS = ("text", "audio")
_PART = re.compile(r"content\[\d+\]\.type$")
_MISSING = ("missing",)
_VALUES = ("literal_error", "enum")
_PLAIN = ("str", "int", "float", "bool", "none")


def rules(record: Record) -> Iterator[Deviation]:
    """What is wrong with events taken one by one."""
    ids: dict[str, str] = {}
    for entry in record.entries:
        if entry.sent:
            continue
        if entry.event is None:
            yield Deviation("not_json", "(no event)", "", entry.note)
            continue
        kind = kind_of(entry.event)
        if not kind:
            yield Deviation("not_json", "(no event)", "type", f"`type` is {shown(entry.event.get('type'))}")
            continue
        if entry.note:
            yield Deviation("not_json", kind, "", entry.note)
        if record.way == "webrtc" and entry.size > _LARGEST_MESSAGE:
            yield Deviation("message_too_large", kind, "", f"{entry.size:,} bytes")
        yield from _names(entry.event, kind)
        yield from _id(entry.event, kind, ids)
        if kind in SERVER_EVENTS:
            yield from _fields({**entry.event, "type": kind}, kind)
        if kind.endswith(".delta") and _BROKEN in str(entry.event.get("delta")):
            yield Deviation("broken_characters", kind, "delta", shown(entry.event.get("delta")))


def _names(event: Mapping[str, Any], kind: str) -> Iterator[Deviation]:
    given = event.get("type")
    if given in RENAMED:
        yield Deviation("older_name", str(given), "type", f"`{given}`", f"`{kind}`")
    elif kind not in SERVER_EVENTS and not kind.startswith(OWN):
        yield Deviation("unknown_event", kind, "type", f"`{kind}`")


def _id(event: Mapping[str, Any], kind: str, ids: dict[str, str]) -> Iterator[Deviation]:
    given = event.get("event_id")
    if not isinstance(given, str) or not given:
        seen = shown(given) if "event_id" in event else "none"
        yield Deviation("event_id_missing", kind, "event_id", seen)
    elif given in ids:
        yield Deviation(
            "event_id_repeated", kind, "event_id", f"{shown(given)}, as in an earlier `{ids[given]}`"
        )
    else:
        ids[given] = kind


def _fields(event: Event, kind: str) -> Iterator[Deviation]:
    named: set[str] = {"event_id"}
    session = event.get("session")
    if flat(session):
        named.add("session")
        yield Deviation(
            "older_shape", kind, "session", f"{', '.join(sorted(FLAT.intersection(session or ())))}"
        )
    if kind == "session.updated":
        named |= {"session.audio.input.format", "session.audio.output.format"}  # session.py looks at those
    for name, test, _ in SERVER_FIELDS[kind]:
        value = event.get(name)
        if name != "event_id" and value is not None and (fault := test(value)) is not None:
            path = name + fault.path
            named.add(path)
            called = _NAMED_TYPES.get((kind, path), "field_type")
            yield Deviation(called, kind, path, shown(fault.value), fault.expected)
    for path, what, value in refused(event, kind):
        if any(path == known or path.startswith((f"{known}.", f"{known}[")) for known in named):
            continue
        named.add(path)
        last = path.rpartition(".")[2]
        if what in _MISSING:
            called = "id_missing" if last == "id" or last.endswith("_id") else "field_missing"
            yield Deviation(called, kind, path, "none")
        elif value is None and (last == "id" or last.endswith("_id")):
            yield Deviation("id_missing", kind, path, "null")
        elif isinstance(value, str) and value in _OLD_PARTS and _PART.search(path):
            yield Deviation("older_name", kind, path, shown(value), shown(f"output_{value}"))
        else:
            yield Deviation("value_unknown" if what in _VALUES else "field_type", kind, path, shown(value))


def refused(event: Event, kind: str) -> list[tuple[str, str, Any]]:
    """What the types of the ``openai`` package refuse in an event: path, kind of complaint, value."""
    from pydantic import ValidationError

    model = _models().get(kind)
    if model is None:
        return []
    try:
        model.model_validate(event)
    except ValidationError as error:
        complaints = error.errors(include_url=False, include_context=False)
        return [
            (_path(where), what, value)
            for where, what, value in _meant([(c["loc"], c["type"], c["input"]) for c in complaints])
        ]
    return []


_Complaint = tuple[tuple[str | int, ...], str, Any]


def _meant(complaints: list[_Complaint], depth: int = 0) -> list[_Complaint]:
    """Where something may have one of several shapes, each complains for itself: keep what one says."""
    plain: list[_Complaint] = []
    choices: dict[tuple[str | int, ...], dict[str | int, list[_Complaint]]] = {}
    for complaint in complaints:
        where = complaint[0]
        at = next((n for n in range(depth, len(where)) if _names_a_shape(where[n])), None)
        if at is None:
            plain.append(complaint)
        else:
            choices.setdefault(where[:at], {}).setdefault(where[at], []).append(complaint)
    for place, shapes in choices.items():
        after = len(place) + 1
        kept = [_meant(found, after) for found in shapes.values()]
        kept.sort(key=len)
        plain += next((found for found in kept if not _is_another(found, after)), kept[0])
    return plain


def _is_another(complaints: list[_Complaint], after: int) -> bool:
    """It is not even this shape: its own ``type`` says so."""
    own = [(where[after:], what) for where, what, _ in complaints]
    return any(rest in (("type",), ("role",)) and what in _VALUES for rest, what in own)


@cache
def _models() -> Mapping[str, type[BaseModel]]:
    """The types of the ``openai`` package by the event's name."""
    from openai.types.realtime import RealtimeServerEvent

    found: dict[str, type[BaseModel]] = {}
    union = get_args(RealtimeServerEvent)[0]
    for model in get_args(union):
        for kind in get_args(model.model_fields["type"].annotation):
            found[kind] = model
    return found


def _names_a_shape(step: str | int) -> bool:
    return isinstance(step, str) and (step[:1].isupper() or "[" in step or step in _PLAIN)


def _path(where: tuple[str | int, ...]) -> str:
    path = ""
    for step in where:
        if isinstance(step, int):
            path += f"[{step}]"
        elif not _names_a_shape(step):
            path += f".{step}" if path else step
    return path
