"""A format that the service chose otherwise is right, or refused by name."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from tests.realtime.talk import Talk
from voice_widget.realtime.changes import Problem
from voice_widget.realtime.events import parse
from voice_widget.realtime.formats import Format, format_of, unknown_format
from voice_widget.realtime.settings import SessionConfig
from voice_widget.realtime.sound import Sound


def session(told: Any, side: str = "output") -> dict[str, Any]:
    return {"type": "session.updated", "session": {"audio": {side: {"format": told}}}}


@pytest.mark.parametrize(
    ("told", "read", "unknown"),
    [
        ({"type": "audio/pcm", "rate": 16000}, Format("audio/pcm", 16000), ""),
        ({"type": "audio/pcm"}, Format("audio/pcm", 24000), ""),
        ({"type": "audio/pcmu"}, Format("audio/pcmu", 8000), ""),
        ("pcm16", Format("audio/pcm", 24000), ""),
        ("pcm16_8000hz", Format("audio/pcm", 8000), ""),
        ("pcm16-16000hz", Format("audio/pcm", 16000), ""),
        ("g711_ulaw", Format("audio/pcmu", 8000), ""),
        ("g711_alaw", Format("audio/pcma", 8000), ""),
        ("not specified", None, ""),
        (None, None, ""),
        (7, None, ""),
        ({"type": None}, None, ""),
        ("opus", None, "opus"),
        ({"type": "audio/opus", "rate": 48000}, None, "audio/opus at 48000 Hz"),
        ({"type": "audio/pcm", "rate": 12345}, None, "audio/pcm at 12345 Hz"),
    ],
)
def test_formats_in_whatever_words(told: Any, read: Format | None, unknown: str) -> None:
    audio = {"output": {"format": told}}
    assert format_of(audio, "output") == read
    assert unknown_format(audio, "output") == unknown


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_an_answer_at_another_rate_is_as_long_and_as_high(rate: int) -> None:
    sound = Sound(SessionConfig())
    sound.settled(session({"type": "audio/pcm", "rate": rate}))
    tone = (8000 * np.sin(np.arange(rate) * 2 * np.pi * 440 / rate)).astype("<i2").tobytes()
    delta = {"item_id": "a", "delta": base64.b64encode(tone).decode()}
    assert sound.length_ms(delta) == pytest.approx(1000, abs=1)
    heard = np.frombuffer(sound.samples(delta), "<i2")
    assert len(heard) == 24_000
    spectrum = np.abs(np.fft.rfft(heard[2400:-2400].astype(float)))
    assert np.argmax(spectrum) * 24_000 / (len(heard) - 4800) == pytest.approx(440, abs=2)


def test_what_is_said_goes_out_at_the_rate_that_is_wanted() -> None:
    sound = Sound(SessionConfig())
    sound.settled(session({"type": "audio/pcm", "rate": 16000}, "input"))
    assert len(base64.b64decode(sound.append(bytes(4800))["audio"])) == 3200


def test_what_cannot_be_read_is_not_played() -> None:
    sound = Sound(SessionConfig())
    sound.settled(session({"type": "audio/opus"}))
    delta = {"item_id": "a", "delta": "AQIDBA=="}
    assert (sound.samples(delta), sound.length_ms(delta)) == (b"", 0.0)
    sound.settled(session({"type": "audio/pcm", "rate": 24000}))
    assert sound.samples(delta) == bytes([1, 2, 3, 4])


def test_played_times_go_by_the_rate() -> None:
    talk = Talk(transport="memory")
    talk("session.updated", session={"audio": {"output": {"format": {"type": "audio/pcm", "rate": 16000}}}})
    talk.response()
    talk.message()
    talk.word("One two three four five six.")
    second = base64.b64encode(bytes(32_000)).decode()
    for _ in range(2):
        talk("response.output_audio.delta", response_id="r", item_id="a", delta=second)
    talk.sound("started", audio_ms=0)
    talk.done()
    talk.sound("cleared", audio_ms=1000)
    assert talk.row("a")["text_heard"] == "One two three"


@pytest.mark.parametrize("transport", ["memory", "webrtc"])
def test_a_format_that_is_not_known_is_refused_by_name(transport: str) -> None:
    talk = Talk(transport=transport)
    for _ in range(2):
        event = parse({"type": "session.updated", "session": {"output_audio_format": "opus"}}, forgiving=True)
        talk(**{"kind": event["type"], "session": event["session"]})
    problems = talk.all(Problem)
    if transport == "webrtc":
        assert problems == []
    else:
        (problem,) = problems
        assert problem.error["code"] == "format_not_supported"
        assert "as opus" in problem.error["message"]
        assert "w.update(output_format=" in problem.error["next_step"]
