"""The events that are kept: how many, how large, and what of them."""

from __future__ import annotations

from typing import Any

import pytest

from voice_widget.tables.event_log import DROPPED, Entry, EventLog
from voice_widget.tables.events import events_frame


def filled(log: EventLog, count: int, **fields: Any) -> EventLog:
    for number in range(count):
        log.add({"type": "response.created", "number": number, **fields}, "received", 10.0 + number, "rtc_1")
    return log


def numbers(log: EventLog) -> list[int]:
    return [entry.event["number"] for entry in log if "number" in entry.event]


def test_what_fits_is_kept_whole():
    log = filled(EventLog(most=5), 5)
    assert (len(log), log.dropped, numbers(log)) == (5, 0, [0, 1, 2, 3, 4])
    assert all(entry.event["type"] != DROPPED for entry in log)


def test_the_oldest_go_and_are_counted():
    log = filled(EventLog(most=3), 5)
    assert (len(log), log.dropped, numbers(log)) == (3, 2, [2, 3, 4])
    first = next(iter(log))
    assert first == Entry(12.0, "local", None, {"type": DROPPED, "count": 2})


@pytest.mark.parametrize(
    "large",
    ["x" * 10_000, [["xxxxxxxxxx"] * 20] * 8, {f"name {number}": number for number in range(100)}],
    ids=["text", "lists", "names"],
)
def test_large_events_go_by_their_size(large: Any):
    log = filled(EventLog(most_bytes=50_000), 100, large=large)
    assert 2 <= len(log) <= 30
    assert sum(len(line.event) for line in log.lines()) < 50_000
    assert log.dropped == 100 - len(log)
    assert numbers(log)[-1] == 99


def test_one_that_is_larger_than_all_is_kept_alone():
    log = filled(EventLog(most_bytes=1000), 3)
    log.add({"type": "error", "text": "x" * 5000}, "received", 20.0, None)
    assert [entry.event["type"] for entry in log] == [DROPPED, "error"]
    filled(log, 2)
    assert numbers(log) == [0, 1]


def test_the_table_says_how_many_are_missing():
    frame = events_frame(filled(EventLog(most=2), 7).lines())
    assert list(frame["type"]) == [DROPPED, "response.created", "response.created"]
    assert '"count": 5' in frame["event"].iloc[0]
    assert frame["at"].is_monotonic_increasing


def test_a_reader_has_a_copy():
    log = filled(EventLog(most=3), 3)
    entries = iter(log)
    filled(log, 3)
    assert len(list(entries)) == 3


@pytest.mark.parametrize("kind", ["voice_widget.voice_activity", "voice_widget.voice_activity.wanted"])
def test_what_is_told_only_to_who_looks_is_not_kept(kind: str):
    log, recorded = EventLog(), []
    log.recorder = recorded.append
    log.add({"type": kind, "probabilities": [0.5]}, "received", 0.0, None)
    assert [*log, *recorded] == []


def test_sound_is_told_by_its_length_and_frames_are_left_out():
    log = EventLog()
    log.add({"type": "input_audio_buffer.append", "audio": "AAAA"}, "sent", 0.0, None)
    log.add({"type": "response.output_audio.delta", "delta": "AAAA"}, "received", 0.0, None)
    [entry] = log
    assert entry.event["delta"] == "<4 characters of audio>"
