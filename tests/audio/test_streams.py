"""Speech that comes piece by piece from a user's iterator."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest

from tests.talking import Stage
from voice_widget.audio.microphone import Microphone
from voice_widget.audio.streams import is_stream, pieces
from voice_widget.errors import SettingError
from voice_widget.services.scripted import ScriptedService
from voice_widget.threads.work import WORK_THREAD

SAMPLES = np.arange(-2400, 2400, dtype="<i2")


async def everything(audio: Any, rate: int | None = None) -> bytes:
    return b"".join([piece async for piece in pieces(audio, rate)])


def plain(parts: Any) -> Iterator[Any]:
    yield from parts


async def later(parts: Any) -> AsyncIterator[Any]:
    for part in parts:
        await asyncio.sleep(0)
        yield part


class Iterable:
    def __aiter__(self) -> AsyncIterator[Any]:
        return later([SAMPLES])


@pytest.mark.parametrize("make", [plain, later])
async def test_pieces_of_every_kind_become_one_sound(make: Any) -> None:
    raw = SAMPLES.tobytes()
    parts = [SAMPLES[:100], raw[200:333], memoryview(raw)[333:1000], bytearray(), SAMPLES[500:]]
    assert await everything(make(parts)) == raw


async def test_what_can_be_iterated_only_by_asking_is_iterated() -> None:
    assert await everything(Iterable()) == SAMPLES.tobytes()


async def test_another_rate_is_converted_without_seams() -> None:
    wave = (8000 * np.sin(np.arange(16_000) / 16_000 * 2 * np.pi * 440)).astype("<i2")
    whole = await everything(plain([wave]), 16_000)
    cut = await everything(plain(wave[at : at + 331] for at in range(0, 16_000, 331)), 16_000)
    assert whole == cut
    assert len(whole) == pytest.approx(48_000, abs=4)
    heard = np.frombuffer(whole, "<i2")
    wanted = 8000 * np.sin(np.arange(len(heard)) / 24_000 * 2 * np.pi * 440)
    assert np.abs(heard - wanted)[-24:-1].max() < 2000  # to its end, and in time
    steps = np.abs(np.diff(np.frombuffer(whole, "<i2").astype(int)))[100:-24]
    assert steps.max() < 1000  # no click


async def test_users_code_runs_on_a_work_thread_only() -> None:
    seen: list[str] = []

    def speak() -> Iterator[bytes]:
        try:
            while True:
                seen.append(threading.current_thread().name)
                yield bytes(480)
        finally:
            seen.append(threading.current_thread().name)
            closed.set()

    closed = threading.Event()
    async with aclosing(pieces(speak())) as parts:  # type: ignore[type-var]
        async for _ in parts:
            break
    assert await asyncio.to_thread(closed.wait, 20)
    assert {name.rpartition(" ")[0] for name in seen} == {WORK_THREAD}


def raises() -> Iterator[bytes]:
    yield bytes(480)
    raise KeyError("tip")


@pytest.mark.parametrize(
    ("audio", "says"),
    [
        (raises, "KeyError: 'tip'"),
        (lambda: plain([np.array(["a"])]), "no audio"),
        (lambda: plain([None]), "no audio"),
        (lambda: later([np.array([np.nan])]), "not all numbers"),
    ],
)
async def test_what_is_wrong_is_said_in_a_sentence(audio: Any, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        await everything(audio())


async def test_the_log_calls_it_by_what_it_is(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(SettingError):
        await everything(raises())
    assert [record.getMessage() for record in caplog.records] == ["The iterator of the audio failed."]


def test_what_is_a_stream() -> None:
    assert is_stream(iter([1]))
    assert is_stream(later([]))
    assert is_stream(Iterable())
    for sound in (SAMPLES, b"", "a.wav", [1, 2], io.BytesIO()):
        assert not is_stream(sound)


# --- being said ---


class Line:
    """What was sent."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.marks: list[tuple[bool, float]] = []
        self.news = asyncio.Event()
        self.caller = Microphone(
            self._append, self._moved, lambda: False, voiced=lambda *mark: self.marks.append(mark)
        )

    async def _append(self, pcm: bytes) -> None:
        self.frames.append(pcm)

    async def _moved(self, _ms: float) -> None:
        self.news.set()

    async def frame(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.frames) < count:
                self.news.clear()
                await self.news.wait()


async def test_what_does_not_come_in_time_is_silence_and_no_gap_in_a_frame() -> None:
    line = Line()
    more = asyncio.Event()

    async def speech() -> AsyncIterator[bytes]:
        yield b"\1\20" * 1460  # a frame has 480 samples
        await more.wait()
        yield b"\1\20" * 460

    running = asyncio.create_task(line.caller.run())
    speaking = asyncio.create_task(line.caller.play(speech(), "real"))
    await line.frame(6)
    more.set()
    await asyncio.wait_for(speaking, 20)
    await line.frame(len(line.frames) + 12)  # so long is quiet until it is the end
    running.cancel()
    full, silent = b"\1\20" * 480, bytes(960)
    said = [frame for frame in line.frames if frame != silent]
    assert said == [full] * 4
    first = line.frames.index(full)
    assert line.frames[first + 3] == silent
    assert line.marks == [
        (True, first * 20.0),
        (False, (len(line.frames) - 1 - line.frames[::-1].index(full) + 1) * 20.0),
    ]


async def test_at_the_fastest_pace_time_waits_for_what_comes() -> None:
    line = Line()
    more = asyncio.Event()

    async def speech() -> AsyncIterator[bytes]:
        yield b"\1\1" * 2400
        await more.wait()
        yield b"\1\1" * 2400

    running = asyncio.create_task(line.caller.run())
    speaking = asyncio.create_task(line.caller.play(speech(), "max"))
    await line.frame(1)
    await asyncio.sleep(0.05)
    assert b"".join(line.frames).strip(b"\0") == b"\1\1" * 2400
    assert line.frames[-1] == b"\1\1" * 2400  # nothing since
    more.set()
    await asyncio.wait_for(speaking, 20)
    running.cancel()
    assert b"".join(line.frames).strip(b"\0") == b"\1\1" * 4800


async def test_of_an_endless_speech_only_a_second_is_held() -> None:
    line = Line()
    given = 0

    async def speech() -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield b"\1\1" * 2400
            await asyncio.sleep(0)

    running = asyncio.create_task(line.caller.run())
    speaking = asyncio.create_task(line.caller.play(speech(), "real"))
    await line.frame(5)
    assert given < 15
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(speaking, 20)


async def test_who_fails_in_the_middle_is_quiet_and_the_next_is_heard() -> None:
    line = Line()

    async def speech() -> AsyncIterator[bytes]:
        yield b"\1\1" * 24
        raise SettingError("It failed.")

    running = asyncio.create_task(line.caller.run())
    for pace in ("real", "max"):
        with pytest.raises(SettingError):
            await line.caller.play(speech(), pace)  # type: ignore[arg-type]
    await asyncio.wait_for(line.caller.play(b"\2\2" * 480, "max"), 20)
    running.cancel()
    assert b"\2\2" * 480 in b"".join(line.frames)


# --- in a talk ---


def test_a_failing_iterator_costs_no_call() -> None:
    stage = Stage(ScriptedService([]))
    try:
        stage.talk.connect().result(10)
        with pytest.raises(SettingError, match="KeyError: 'tip'"):
            stage.talk.play(raises()).result(10)
        stage.talk.play(plain([SAMPLES, SAMPLES.tobytes()])).result(10)
        assert stage.states()["connection_state"] == "connected"
        with pytest.raises(SettingError, match="no sample rate"):
            stage.talk.play(plain([]), 7)
    finally:
        stage.close()


@pytest.mark.parametrize("transport", ["webrtc", "comm"])
def test_a_page_plays_no_iterator(transport: str) -> None:
    stage = Stage(ScriptedService([]), transport=transport)
    try:
        with pytest.raises(SettingError, match="iterator"):
            stage.talk.play(plain([]))
        with pytest.raises(SettingError, match="real time"):
            stage.talk.play(bytes(4), pace="max")
    finally:
        stage.close()
