"""The paced sender: queue, time table and track."""

import asyncio

import numpy as np
import pytest
from aiortc.codecs.opus import OpusDecoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError

from voice_widget.engine.media.sender import FRAME_BYTES, MOST_QUEUED_MS, Pacer, Playout, SpeakerTrack


def tone(ms: int) -> bytes:
    samples = np.arange(ms * 24)
    return (10_000 * np.sin(2 * np.pi * 440 * samples / 24_000)).astype("<i2").tobytes()


class Log:
    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.playout = Playout(
            lambda r: self.told.append(("started", r)), lambda r: self.told.append(("drained", r))
        )

    def frames(self, count: int) -> list[bytes | None]:
        return [self.playout.frame() for _ in range(count)]


class TestPlayout:
    def test_audio_comes_out_as_it_went_in_and_is_counted(self):
        log = Log()
        log.playout.push("r", tone(30))
        log.playout.push("r", tone(30))
        assert log.playout.queued_ms == 60
        assert log.playout.played() == (None, 0)
        assert b"".join(log.frames(2)) == tone(30) + tone(30)[: 2 * FRAME_BYTES - len(tone(30))]
        assert log.playout.played() == ("r", 40)
        assert log.told == [("started", "r")]

    def test_drained_is_told_in_the_slot_after_the_last_frame(self):
        log = Log()
        log.playout.push("r", tone(20))
        log.playout.end("r")
        assert log.frames(1)[0] == tone(20)
        assert log.told == [("started", "r")]
        assert log.playout.played() == ("r", 20)
        assert log.frames(1) == [None]
        assert log.told == [("started", "r"), ("drained", "r")]
        assert log.playout.played() == (None, 0)

    def test_a_slow_voice_pauses_and_goes_on(self):
        log = Log()
        log.playout.push("r", tone(25))
        assert log.frames(3)[1:] == [None, None]
        log.playout.push("r", tone(15))
        assert log.frames(1)[0] is not None
        assert log.told == [("started", "r")]

    def test_the_last_piece_is_filled_up_but_not_counted_as_more(self):
        log = Log()
        log.playout.push("r", tone(30))
        log.playout.end("r")
        last = log.frames(2)[1]
        assert last is not None
        assert last[: FRAME_BYTES // 2] == tone(30)[FRAME_BYTES:]
        assert last[FRAME_BYTES // 2 :] == bytes(FRAME_BYTES // 2)
        assert log.playout.played() == ("r", 30)

    def test_responses_follow_each_other_without_a_gap(self):
        log = Log()
        log.playout.push("a", tone(20))
        log.playout.end("a")
        log.playout.push("b", tone(20))
        assert None not in log.frames(2)
        assert log.told == [("started", "a"), ("drained", "a"), ("started", "b")]

    def test_a_response_without_audio_neither_starts_nor_blocks_the_next(self):
        log = Log()
        log.playout.end("silent")
        log.playout.push("b", tone(20))
        assert log.frames(1)[0] == tone(20)
        assert log.told == [("started", "b")]

    def test_clear_drops_everything_and_says_what_was_played(self):
        log = Log()
        log.playout.push("a", tone(100))
        log.playout.push("b", tone(100))
        log.frames(2)
        assert log.playout.clear() == ("a", 40)
        assert log.playout.clear() == (None, 0)
        assert log.frames(1) == [None]
        assert log.playout.queued_ms == 0
        assert log.told == [("started", "a")]

    def test_clearing_in_the_callback_plays_nothing(self):
        playout = Playout(lambda r: playout.clear() and None, lambda r: None)
        playout.push("a", tone(100))
        assert playout.frame() is None

    def test_memory_is_bounded(self):
        log = Log()
        minute = bytes(48_000 * 60)
        for _ in range(12):
            log.playout.push("a", minute)
        assert log.playout.queued_ms == MOST_QUEUED_MS
        assert log.playout.dropped_ms == 2 * 60_000

    def test_what_was_played_is_forgotten_but_counted(self):
        log = Log()
        for _ in range(10):
            log.playout.push("a", tone(2000))
            log.frames(100)
        assert log.playout.played() == ("a", 20_000)
        assert len(log.playout._queue[0].audio) < 400_000


class TestPacer:
    def run(self, pacer: Pacer, wakes: list[float]) -> list[int]:
        skipped = []
        for now in wakes:
            pacer.next(now)
            skipped.append(pacer.leave(now))
        return skipped

    def test_frames_are_due_every_20_ms_however_late_each_one_leaves(self):
        pacer = Pacer()
        now = pacer.next(100.0)
        for number in range(1000):
            pacer.leave(now + 0.003)
            now = pacer.next(now + 0.003)
            assert now == pytest.approx(100.0 + (number + 1) * 0.02)
        assert (pacer.sent, pacer.late, pacer.skipped) == (1000, 0, 0)

    def test_after_a_stall_the_missed_frames_follow_at_half_the_distance(self):
        pacer = Pacer()
        pacer.leave(pacer.next(0.0))
        pacer.leave(0.115)
        times = []
        now = 0.115
        for _ in range(12):
            now = max(now, pacer.next(now))
            pacer.leave(now)
            times.append(now)
        gaps = np.diff([0.115, *times])
        assert gaps.min() == pytest.approx(0.01)
        assert gaps[-1] == pytest.approx(0.02)
        assert times[-1] == pytest.approx(0.02 * 13)
        assert pacer.late == 6  # 95, 85, 75, 65, 55 and 45 ms
        assert pacer.worst_ms == pytest.approx(95)

    def test_a_long_stall_moves_the_time_table(self):
        pacer = Pacer()
        assert self.run(pacer, [0.0, 0.02, 1.041]) == [0, 0, 50]
        assert pacer.next(1.041) == pytest.approx(1.06)
        assert pacer.skipped == 50


class Clock:
    """A hand-turned clock whose sleep turns it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def test_the_track_sends_silence_then_speech_with_rising_time_stamps():
    clock = Clock()
    told: list[tuple[str, str, int]] = []
    track = SpeakerTrack(
        audio_ms=lambda: round(clock.now * 1000),
        on_started=lambda r, at: told.append(("started", r, at)),
        on_drained=lambda r, at: told.append(("drained", r, at)),
        clock=clock,
        sleep=clock.sleep,
    )
    packets = [await track.recv() for _ in range(3)]
    track.push("r", "i", tone(100))
    track.end("r")
    packets += [await track.recv() for _ in range(10)]
    assert [packet.pts for packet in packets] == [960 * n for n in range(13)]
    assert clock.now == pytest.approx(0.24)
    assert told == [("started", "r", 60), ("drained", "r", 160)]
    decoder = OpusDecoder()
    levels = []
    for packet in packets:
        for frame in decoder.decode(JitterFrame(bytes(packet), packet.pts)):
            assert frame.samples == 960
            levels.append(int(np.abs(frame.to_ndarray()).max()))
    assert max(levels[:3]) < 100
    assert min(levels[3:8]) > 4000
    assert max(levels[10:]) < 100


async def test_pushed_audio_leaves_in_the_very_next_slot():
    clock = Clock()
    track = SpeakerTrack(clock=clock, sleep=clock.sleep)
    for _ in range(5):
        await track.recv()
    pushed_at = clock.now + 0.001
    track.push("r", "i", tone(20))
    await track.recv()
    assert track.played() == ("r", 20)
    assert clock.now - pushed_at < 0.02


async def test_a_stall_shows_in_time_stamps_and_figures():
    clock = Clock()
    track = SpeakerTrack(clock=clock, sleep=clock.sleep)
    first = await track.recv()
    clock.now += 1.0
    second = await track.recv()
    assert second.pts is not None
    assert first.pts is not None
    assert second.pts - first.pts == 50 * 960
    assert (track.pacer.late, track.pacer.sent) == (1, 2)


async def test_a_stopped_track_ends():
    track = SpeakerTrack()
    track.stop()
    with pytest.raises(MediaStreamError):
        await track.recv()


async def test_in_real_time_it_keeps_to_the_clock():
    loop = asyncio.get_running_loop()
    track = SpeakerTrack(clock=loop.time)
    await track.recv()
    start = loop.time()
    for _ in range(25):
        await track.recv()
    # Never before its time; the last frame may be late by what else the machine does.
    assert 0.45 <= loop.time() - start < 1.0


def test_a_playout_that_is_held_pauses_and_goes_on_where_it_paused() -> None:
    events: list[str] = []
    playout = Playout(lambda r: events.append(f"started {r}"), lambda r: events.append(f"drained {r}"))
    playout.push("r", b"\1\0" * 480 + b"\2\0" * 480)
    playout.end("r")
    assert playout.frame() == b"\1\0" * 480
    playout.held = True
    assert [playout.frame() for _ in range(3)] == [None] * 3
    assert playout.played() == ("r", 20)
    assert events == ["started r"]
    playout.held = False
    assert playout.frame() == b"\2\0" * 480
    assert playout.frame() is None
    assert events == ["started r", "drained r"]
    playout.held = True
    playout.clear()
    playout.push("next", b"\3\0" * 480)
    assert playout.frame() == b"\3\0" * 480
