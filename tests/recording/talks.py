"""A talk that is recorded, in a test: events and sound as a call in memory gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_widget.realtime.session.session import Session
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import Side
from voice_widget.recording.recorder import Recorder
from voice_widget.tables.event_log import EventLog
from voice_widget.tables.ledger import Ledger

BEGAN = 1_700_000_000.0
HEARD = "conversation.item.input_audio_transcription.completed"


def tone(samples: int, hz: float = 300.0, level: int = 8000, start: int = 0) -> NDArray[np.int16]:
    at = np.arange(start, start + samples) / RATE
    return np.round(level * np.sin(2 * np.pi * hz * at)).astype(np.int16)


class Recorded:
    """A call whose clock is its samples: turns of a second, one after the other."""

    def __init__(self, folder: Path | None, **named: Any) -> None:
        self.now = BEGAN
        self.recorder = Recorder(folder, {"service": "ScriptedService"}, clock=lambda: self.now, **named)
        self.log = EventLog()
        self.log.recorder = self.recorder.event
        self.session = Session()
        self.ledger = Ledger(self.session)
        self.ms = 0
        self("voice_widget.call.connecting", transport="memory", direction="local")
        self("voice_widget.call.joined", call_id="c", direction="local")
        self("session.created", session={})

    def __call__(self, kind: str, *, direction: Any = "received", **fields: Any) -> None:
        event = {"type": kind, **fields}
        self.log.add(event, direction, self.now, self.session.call_id)
        self.ledger.observe(event, self.now, self.session.apply(event, self.now, sent=direction == "sent"))

    @property
    def folder(self) -> Path:
        return self.recorder.folder

    def sound(self, side: Side, pcm: NDArray[np.int16], at_ms: int) -> None:
        """Sound that is there at once, in pieces of 100 ms."""
        start = at_ms * RATE // 1000
        for at in range(start, start + len(pcm), RATE // 10):
            piece = pcm[at - start : at - start + RATE // 10]
            self.recorder.sound("memory", side, at, piece, BEGAN + (at + len(piece)) / RATE, "c")

    def user(self, text: str, pcm: NDArray[np.int16] | None = None) -> None:
        pcm = tone(RATE) if pcm is None else pcm
        item, start = f"u{self.ms}", self.ms
        self("input_audio_buffer.speech_started", item_id=item, audio_start_ms=start)
        self._goes(pcm)
        self.sound("user", pcm, start)
        self("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=self.ms)
        self("input_audio_buffer.committed", item_id=item)
        self(HEARD, item_id=item, transcript=text)

    def assistant(self, text: str, pcm: NDArray[np.int16] | None = None) -> None:
        pcm = tone(RATE, 500) if pcm is None else pcm
        item, response, start = f"a{self.ms}", f"r{self.ms}", self.ms
        of = {"response_id": response, "item_id": item}
        self("response.created", response={"id": response})
        made = {"id": item, "type": "message", "role": "assistant"}
        self("response.output_item.added", response_id=response, item=made)
        self("response.output_audio.delta", **of, delta="A" * (len(pcm) * 2 * 4 // 3))
        self("response.output_audio_transcript.delta", **of, delta=text)
        self("output_audio_buffer.started", response_id=response, audio_ms=start)
        usage = {"total_tokens": 7, "input_tokens": 3, "output_tokens": 4}
        self("response.done", response={"id": response, "status": "completed", "usage": usage})
        self._goes(pcm)
        self.sound("assistant", pcm, start)
        self("output_audio_buffer.stopped", response_id=response, audio_ms=self.ms)

    def silence(self, ms: int) -> None:
        self._goes(tone(ms * RATE // 1000))

    def talk(self) -> None:
        """Two turns of each side, one second each with half a second between them."""
        for asked, answered in (("How many are there?", "There are three."), ("And now?", "Four, I think.")):
            self.user(asked)
            self.silence(500)
            self.assistant(answered)
            self.silence(500)

    def end(self) -> None:
        self("voice_widget.call.closed", direction="local")
        self.recorder.end().result(60)

    def _goes(self, pcm: NDArray[np.int16]) -> None:
        self.ms += len(pcm) * 1000 // RATE
        self.now = BEGAN + self.ms / 1000


def lines(folder: Path, name: str) -> list[Any]:
    return [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]
