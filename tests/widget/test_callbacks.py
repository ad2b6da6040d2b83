from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from voice_widget.tables.event_log import EventLog
from voice_widget.threads.publisher import Publisher
from voice_widget.widget.callbacks import Listener, Listeners


@pytest.fixture
def publisher():
    made = Publisher(lambda message, buffers: None)
    yield made
    made.close()


def test_who_falls_behind_misses_events_and_hears_how_many(
    publisher: Publisher, caplog: pytest.LogCaptureFixture
):
    got: list[tuple[int, int]] = []
    waiting, release = threading.Event(), threading.Event()

    def slow(told: dict[str, Any]) -> None:
        got.append((told["n"], told["dropped"]))
        waiting.set()
        release.wait(10)

    listener = Listener(slow, publisher, most=3)
    listener.tell({"n": 1})
    assert waiting.wait(20)
    with caplog.at_level(logging.WARNING, "voice_widget"):
        for n in range(2, 11):
            listener.tell({"n": n})
    release.set()
    assert publisher.flush(calls=True)
    listener.tell({"n": 11})
    listener.tell({"n": 12})
    assert publisher.flush(calls=True)
    assert got == [(1, 0), (2, 0), (3, 0), (4, 0), (11, 6), (12, 0)]
    assert len(caplog.records) == 1
    assert "slow is 3 events behind" in caplog.text


def test_one_that_raises_is_named_once_and_keeps_nothing_from_the_others(
    publisher: Publisher, caplog: pytest.LogCaptureFixture
):
    def raises(told: Any) -> None:
        raise ValueError("mine")

    listeners, log = Listeners(publisher), EventLog()
    log.listener = listeners.hear
    seen: list[str] = []
    listeners.add("event", raises)
    listeners.add("event", lambda told: seen.append(told["event"]["type"]))
    for _ in range(3):
        log.add({"type": "session.created"}, "received", 1.0, "rtc_1")
    assert publisher.flush(calls=True)
    assert seen == ["session.created"] * 3
    assert len(caplog.records) == 1
    assert "raises raised" in caplog.text


def test_a_second_and_different_fault_is_logged_too(publisher: Publisher, caplog: pytest.LogCaptureFixture):
    def raises(told: dict[str, Any]) -> None:
        if told["n"] % 2:
            raise ValueError("odd")
        raise KeyError("even")

    listener = Listener(raises, publisher)
    for n in range(6):
        listener.tell({"n": n})
    assert publisher.flush(calls=True)
    assert sorted(record.exc_info[0].__name__ for record in caplog.records if record.exc_info) == [  # type: ignore[union-attr]
        "KeyError",
        "ValueError",
    ]


def test_what_the_publisher_does_not_take_is_counted_too(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
):
    got: list[Any] = []
    listener = Listener(got.append, publisher)
    with monkeypatch.context() as full:
        full.setattr(publisher, "call", lambda *args: False)
        listener.tell({"n": 1})
    listener.tell({"n": 2})
    assert publisher.flush(calls=True)
    assert got == [{"n": 2, "dropped": 1}]


def test_they_hear_what_is_kept_and_no_more(publisher: Publisher):
    listeners, log = Listeners(publisher), EventLog()
    log.listener = listeners.hear
    told: list[dict[str, Any]] = []
    speech: list[dict[str, Any]] = []
    listeners.add("event", told.append)
    listeners.add("speech_started", speech.append)
    log.add({"type": "session.update", "session": {"client_secret": {"value": "ek_1"}}}, "sent", 1.0, None)
    log.add({"type": "response.output_audio.delta", "delta": "AAAA"}, "received", 2.0, "rtc_1")
    log.add({"type": "input_audio_buffer.append", "audio": "AAAA"}, "sent", 3.0, "rtc_1")
    log.add({"type": "input_audio_buffer.speech_started", "item_id": "i"}, "received", 4.0, "rtc_1")
    log.add({"type": "input_audio_buffer.speech_started", "item_id": "i"}, "page", 4.0, "rtc_1")
    assert publisher.flush(calls=True)
    assert len(told) == 4
    assert "ek_1" not in str(told)
    assert told[1]["event"]["delta"] == "<4 characters of audio>"
    assert speech == [
        {
            "at": 4.0,
            "direction": "received",
            "call_id": "rtc_1",
            "event": {"type": "input_audio_buffer.speech_started", "item_id": "i"},
            "dropped": 0,
        }
    ]
