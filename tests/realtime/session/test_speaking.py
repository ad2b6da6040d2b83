"""When each side began to speak and ended, by whoever counts it."""

from __future__ import annotations

import pytest

from tests.realtime.talk import Talk
from voice_widget.realtime.state.changes import SpeakingChanged


def told(talk: Talk) -> list[tuple[str, bool, int | None]]:
    return [(change.side, change.speaking, change.at_ms) for change in talk.all(SpeakingChanged)]


def test_in_memory_it_is_the_clock_of_the_samples() -> None:
    talk = Talk(transport="memory")
    talk("input_audio_buffer.speech_started", item_id="u", audio_start_ms=1200)
    talk("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=2100, wait=3.0)
    talk.response("r")
    talk.message("r", "a")
    talk("output_audio_buffer.started", response_id="r", audio_ms=2600)
    talk("output_audio_buffer.stopped", response_id="r", audio_ms=4000, wait=5.0)
    assert told(talk) == [
        ("user", True, 1200),
        ("user", False, 2100),
        ("assistant", True, 2600),
        ("assistant", False, 4000),
    ]


def test_the_moment_is_when_it_was_and_not_when_it_was_told() -> None:
    talk = Talk(transport="memory")
    talk("input_audio_buffer.speech_started", item_id="u", audio_start_ms=1000)
    began = talk.all(SpeakingChanged)[0].at
    talk("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=1500, wait=4.0)
    ended = talk.all(SpeakingChanged)[1].at
    assert ended - began == pytest.approx(0.5)
    assert ended < talk.at - 3


def test_where_a_page_listens_it_is_what_its_ear_has_heard() -> None:
    talk = Talk(transport="webrtc")
    talk("voice_widget.page.voiced", side="user", voiced=True, at_ms=5000)
    talk("input_audio_buffer.speech_started", item_id="u", audio_start_ms=700)
    talk("voice_widget.page.voiced", side="user", voiced=False, at_ms=5900, wait=0.9)
    talk("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=1900, wait=0.5)
    assert told(talk) == [("user", True, 5000), ("user", False, 5900)]
    talk.response("r")
    talk.message("r", "a")
    talk("voice_widget.page.voiced", side="assistant", voiced=True, at_ms=6600)
    talk("output_audio_buffer.started", response_id="r")
    talk("voice_widget.page.voiced", side="assistant", voiced=False, at_ms=7800, wait=1.2)
    talk("output_audio_buffer.stopped", response_id="r", wait=0.3)
    assert told(talk)[2:] == [("assistant", True, 6600), ("assistant", False, 7800)]


def test_with_push_to_talk_the_ear_alone_says_it() -> None:
    talk = Talk(transport="webrtc")
    talk("session.created", session={"type": "realtime", "audio": {"input": {"turn_detection": None}}})
    for at_ms in (3000, 5000):
        talk("voice_widget.page.voiced", side="user", voiced=True, at_ms=at_ms)
        talk("voice_widget.page.voiced", side="user", voiced=False, at_ms=at_ms + 700, wait=0.7)
        talk("input_audio_buffer.committed", item_id=f"u{at_ms}")
    assert told(talk) == [
        ("user", True, 3000),
        ("user", False, 3700),
        ("user", True, 5000),
        ("user", False, 5700),
    ]


def test_with_the_end_of_the_call_both_end() -> None:
    talk = Talk(transport="memory")
    talk("input_audio_buffer.speech_started", item_id="u", audio_start_ms=1000)
    talk("voice_widget.call.closed", wait=2.0)
    (_, _, began), (side, speaking, ended) = told(talk)
    assert (side, speaking) == ("user", False)
    assert ended == 3000 == (began or 0) + 2000
