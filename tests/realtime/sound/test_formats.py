"""A format that the service chose otherwise is right, or refused by name."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from tests.realtime.talk import Talk
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.sound.formats import Format, Formats, read_format
from voice_widget.realtime.sound.sound import Sound
from voice_widget.realtime.state.changes import Problem
from voice_widget.realtime.wire.events import parse


def session(told: Any, side: str = "output") -> dict[str, Any]:
    return {"type": "session.updated", "session": {"audio": {side: {"format": told}}}}


def pcm(rate: int) -> Format:
    return Format("audio/pcm", rate)


ULAW, ALAW = Format("audio/pcmu", 8000), Format("audio/pcma", 8000)
FORMATS: list[tuple[Any, Format | str | None]] = [
    ({"type": "audio/pcm", "rate": 16000}, pcm(16000)),
    ({"type": "audio/pcm", "rate": 16000.0}, pcm(16000)),
    ({"type": "audio/pcm", "rate": "16000"}, pcm(16000)),
    ({"type": "audio/pcm", "rate": "16000 Hz"}, "audio/pcm at 16000 Hz Hz"),
    ({"type": "audio/pcm", "sample_rate": 16000}, pcm(16000)),
    ({"type": "audio/pcm", "sampleRate": 16000}, pcm(16000)),
    ({"encoding": "pcm16", "sample_rate": 8000}, pcm(8000)),
    ({"rate": 16000}, pcm(16000)),
    ({"type": "audio/pcm"}, pcm(24000)),
    ({"type": "audio/pcm", "rate": None}, pcm(24000)),
    ({"type": "audio/pcm", "channels": 1, "bits": 16}, pcm(24000)),
    ({"type": "audio/pcmu"}, ULAW),
    ({"type": "audio/pcmu", "rate": 8000}, ULAW),
    ({"type": "g711_alaw"}, ALAW),
    ("pcm16", pcm(24000)),
    ("audio/pcm", pcm(24000)),
    ("audio/pcm; rate=16000", pcm(16000)),
    ("audio/pcm;rate=16000;channels=1", pcm(16000)),
    ("pcm_s16le", pcm(24000)),
    ("pcm_16000", pcm(16000)),
    ("pcm_44100", pcm(44100)),
    ("pcm_16khz", pcm(16000)),
    ("pcm16_8000hz", pcm(8000)),
    ("pcm16-16000hz", pcm(16000)),
    ("g711_ulaw", ULAW),
    ("G711_ULAW", ULAW),
    ("g711_alaw", ALAW),
    ("mulaw", ULAW),
    ("ulaw_8000", ULAW),
    ("audio/pcma", ALAW),
    ("not specified", None),
    (None, None),
    (7, None),
    ({}, None),
    ({"type": None}, None),
    ({"type": 7}, None),
    ("opus", "opus"),
    ("pcm24", "pcm24"),
    ("a", "a"),
    ({"type": "audio/opus", "rate": 48000}, "audio/opus at 48000 Hz"),
    ({"type": "audio/pcm", "rate": 12345}, "audio/pcm at 12345 Hz"),
    ({"type": "audio/pcm", "rate": "fast"}, "audio/pcm at fast Hz"),
    ({"type": "audio/pcm", "rate": True}, "audio/pcm at True Hz"),
    ({"type": "audio/pcm", "rate": 0}, "audio/pcm at 0 Hz"),
    ({"type": "audio/pcm", "channels": 2}, "audio/pcm with 2 channels"),
    ({"type": "audio/pcm", "bit_depth": 32}, "audio/pcm"),
    ({"type": "audio/pcmu", "rate": 16000}, "audio/pcmu at 16000 Hz"),
]


@pytest.mark.parametrize(("told", "read"), FORMATS, ids=repr)
@pytest.mark.parametrize("flat", [False, True], ids=["nested", "flat"])
def test_formats_in_whatever_words(flat: bool, told: Any, read: Format | str | None) -> None:
    shown = {"output_audio_format": told} if flat else {"audio": {"output": {"format": told}}}
    event = parse({"type": "session.updated", "session": shown}, forgiving=True)
    assert read_format(event["session"], "output") == read
    assert read_format(event["session"], "input") is None


@pytest.mark.parametrize(
    "shown",
    [
        {"input_audio_format": "pcm16", "input_audio_sampling_rate": 16000},
        {"audio": {"input": {"format": "pcm16", "sample_rate": 16000}}},
    ],
)
def test_a_rate_beside_the_format(shown: dict[str, Any]) -> None:
    event = parse({"type": "session.updated", "session": shown}, forgiving=True)
    assert read_format(event["session"], "input") == pcm(16000)


def test_what_was_asked_for_is_so_until_the_service_says_otherwise() -> None:
    formats = Formats()
    asked = SessionConfig(output_format={"type": "audio/pcmu"}, input_format={"type": "audio/pcma"})
    formats.asked(asked.session())
    formats.shown({"model": "m"})
    assert (formats.input, formats.output) == (ALAW, ULAW)
    formats.shown({"audio": {"output": {"format": "pcm16"}}})
    formats.asked(asked.session())
    assert (formats.input, formats.output) == (ALAW, pcm(24000))
    formats.shown({"audio": {"output": {"format": "opus"}, "input": {}}})
    assert formats.unknown == {"output": "opus"}
    formats.shown({"audio": {"output": {"voice": "one"}}})
    assert formats.unknown == {"output": "opus"}
    formats.shown({"audio": {"output": {"format": "pcm16"}}})
    assert formats.unknown == {}


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_an_answer_at_another_rate_is_as_long_and_as_high(rate: int) -> None:
    sound = Sound(SessionConfig())
    sound.settled(session({"type": "audio/pcm", "rate": rate}))
    tone = (8000 * np.sin(np.arange(rate) * 2 * np.pi * 440 / rate)).astype("<i2").tobytes()
    delta = {"item_id": "a", "delta": base64.b64encode(tone).decode()}
    heard = np.frombuffer(sound.samples(delta) + sound.rest(delta), "<i2")
    assert len(heard) == pytest.approx(24_000, abs=1)
    assert sound.rest(delta) == b""
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
    assert (sound.samples(delta), sound.rest(delta)) == (b"", b"")
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


def begun(told: Any) -> dict[str, Any]:
    response = {"id": "r"} if told is None else {"id": "r", "output_audio_format": told}
    return parse({"type": "response.created", "response": response}, forgiving=True)


@pytest.mark.parametrize(
    ("usual", "told", "read", "own"),
    [
        ("pcm16", "g711_ulaw", ULAW, True),
        ("g711_ulaw", "pcm16", pcm(24000), True),
        ("pcm16", {"type": "audio/pcm", "rate": 8000}, pcm(8000), True),
        ({"type": "audio/pcm", "rate": 16000}, "pcm16", pcm(16000), False),
        ("pcm16", None, pcm(24000), False),
        ("opus", "pcm16", pcm(24000), True),
    ],
)
def test_a_response_may_have_a_format_of_its_own(usual: Any, told: Any, read: Format, own: bool) -> None:
    formats = Formats()
    formats.shown(session(usual)["session"])
    formats.begins(begun(told)["response"])
    assert (formats.output, formats.unknown) == (read, {})
    formats.shown(session("g711_alaw")["session"])
    assert formats.output == (read if own else ALAW)
    formats.begins(begun(None)["response"])
    assert (formats.output, formats.unknown) == (ALAW, {})


def test_the_sound_and_the_times_of_a_response_go_by_its_own_format() -> None:
    sound, talk = Sound(SessionConfig()), Talk(transport="memory")
    talk("session.updated", session={})
    event = begun("g711_ulaw")
    sound.begins(event)
    talk("response.created", response=event["response"])
    talk.message()
    second = {"item_id": "a", "response_id": "r", "delta": base64.b64encode(bytes(8000)).decode()}
    assert len(sound.samples(second) + sound.rest(second)) == 48_000
    talk.word("One two.")
    talk("response.output_audio.delta", **second)
    talk.sound("started", audio_ms=0)
    talk.done()
    talk.sound("stopped", audio_ms=1000)
    assert talk.row("a")["end_ms"] == 1000
    talk("response.created", response={"id": "s", "audio": {"output": {"format": {"type": "opus"}}}})
    (problem,) = talk.all(Problem)
    assert "as opus" in problem.error["message"]


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
