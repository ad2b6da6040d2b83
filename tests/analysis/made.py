"""Talks whose turns are known to the millisecond, in a test: with their sound, or with events alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.recording.talks import BEGAN, tone
from voice_widget import Talk
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.clock import iso
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording import saving
from voice_widget.recording.foreign import CALL, Said, _events
from voice_widget.recording.record import Record
from voice_widget.recording.sound import Stereo
from voice_widget.recording.timeline import Piece

Turn = tuple[Side, str | None, int, int]
"""Who, what (None: nobody knows), from which millisecond to before which."""


class InMemory:
    """Sound that lies nowhere."""

    def __init__(self, samples: Stereo) -> None:
        self.samples, self._all = len(samples), samples

    def read(self, start: int, stop: int) -> Stereo:
        result = np.zeros((max(0, stop - start), 2), np.int16)
        there = self._all[start:stop]
        result[: len(there)] = there
        return result


def talk(*turns: Turn, sound: bool = False, length_ms: int | None = None) -> Talk:
    """A talk of these turns; where they sound there is a tone, if there is to be sound."""
    said = [Said(side, start * RATE // 1000, end * RATE // 1000, text) for side, text, start, end in turns]
    log = _events(sorted(said, key=lambda each: each.start), BEGAN)
    last = max((end for *_, end in turns), default=0) + 500
    samples = (last if length_ms is None else length_ms) * RATE // 1000
    facts: dict[str, Any] = {
        "created_at": iso(BEGAN),
        "ended_at": iso(BEGAN + samples / RATE),
        "state": "ended",
        "service": "file",
        "settings": {},
        "pseudonyms": None,
        "samples": samples if sound else 0,
        "calls": [{"call_id": CALL, "offset_ms": 0}],
    }
    if not sound:
        return Talk(Record(None, saving.manifest(facts), log.lines))
    both = np.zeros((samples, 2), np.int16)
    for each in said:
        both[each.start : each.end, SIDES.index(each.side)] = tone(each.end - each.start)
    pieces = [Piece(side, 0, samples, "sound", None, CALL) for side in SIDES]
    return Talk(Record(None, saving.manifest(facts), log.lines, pieces, InMemory(both)))


def exchange(*gaps: int, said: int = 1000, pause: int = 600, **named: Any) -> Talk:
    """Questions and answers of a second each, with these gaps before the answers."""
    turns: list[Turn] = []
    at = 0
    for number, gap in enumerate(gaps, 1):
        turns.append(("user", f"Question {number}?", at, at + said))
        turns.append(("assistant", f"Answer {number}.", at + said + gap, at + 2 * said + gap))
        at += 2 * said + gap + pause
    return talk(*turns, **named)
