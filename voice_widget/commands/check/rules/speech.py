"""Spoken turns: from the first voice to the words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from voice_widget.commands.check.record import Deviation, Received, Record, member, shown

_STARTED, _STOPPED, _COMMITTED = (
    f"input_audio_buffer.{name}" for name in ("speech_started", "speech_stopped", "committed")
)
_HEARD = "conversation.item.input_audio_transcription."
_ADDED = "conversation.item.added"
_CLOCK_MS = 2000.0


def rules(record: Record) -> Iterator[Deviation]:
    """What is wrong with what the caller said."""
    steps = list(record.received())
    yield from _turns(record, steps)
    yield from _words(steps)
    yield from _items(steps)


def _turns(record: Record, steps: list[Received]) -> Iterator[Deviation]:
    item: str | None = None
    began: Any = None
    stopped = True
    for place, kind, event in steps:
        given = event.get("item_id")
        if kind == _STARTED:
            item, began, stopped = (
                (given if isinstance(given, str) else None),
                event.get("audio_start_ms"),
                False,
            )
            yield from _time(record, place, kind, "audio_start_ms", began)
        elif kind == _STOPPED:
            if stopped:
                yield Deviation("wrong_order", kind, "", f"before `{_STARTED}`")
            stopped = True
            yield from _same(item, kind, given)
            ended = event.get("audio_end_ms")
            yield from _time(record, place, kind, "audio_end_ms", ended)
            if _number(began) and _number(ended) and ended <= began:
                yield Deviation("speech_times", kind, "audio_end_ms", f"{ended}, and it began at {began}")
        elif kind == _COMMITTED and item is not None:
            yield from _same(item, kind, given)
        elif kind == _ADDED and item is not None and _is_speech(event):
            yield from _same(item, kind, member(event, "item", "id"), "item.id")
            part = event["item"]["content"][0]
            if "transcript" not in part:
                yield Deviation("field_missing", kind, "item.content[0].transcript", "none")


def _same(item: str | None, kind: str, given: Any, where: str = "item_id") -> Iterator[Deviation]:
    if item is not None and isinstance(given, str) and given != item:
        yield Deviation("speech_item_changed", kind, where, f"{shown(given)} after {shown(item)}")


def _time(record: Record, place: int, kind: str, name: str, value: Any) -> Iterator[Deviation]:
    """A time must lie within the sound that was sent. With WebRTC nobody counts that."""
    if record.way != "websocket" or not _number(value):
        return
    sent = sum(
        member(entry.event, "audio_ms") or 0
        for entry in record.entries[:place]
        if entry.sent and member(entry.event, "type") == "input_audio_buffer.append"
    )
    if value > sent + _CLOCK_MS:
        yield Deviation("speech_times", kind, name, f"{value} when {sent:.0f} ms were sent")


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_speech(event: Any) -> bool:
    content = member(event, "item", "content")
    return (
        member(event, "item", "role") == "user"
        and isinstance(content, list)
        and bool(content)
        and member(content[0], "type") == "input_audio"
    )


def _words(steps: list[Received]) -> Iterator[Deviation]:
    texts: dict[str, list[str]] = {}
    for _, kind, event in steps:
        if kind == _HEARD + "completed":
            said = texts.setdefault(str(event.get("item_id")), [])
            said.append(str(event.get("transcript")))
            status = event.get("status")
            if len(said) > 1:
                yield Deviation(
                    "transcription_in_progress",
                    kind,
                    "transcript",
                    f"{shown(said[-2])}, then {shown(said[-1])}",
                )
            elif status not in (None, "completed"):
                yield Deviation("transcription_in_progress", kind, "status", shown(status))
            if not said[-1].strip():
                yield Deviation("transcript_empty", kind, "transcript", shown(said[-1]))
        elif kind == _HEARD + "failed":
            error = event.get("error")
            words = member(error, "message") or member(error, "code") or "no reason"
            yield Deviation("transcription_failed", kind, "error", str(words))


def _items(steps: list[Received]) -> Iterator[Deviation]:
    """What was transcribed has the id under which it was heard."""
    items: dict[str, None] = {}
    for _, kind, event in steps:
        given = member(event, "item", "id") if kind == _ADDED and _is_speech(event) else event.get("item_id")
        if not isinstance(given, str):
            continue
        if kind in (_STARTED, _STOPPED, _COMMITTED, _ADDED):
            items[given] = None
        elif kind.startswith(_HEARD) and items and given not in items:
            yield from _same(list(items)[-1], kind, given)
