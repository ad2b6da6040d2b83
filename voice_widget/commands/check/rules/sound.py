"""The sound of answers: it is in the events of a WebSocket, and beside them with WebRTC."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from voice_widget.commands.check.record import Deviation, Record, member, shown
from voice_widget.commands.check.rules.responses import Response, responses
from voice_widget.commands.check.rules.session import output_format, speaks

_DELTA = "response.output_audio.delta"
_BUFFER = "output_audio_buffer."


def rules(record: Record) -> Iterator[Deviation]:
    """What is wrong with the answers' sound."""
    for response in responses(record):
        if record.way == "websocket":
            yield from _in_events(record, response)
        else:
            yield from _beside(record, response)


def _in_events(record: Record, response: Response) -> Iterator[Deviation]:
    pcm = output_format(record, response.start) == "audio/pcm"
    heard, silent = 0, True
    for step in response.steps:
        if step.kind != _DELTA or not isinstance(delta := step.event.get("delta"), str):
            continue
        try:
            data = base64.b64decode(delta, validate=True)
        except (binascii.Error, ValueError):
            yield Deviation("audio_not_base64", _DELTA, "delta", shown(delta))
            continue
        heard += len(data)
        silent = silent and not any(data)
        if pcm and len(data) % 2:
            yield Deviation("audio_odd_bytes", _DELTA, "delta", f"{len(data):,} bytes")
    if heard and silent and pcm:
        yield Deviation("audio_silent", _DELTA, "delta", f"{heard:,} bytes, all of them zero")
    if (
        not heard
        and response.status == "completed"
        and speaks(record, response.start)
        and _says_something(response)
    ):
        yield Deviation("audio_missing", _DELTA, "", "none in an answer with text")


def _says_something(response: Response) -> bool:
    modalities = [member(step.event, "response", "output_modalities") for step in response.created]
    if ["text"] in modalities:
        return False
    return any(item.kind == "message" for item in response.items.values())


def _beside(record: Record, response: Response) -> Iterator[Deviation]:
    if any(step.kind == _DELTA for step in response.steps):
        name = "audio_on_sideband" if record.way == "sideband" else "audio_on_channel"
        yield Deviation(name, _DELTA, "", "some came")
    places = {
        step.kind.removeprefix(_BUFFER): step.place
        for step in response.steps
        if step.kind.startswith(_BUFFER)
    }
    ends = [places[name] for name in ("stopped", "cleared") if name in places]
    if ends and places.get("started", -1) > min(ends):
        yield Deviation("wrong_order", f"{_BUFFER}stopped", "", f"before `{_BUFFER}started`")
