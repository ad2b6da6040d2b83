"""The sound in a session's events, both ways, in each format."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.sound.sound import Sound

TELEPHONE = ("audio/pcmu", "audio/pcma")
TONE = (8000 * np.sin(np.arange(4800) * 2 * np.pi * 440 / 24_000)).astype("<i2").tobytes()


def delta(data: bytes, item_id: str = "item_1") -> dict[str, Any]:
    return {"item_id": item_id, "delta": base64.b64encode(data).decode()}


def bytes_of(event: dict[str, Any]) -> bytes:
    assert event["type"] == "input_audio_buffer.append"
    return base64.b64decode(event["audio"])


def formats(**kinds: Any) -> dict[str, Any]:
    return {"session": {"audio": {side: {"format": {"type": kind}} for side, kind in kinds.items()}}}


def test_samples_pass_as_they_are():
    sound = Sound(SessionConfig())
    assert bytes_of(sound.append(TONE)) == TONE
    assert sound.samples(delta(TONE)) == TONE
    assert sound.rest(delta(b"")) == b""


def test_a_sample_that_is_cut_in_two_is_put_together():
    sound = Sound(SessionConfig())
    assert sound.samples(delta(b"\1\2\3")) == b"\1\2"
    assert sound.samples(delta(b"\4\5")) == b"\3\4"
    # What is left of one answer is no part of the next.
    assert sound.samples(delta(b"\6\7", "item_2")) == b"\6\7"


@pytest.mark.parametrize("nonsense", ["?", "AAA", "ä", "AA==AA"])
def test_what_is_no_base64_is_no_sound(nonsense: str):
    sound = Sound(SessionConfig())
    assert sound.samples({"item_id": "item_1", "delta": nonsense}) == b""
    assert sound.samples(delta(TONE)) == TONE


@pytest.mark.parametrize("form", TELEPHONE)
def test_the_telephones_codes_are_said_and_heard(form: str):
    sound = Sound(SessionConfig(input_format={"type": form}, output_format={"type": form}))
    codes = b"".join(bytes_of(sound.append(TONE[at : at + 960])) for at in range(0, len(TONE), 960))
    assert abs(len(codes) - 1600) <= 16  # 0.2 s at 8 kHz, but for what the filter still holds
    came = [sound.samples(delta(codes[at : at + 80])) for at in (0, 80)]
    heard = np.frombuffer(b"".join([*came, sound.rest(delta(b""))]), "<i2")
    assert len(heard) == 480
    assert 5000 < np.abs(heard).max() < 9000


@pytest.mark.parametrize("form", TELEPHONE)
def test_each_answer_begins_with_a_filter_of_its_own(form: str):
    sound = Sound(SessionConfig(output_format={"type": form}))
    first = sound.samples(delta(bytes(160), "item_1"))
    sound.samples(delta(b"\x33" * 160, "item_1"))
    assert sound.samples(delta(bytes(160), "item_2")) == first
    assert sound.rest(delta(b"", "item_1")) == b""  # what follows has begun


def test_the_service_says_which_formats_are_in_force():
    sound = Sound(SessionConfig())
    sound.settled(formats(input="audio/pcmu"))
    assert len(bytes_of(sound.append(TONE))) < len(TONE) / 5
    assert sound.samples(delta(TONE)) == TONE
    ulaw = bytes_of(sound.append(bytes(960)))
    sound.settled(formats(input="audio/pcma"))
    assert bytes_of(sound.append(bytes(960))) != ulaw
    sound.settled(formats(input="audio/pcm", output="audio/pcma"))
    assert bytes_of(sound.append(TONE)) == TONE
    assert len(sound.samples(delta(bytes(80))) + sound.rest(delta(b""))) == 480


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"session": None},
        {"session": {"audio": 7}},
        {"session": {"audio": {"input": "loud", "output": {"format": None}}}},
        formats(input="audio/mp3", output=["audio/pcmu"]),
    ],
)
def test_formats_that_are_none_change_nothing(event: dict[str, Any]):
    sound = Sound(SessionConfig())
    sound.settled(event)
    assert bytes_of(sound.append(TONE)) == TONE
    assert sound.samples(delta(TONE)) == TONE
