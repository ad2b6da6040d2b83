"""A talk of a file that something else has recorded: its events are told as a call would have told them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from voice_widget.errors import RecordingError, SettingError, shown
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Pcm
from voice_widget.recording import saving
from voice_widget.recording.record import Record
from voice_widget.recording.sound import CodedSound, Stereo
from voice_widget.recording.timeline import SIDES, Piece
from voice_widget.tables.event_log import EventLog

Recogniser = Callable[[Pcm, int], Iterable[Mapping[str, Any]]]
CALL = "file"
_HEARD = "conversation.item.input_audio_transcription.completed"


class _Swapped:
    def __init__(self, sound: CodedSound) -> None:
        self.samples, self._sound = sound.samples, sound

    def read(self, start: int, stop: int) -> Stereo:
        return self._sound.read(start, stop)[:, ::-1]


def foreign_record(
    path: Path,
    transcript: Iterable[Mapping[str, Any]],
    *,
    recogniser: Recogniser | None,
    swapped: bool,
) -> Record:
    """What `Talk.from_audio` makes of a file."""
    coded = CodedSound(path)
    if coded.channels != 2:
        raise RecordingError(
            f"{path} has {coded.channels} channels, not one for each side.",
            code="not_stereo",
            next_step="Give a file with two: the user left, the assistant right.",
        )
    sound = _Swapped(coded) if swapped else coded
    said = [_checked(utterance, SIDES) for utterance in transcript]
    if recogniser is not None:
        for column, side in enumerate(SIDES):
            samples = sound.read(0, sound.samples)[:, column].copy()
            said += [_checked({**one, "role": side}, (side,)) for one in recogniser(samples, RATE)]
    began = path.stat().st_mtime
    log = EventLog(most=1 << 40, most_bytes=1 << 40)
    for at, event in _events(sorted(said, key=lambda one: (one["start_ms"], one["end_ms"]))):
        log.add(event, "local" if event["type"].startswith("voice_widget.") else "received", began + at, CALL)
    facts = {"created_at": datetime.fromtimestamp(began, UTC).isoformat(timespec="milliseconds")}
    manifest = saving.manifest({**facts, "service": path.name, "samples": sound.samples})
    manifest["calls"] = [{"call_id": CALL, "offset_ms": 0.0}]
    pieces = [Piece(side, 0, sound.samples, "sound", None, CALL) for side in SIDES if sound.samples]
    return Record(None, manifest, log.lines, pieces, sound)


def _checked(said: Mapping[str, Any], roles: Collection[str]) -> Mapping[str, Any]:
    start, end = said.get("start_ms"), said.get("end_ms")
    times = isinstance(start, int | float) and isinstance(end, int | float) and 0 <= start <= end
    if said.get("role") not in roles or not isinstance(said.get("text"), str) or not times:
        raise SettingError(
            f"{shown(dict(said), most=200)} is no utterance of a transcript.",
            next_step="Each has role (user or assistant), text, start_ms and end_ms.",
        )
    return said


def _events(said: Iterable[Mapping[str, Any]]) -> Iterator[tuple[float, dict[str, Any]]]:
    yield 0.0, {"type": "voice_widget.call.connecting", "transport": "memory"}
    yield 0.0, {"type": "voice_widget.call.joined", "call_id": CALL}
    yield 0.0, {"type": "session.created", "session": {}}
    ended = 0.0
    for number, one in enumerate(said, 1):
        item, response = f"item_{number}", f"resp_{number}"
        start, end = round(one["start_ms"]), round(one["end_ms"])
        ended = max(ended, end / 1000)
        if one["role"] == "user":
            yield (
                start / 1000,
                {"type": "input_audio_buffer.speech_started", "item_id": item, "audio_start_ms": start},
            )
            yield (
                end / 1000,
                {"type": "input_audio_buffer.speech_stopped", "item_id": item, "audio_end_ms": end},
            )
            yield end / 1000, {"type": "input_audio_buffer.committed", "item_id": item}
            yield end / 1000, {"type": _HEARD, "item_id": item, "transcript": one["text"]}
            continue
        of = {"response_id": response, "item_id": item}
        made = {"id": item, "type": "message", "role": "assistant"}
        yield start / 1000, {"type": "response.created", "response": {"id": response}}
        yield start / 1000, {"type": "response.output_item.added", "response_id": response, "item": made}
        yield start / 1000, {"type": "response.output_audio_transcript.delta", **of, "delta": one["text"]}
        yield (
            start / 1000,
            {"type": "output_audio_buffer.started", "response_id": response, "audio_ms": start},
        )
        yield start / 1000, {"type": "response.done", "response": {"id": response, "status": "completed"}}
        yield end / 1000, {"type": "output_audio_buffer.stopped", "response_id": response, "audio_ms": end}
    yield ended, {"type": "voice_widget.call.closed"}
