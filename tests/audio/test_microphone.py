"""The headless caller: samples as an open microphone."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from voice_widget.audio.microphone import SAMPLE_RATE, Microphone, pcm24k
from voice_widget.errors import SettingError


class Line:
    """What was appended."""

    def __init__(self) -> None:
        self.pcm = b""
        self.clock = 0.0
        self.pending_ms = 0.0
        self.moves = asyncio.Event()

    async def append(self, pcm: bytes) -> None:
        self.pcm += pcm

    async def moved(self, ms: float) -> None:
        self.pending_ms = max(0.0, self.pending_ms - (ms - self.clock))
        self.clock = ms
        self.moves.set()


def caller(line: Line) -> Microphone:
    return Microphone(line.append, line.moved, lambda: line.pending_ms > 0, tail_ms=400)


async def test_it_is_all_said_between_silences_and_the_samples_are_the_clock() -> None:
    line = Line()
    microphone = caller(line)
    running = asyncio.create_task(microphone.run())
    said = np.arange(1, SAMPLE_RATE // 10 + 8, dtype="<i2").tobytes()
    await asyncio.wait_for(microphone.play(said, "real"), 20)
    await line.moves.wait()
    running.cancel()
    assert said in line.pcm
    assert line.pcm.strip(b"\0").strip() == said.strip(b"\0").strip()
    assert line.clock == len(line.pcm) / 2 / SAMPLE_RATE * 1000 == microphone.position_ms


async def test_the_real_pace_takes_its_time_and_the_fastest_does_not() -> None:
    loop = asyncio.get_running_loop()
    line = Line()
    microphone = caller(line)
    running = asyncio.create_task(microphone.run())
    start = loop.time()
    await asyncio.wait_for(microphone.play(bytes(SAMPLE_RATE * 2 // 5), "real"), 20)
    assert loop.time() - start > 0.15
    # Less than half of the 30 s that it would take in real time.
    await asyncio.wait_for(microphone.play(bytes(SAMPLE_RATE * 2 * 30), "max"), 15)
    running.cancel()


async def test_at_the_fastest_pace_the_answer_is_hurried_through_and_then_it_waits() -> None:
    line = Line()
    microphone = caller(line)
    running = asyncio.create_task(microphone.run())
    await asyncio.wait_for(microphone.play(bytes(960), "max"), 20)
    line.pending_ms = 60_000
    async with asyncio.timeout(20):
        while line.pending_ms > 0:
            line.moves.clear()
            await line.moves.wait()
    loop = asyncio.get_running_loop()
    at, began = line.clock, loop.time()
    for _ in range(5):
        line.moves.clear()
        await asyncio.wait_for(line.moves.wait(), 20)
    running.cancel()
    assert line.clock - at < (loop.time() - began) * 1000 + 500  # in real time again


async def test_who_gives_up_waiting_is_quiet() -> None:
    line = Line()
    microphone = caller(line)
    running = asyncio.create_task(microphone.run())
    speaking = asyncio.create_task(microphone.play(b"\1\1" * SAMPLE_RATE * 10, "real"))
    await line.moves.wait()
    speaking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await speaking
    await asyncio.wait_for(microphone.play(b"\2\2" * 480, "real"), 20)
    running.cancel()


async def test_the_end_of_the_call_ends_the_speech() -> None:
    line = Line()
    microphone = caller(line)
    running = asyncio.create_task(microphone.run())
    speaking = asyncio.create_task(microphone.play(bytes(SAMPLE_RATE * 20), "real"))
    await line.moves.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(speaking, 20)


def test_samples_of_every_kind_become_pcm() -> None:
    assert pcm24k(np.array([0.5, -2.0])) == np.array([16384, -32768], "<i2").tobytes()
    assert pcm24k(np.array([5, -7], np.int16)) == np.array([5, -7], "<i2").tobytes()
    assert pcm24k(b"\1\0\2\0\3") == b"\1\0\2\0"
    stereo = np.array([[100, 300], [200, 400]] * 50, np.int16)
    assert np.frombuffer(pcm24k(stereo), "<i2")[:2].tolist() == [200, 300]
    assert len(pcm24k(np.zeros(44_100), 44_100)) == 48_000
    assert pcm24k(np.zeros(0)) == b""


def test_what_lies_above_the_new_half_rate_does_not_fold_down() -> None:
    time = np.arange(48_000) / 48_000
    high = np.sin(2 * np.pi * 15_000 * time) * 0.5
    low = np.sin(2 * np.pi * 1_000 * time) * 0.5
    loud = [np.abs(np.frombuffer(pcm24k(x, 48_000), "<i2")[500:-500]).max() for x in (high, low)]
    assert loud[0] < loud[1] / 50


@pytest.mark.parametrize(
    ("audio", "rate"),
    [(np.zeros((2, 2, 2)), None), (np.array(["a"]), None), (np.array([np.nan]), None), (b"", 0), (b"", True)],
)
def test_what_is_no_audio_is_refused(audio: object, rate: int | None) -> None:
    with pytest.raises(SettingError):
        pcm24k(audio, rate)


def test_whole_rates_and_empty_sounds_are_taken() -> None:
    assert len(pcm24k(np.zeros(480), 48_000.0)) == 480  # type: ignore[arg-type]
    assert pcm24k(np.zeros((0, 2))) == b""
    for audio in ([[1], [1, 2]], ["a"]):
        with pytest.raises(SettingError):
            pcm24k(audio)
    with pytest.raises(SettingError):
        pcm24k(np.zeros(480), 48_000.5)  # type: ignore[arg-type]
