"""The caller's microphone and playout made of samples, by values."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from voice_widget.audio.memory import MemoryAudio
from voice_widget.audio.tape import Sound
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.state.records import Side
from voice_widget.realtime.wire.events import Event


class Rig:
    """The audio and what it sends and tells."""

    def __init__(
        self, config: SessionConfig | None = None, *, pauses: bool = False, sound: Sound | None = None
    ) -> None:
        self.sent: list[Event] = []
        self.told: list[Event] = []
        self.audio = MemoryAudio(
            object(),  # type: ignore[arg-type]
            self._send,
            self.told.append,
            config=config,
            pauses=pauses,
            sound=sound,
        )

    async def _send(self, events: Iterable[Event]) -> None:
        self.sent.extend(events)

    async def __aenter__(self) -> Rig:
        listening = self.audio.open()
        assert listening is not None
        assert self.audio.open() is None
        self._task = asyncio.create_task(listening)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def hear(self, *events: Event) -> None:
        for event in events:
            await self.audio.hear(event, interrupts=True)

    def kinds(self) -> list[str]:
        return [event["type"] for event in self.told if "output" in event["type"]]


def delta(data: bytes) -> Event:
    audio = base64.b64encode(data).decode()
    return {"type": "response.output_audio.delta", "response_id": "r", "item_id": "i", "delta": audio}


CREATED: Event = {"type": "response.created", "response": {"id": "r"}}
OVER: Event = {**delta(b""), "type": "response.output_audio.done"}
DONE: Event = {"type": "response.done", "response": {"id": "r"}}
SPEECH: Event = {"type": "input_audio_buffer.speech_started", "item_id": "u"}


@pytest.mark.parametrize("form", ["audio/pcmu", "audio/pcma"])
async def test_in_the_telephone_s_formats_a_second_is_a_second_both_ways(form: str) -> None:
    kind = {"type": form}
    async with Rig(SessionConfig(input_format=kind, output_format=kind)) as rig:
        tone = (8000 * np.sin(np.arange(24_000) / 24_000 * 2 * np.pi * 440)).astype("<i2").tobytes()
        await asyncio.wait_for(rig.audio.speak(tone, "max"), 20)
        sent = b"".join(base64.b64decode(event["audio"]) for event in rig.sent)
        said = [event["at_ms"] for event in rig.told]
        assert said[1] - said[0] == pytest.approx(1000, abs=1)  # without what is near zero at its edges
        assert len(sent) == round(rig.audio._now_ms()) * 8
        await rig.hear(CREATED, delta(bytes(1600)), OVER, DONE)
        await asyncio.wait_for(rig.audio.speak(tone, "max"), 20)
        started, stopped = (event["audio_ms"] for event in rig.told if "output" in event["type"])
        assert stopped - started == 200


async def test_the_service_has_the_last_word_on_the_format() -> None:
    rig = Rig(SessionConfig(input_format={"type": "audio/pcmu"}))
    await rig.audio._append(bytes(480))
    formats: dict[str, Any] = {
        "input": {"format": {"type": "audio/pcm", "rate": 24000}},
        "output": {"format": 7},
    }
    for session in (
        {"audio": formats},
        {"audio": None},
        {},
        None,
        {"audio": {"input": {"format": {"type": []}}}},
    ):
        await rig.hear({"type": "session.updated", "session": session})
    await rig.audio._append(bytes(480))
    assert [len(base64.b64decode(event["audio"])) for event in rig.sent] == [80, 480]


async def test_an_answer_that_is_talked_over_before_it_sounds_is_never_played() -> None:
    async with Rig() as rig:
        await rig.hear(CREATED, SPEECH, delta(bytes(48_000)), DONE)
        await asyncio.wait_for(rig.audio.speak(bytes(24_000), "max"), 20)
        assert rig.kinds() == []
        assert "conversation.item.truncate" not in [event["type"] for event in rig.sent]


def do(what: str) -> Event:
    return {"type": "voice_widget.playout", "do": what}


async def test_what_the_service_pauses_stands_still_and_goes_on_there() -> None:
    async with Rig(pauses=True) as rig:
        await rig.hear(CREATED, delta(bytes(48_000)), DONE)
        await asyncio.wait_for(rig.audio.speak(bytes(4800), "real"), 20)
        await rig.hear(do("pause"), SPEECH)
        before = rig.audio._ledger.played_ms
        await asyncio.wait_for(rig.audio.speak(bytes(48_000 * 3), "max"), 20)
        assert rig.audio._ledger.played_ms == before > 0
        await rig.hear(do("resume"))
        await asyncio.wait_for(rig.audio.speak(bytes(48_000 * 2), "max"), 20)
        started, stopped = (event["audio_ms"] for event in rig.told if "output" in event["type"])
        assert stopped - started >= 4000
        assert rig.kinds() == ["output_audio_buffer.started", "output_audio_buffer.stopped"]
        said = [event["on"] for event in rig.sent if event["type"] == "voice_widget.playing"]
        assert said == [True, False]


async def test_what_the_service_stops_is_cut_where_it_paused() -> None:
    async with Rig(pauses=True) as rig:
        await rig.hear(CREATED, delta(bytes(48_000)), DONE)
        await asyncio.wait_for(rig.audio.speak(bytes(4800), "real"), 20)
        await rig.hear(do("pause"), SPEECH)
        played, at_ms = rig.audio._ledger.played_ms, round(rig.audio._now_ms())
        await asyncio.wait_for(rig.audio.speak(bytes(48_000 * 3), "max"), 20)
        await rig.hear(do("stop"))
        (cut,) = (event for event in rig.sent if event["type"] == "conversation.item.truncate")
        assert cut["audio_end_ms"] == int(played)
        assert (rig.kinds()[-1], rig.told[-1]["audio_ms"]) == ("output_audio_buffer.cleared", at_ms)
        # And the next answer is talked over as ever.
        await rig.hear(
            {**CREATED, "response": {"id": "r2"}}, {**delta(bytes(48_000)), "response_id": "r2"}, SPEECH
        )
        assert rig.sent[-1] == {"type": "voice_widget.playing", "on": False}


@pytest.mark.parametrize(("refuse", "pending_ms"), [(True, 0), (False, 10)])
async def test_what_is_still_being_made_is_heard_after_a_cut_that_does_not_refuse_it(
    refuse: bool, pending_ms: float
) -> None:
    async with Rig() as rig:
        await rig.hear(CREATED, delta(bytes(48_000)), DONE, {**CREATED, "response": {"id": "r2"}})
        await rig.audio.cut(refuse=refuse)
        assert rig.audio._ledger.pending_ms == 0
        await rig.hear({**delta(bytes(480)), "response_id": "r2"})
        assert rig.audio._ledger.pending_ms == pending_ms


async def test_a_service_that_pauses_nothing_is_not_told_what_sounds() -> None:
    async with Rig() as rig:
        await rig.hear(CREATED, delta(bytes(480)), DONE, SPEECH)
        assert "voice_widget.playing" not in [event["type"] for event in rig.sent]


async def test_when_the_caller_speaks_is_told_by_the_sample() -> None:
    async with Rig() as rig:
        said = (
            bytes(2400) + b"\1\20" * 2412 + bytes(24_000)
        )  # a wave file is seldom without silence at its edges
        await asyncio.wait_for(rig.audio.speak(said, "real"), 20)
        on, off = rig.told
        assert (on["side"], on["voiced"], off["voiced"]) == ("user", True, False)
        assert on["at_ms"] % 20 == 10  # 50 ms after a frame's beginning
        assert off["at_ms"] - on["at_ms"] == 100.5


# --- what is kept ---


class Deck:
    """Puts what is kept of each side at its place; nothing may come twice, and nothing be left out."""

    def __init__(self) -> None:
        self.sides: dict[Side, bytearray] = {"user": bytearray(), "assistant": bytearray()}

    def __call__(self, side: Side, start: int, pcm: bytes) -> None:
        assert len(self.sides[side]) == 2 * start
        self.sides[side] += pcm

    def __getitem__(self, side: Side) -> np.ndarray[Any, np.dtype[np.int16]]:
        return np.frombuffer(bytes(self.sides[side]), np.int16)


async def test_both_sides_are_kept_on_the_call_s_clock() -> None:
    deck = Deck()
    async with Rig(sound=deck) as rig:
        said = np.arange(1, 12_001).astype("<i2")
        await asyncio.wait_for(rig.audio.speak(said.tobytes(), "max"), 20)
        heard = -np.arange(1, 24_001).astype("<i2")
        await rig.hear(CREATED, delta(heard[:10_000].tobytes()), delta(heard[10_000:].tobytes()), DONE)
        await asyncio.wait_for(rig.audio.speak(bytes(2 * 30_000), "max"), 20)
        user, assistant = deck["user"], deck["assistant"]
        first, last = np.flatnonzero(user)[[0, -1]]
        assert np.array_equal(user[first : last + 1], said)
        begins, ends = (event["at_ms"] * 24 for event in rig.told[:2])
        assert first < begins < ends <= last + 1  # what is heard of it: it begins softly
        started, stopped = (event["audio_ms"] for event in rig.told if "output" in event["type"])
        assert stopped - started == 1000
        assert np.array_equal(assistant[started * 24 : stopped * 24], heard)
        assert np.count_nonzero(assistant) == heard.size
        assert abs(len(user) - len(assistant)) <= 2400


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
async def test_of_another_rate_all_is_heard_to_its_end_and_in_time(rate: int) -> None:
    deck = Deck()
    async with Rig(sound=deck) as rig:
        told = {"output": {"format": {"type": "audio/pcm", "rate": rate}}}
        await rig.hear({"type": "session.updated", "session": {"audio": told}})
        tone = (8000 * np.sin(np.arange(rate // 2) / rate * 2 * np.pi * 440 + 1)).astype("<i2")
        await rig.hear(CREATED, *(delta(part.tobytes()) for part in np.array_split(tone, 7)), OVER, DONE)
        await asyncio.wait_for(rig.audio.speak(bytes(2 * 24_000), "max"), 20)
        started, stopped = (event["audio_ms"] for event in rig.told if "output" in event["type"])
        assert stopped - started == 500
        heard = deck["assistant"][started * 24 : stopped * 24]
        wanted = 8000 * np.sin(np.arange(12_000) / 24_000 * 2 * np.pi * 440 + 1)
        assert np.abs(heard - wanted)[200:-200].max() < 100
        assert np.abs(heard - wanted)[-24:-4].max() < 2000
        assert not deck["assistant"][stopped * 24 :].any()


async def test_what_is_cut_is_kept_as_far_as_it_sounded_and_a_pause_is_silence() -> None:
    deck = Deck()
    async with Rig(sound=deck) as rig:
        await rig.hear(CREATED, delta(np.ones(72_000, "<i2").tobytes()))
        await asyncio.wait_for(rig.audio.speak(bytes(2 * 2_400), "max"), 20)
        await rig.hear({"type": "voice_widget.playout", "do": "pause"})
        paused = rig.audio._now_ms()
        await asyncio.wait_for(rig.audio.speak(bytes(2 * 2_400), "max"), 20)
        await rig.hear({"type": "voice_widget.playout", "do": "resume"})
        resumed = rig.audio._now_ms()
        await asyncio.wait_for(rig.audio.speak(bytes(2 * 2_400), "max"), 20)
        await rig.hear(SPEECH)
        cut = rig.audio._now_ms()
        await asyncio.wait_for(rig.audio.speak(bytes(2 * 2_400), "max"), 20)
        assert resumed > paused
        assert rig.audio._now_ms() > cut
        heard = deck["assistant"].astype(bool)
        assert not heard[round(paused * 24) : round(resumed * 24)].any()
        assert heard[round(resumed * 24) : round(cut * 24)].all()
        assert not heard[round(cut * 24) :].any()


def level(value: int, ms: int, name: str) -> Event:
    pcm = np.full(24 * ms, value, "<i2").tobytes()
    return {**delta(pcm), "response_id": f"r{name}", "item_id": f"i{name}"}


@pytest.mark.parametrize("refuse", [True, False])
async def test_an_answer_that_follows_sounds_when_only_the_one_before_it_is_silenced(refuse: bool) -> None:
    kept: list[bytes] = []
    rig = Rig(sound=lambda side, start, pcm: kept.append(pcm) if side == "assistant" else None)
    async with rig:
        for name, value in (("1", 1000), ("2", 3000)):
            response = {"id": f"r{name}"}
            await rig.hear({"type": "response.created", "response": response}, level(value, 400, name))
            await rig.hear({"type": "response.done", "response": response})
        await asyncio.wait_for(rig.audio.speak(bytes(4800), "max"), 20)
        await rig.audio.cut(refuse=refuse)
        await asyncio.wait_for(rig.audio.speak(bytes(48_000), "max"), 20)
    cut = [event["item_id"] for event in rig.sent if event["type"].startswith("conversation.item.")]
    played = np.frombuffer(b"".join(kept), "<i2")
    if refuse:
        assert rig.kinds() == [f"output_audio_buffer.{what}" for what in ("started", "cleared", "cleared")]
        assert (cut, 3000 in played) == (["i1", "i2"], False)
    else:
        told = [event for event in rig.told if "output" in event["type"]]
        assert [event["response_id"] for event in told] == ["r1", "r1", "r2", "r2"]
        assert (cut, np.count_nonzero(played == 3000)) == (["i1"], 24 * 400)
        assert np.count_nonzero(played == 1000) < 24 * 400
