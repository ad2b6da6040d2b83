"""Sound in formats that the service chose: whole talks, by memory and with a page by comm."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.comm_page import CommPage
from tests.strange.double import Double, Line
from tests.talking import Stage
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.sound.g711 import Telephone
from voice_widget.realtime.wire.events import Event

Open = Callable[..., Stage]
HERTZ = 440


class Told(Double):
    """It shows its formats, and speaks in them: each second of an answer is one of a tone."""

    def __init__(self, shown: dict[str, Any], kind: str, rate: int, *, clocked: bool = True) -> None:
        super().__init__(words=self._words)
        self._shown, self._kind, self._rate, self._clocked = shown, kind, rate, clocked

    def _words(self, event: Event) -> Iterator[Event]:
        if event["type"].startswith("session."):
            event = {**event, "session": {"type": "realtime", "id": "sess_1", **self._shown}}
        if event["type"] == "response.output_audio.delta":
            event = {**event, "delta": base64.b64encode(self._second()).decode()}
        yield event

    def _second(self) -> bytes:
        places = np.arange(self._rate) * 2 * np.pi * HERTZ / self._rate
        tone = bytes((8000 * np.sin(places)).astype("<i2").tobytes())
        return tone if self._kind == "audio/pcm" else Telephone(self._kind, self._rate)(tone)

    async def connect(self, **options: Any) -> Line:
        line: Any = await super().connect(**options)
        if self._clocked:
            line.now_ms = 0.0
            line.audio_ms = lambda: line.now_ms
        return line  # type: ignore[no-any-return]


@pytest.fixture
def talk() -> Iterator[Open]:
    stages: list[Stage] = []

    def begin(double: Double, transport: str = "memory", config: SessionConfig | None = None) -> Stage:
        stages.append(Stage(double, config, transport=transport))
        return stages[-1]

    yield begin
    for stage in stages:
        stage.close()


def nested(told: Any) -> dict[str, Any]:
    return {"audio": {"input": {"format": told}, "output": {"format": told, "voice": "one"}}}


def flat(told: Any) -> dict[str, Any]:
    return {"input_audio_format": told, "output_audio_format": told, "voice": "one"}


SHOWN: list[tuple[dict[str, Any], str, int]] = [
    (nested({"type": "audio/pcm", "rate": 16000}), "audio/pcm", 16_000),
    (nested({"type": "audio/pcm", "rate": "16000"}), "audio/pcm", 16_000),
    (nested({"type": "audio/pcm", "sample_rate": 48000}), "audio/pcm", 48_000),
    (nested({"type": "audio/pcmu"}), "audio/pcmu", 8_000),
    (nested("g711_ulaw"), "audio/pcmu", 8_000),
    (nested("pcm16"), "audio/pcm", 24_000),
    (nested("pcm_16000"), "audio/pcm", 16_000),
    (flat("g711_ulaw"), "audio/pcmu", 8_000),
    (flat("g711_alaw"), "audio/pcma", 8_000),
    (flat("pcm16"), "audio/pcm", 24_000),
    (flat("pcm16_16000hz"), "audio/pcm", 16_000),
    (flat({"type": "audio/pcm", "rate": 8000}), "audio/pcm", 8_000),
]
formats = pytest.mark.parametrize(("shown", "kind", "rate"), SHOWN, ids=lambda value: str(value)[:60])


@formats
def test_times_and_cuts_are_those_of_the_format(
    talk: Open, shown: dict[str, Any], kind: str, rate: int
) -> None:
    times_and_cuts(talk, Told(shown, kind, rate), None)


@pytest.mark.parametrize("kind", ["audio/pcmu", "audio/pcma"])
def test_what_was_asked_for_is_so_where_the_service_shows_no_format(talk: Open, kind: str) -> None:
    config = SessionConfig(output_format={"type": kind}, input_format={"type": kind})
    times_and_cuts(talk, Told({"voice": "one"}, kind, 8_000), config)


def times_and_cuts(talk: Open, double: Told, config: SessionConfig | None) -> None:
    stage = talk(double, config=config)
    stage.talk.connect().result(10)
    line: Any = double.lines[0]

    def at(ms: float) -> None:
        line.now_ms = ms
        line.say({"type": "voice_widget.clock"})

    stage.talk.send_text("hello").result(10)  # a second
    stage.wait(lambda: len(stage.rows()) == 2 and stage.rows()[1]["text"] == "Hello to you.")
    at(3000)
    stage.finished(2)
    answer = stage.rows()[1]
    assert (answer["start_ms"], answer["end_ms"]) == (0, 1000)
    stage.talk.send_text("story").result(10)  # two seconds of four words
    stage.wait(lambda: sum(e.event["type"] == "response.output_audio.delta" for e in stage.talk.events) == 3)
    at(4000)
    stage.wait(lambda: stage.states().get("assistant_speaking"))
    stage.talk.interrupt().result(10)
    (cut,) = stage.client_events("conversation.item.truncate")
    assert cut["audio_end_ms"] == 1000
    (story,) = [row for row in stage.rows() if row["text"].startswith("Once")]
    assert story["text_heard"] == "Once upon"  # what the service said with the first of its two seconds
    assert stage.problems == []


@formats
def test_what_is_said_has_the_length_of_the_format(
    talk: Open, shown: dict[str, Any], kind: str, rate: int
) -> None:
    double = Told(shown, kind, rate)
    stage = talk(double)
    stage.talk.connect().result(10)
    stage.talk.play(bytes(48_000), 24_000, "max").result(10)
    size = sum(
        len(base64.b64decode(event["audio"]))
        for event in double.lines[0].sent
        if event["type"] == "input_audio_buffer.append"
    )
    assert size == rate * (2 if kind == "audio/pcm" else 1)


@pytest.mark.parametrize(
    ("shown", "kind", "rate"), [SHOWN[0], SHOWN[4], SHOWN[8]], ids=lambda value: str(value)[:60]
)
def test_a_page_hears_it_at_its_pitch(talk: Open, shown: dict[str, Any], kind: str, rate: int) -> None:
    stage = talk(Told(shown, kind, rate, clocked=False), "comm")
    with CommPage(stage) as page:
        page.call()
        stage.talk.send_text("hello").result(10)
        stage.wait(lambda: [row["text"] for row in stage.turns][1:] == ["Hello to you."])
    sound = b"".join(
        bytes(buffers[0])
        for message, buffers in zip(stage.messages, stage.buffers, strict=True)
        if message["type"] == "audio"
    )
    heard = np.frombuffer(sound, "<i2").astype(float)
    assert len(heard) == pytest.approx(24_000, abs=30)
    spectrum = np.abs(np.fft.rfft(heard[2400:21600]))
    assert np.argmax(spectrum) * 24_000 / 19_200 == pytest.approx(HERTZ, abs=2)
    row = stage.rows()[1]
    assert row["end_ms"] - row["start_ms"] == pytest.approx(1000, abs=200)  # a page reports every 100 ms
    assert stage.problems == []


@pytest.mark.parametrize(
    "told", ["opus", {"type": "audio/pcm", "rate": 12345}, {"type": "audio/pcmu", "rate": 16000}]
)
@pytest.mark.parametrize("show", [nested, flat])
@pytest.mark.parametrize("transport", ["memory", "comm"])
def test_what_is_not_known_is_refused_by_name_and_the_talk_goes_on(
    talk: Open, transport: str, show: Callable[[Any], dict[str, Any]], told: Any
) -> None:
    stage = talk(Told(show(told), "audio/pcm", 24_000, clocked=False), transport)
    with CommPage(stage) as page:
        if transport == "comm":
            page.call()
        else:
            stage.talk.connect().result(10)
        stage.wait(lambda: len(stage.problems) == 2)
        for count in (2, 4):
            stage.talk.send_text("hello").result(10)
            stage.finished(count)
            stage.has(activity="idle")
    assert stage.problems == ["format_not_supported"] * 2  # each way once
    assert [row["text"] for row in stage.rows()] == ["hello", "Hello to you."] * 2
    assert "audio" not in [message["type"] for message in stage.messages]
