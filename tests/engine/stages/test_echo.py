"""What was played is told from somebody who speaks, by values: voices of noise, frames of 32 ms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from voice_widget.engine.stages.echo import Echo

RATE = 16_000
FRAME = 512
Samples = np.ndarray[Any, Any]


def voice(seed: int) -> Samples:
    """Three seconds at 24 kHz with nothing above 3 kHz, so that it is the same at both rates."""
    kernel = np.hanning(17)
    noise = np.random.default_rng(seed).normal(0, 9000, 72_000)
    return np.convolve(noise, kernel / kernel.sum(), "same")


def at_16k(samples: Samples) -> Samples:
    return np.interp(np.arange(len(samples) * 2 // 3) * 1.5, np.arange(len(samples)), samples)


def pcm(samples: Samples) -> Samples:
    return np.clip(samples, -32768, 32767).astype(np.int16)


PLAYED = voice(1)


def played() -> Echo:
    echo = Echo(RATE)
    echo.says(pcm(PLAYED).tobytes())
    return echo


def judged(echo: Echo, heard: Samples) -> list[bool]:
    """Whether each frame of this is the answer's own."""
    out = []
    for at in range(0, len(heard) - FRAME + 1, FRAME):
        echo.hears(pcm(heard[at : at + FRAME]))
        out.append(echo.is_own())
    return out


def echoed(delay_ms: float, db: float) -> Samples:
    back = np.concatenate([np.zeros(round(delay_ms * 16)), at_16k(PLAYED)]) * 10 ** (db / 20)
    return np.asarray(back + np.random.default_rng(2).normal(0, 10, len(back)))


@pytest.mark.parametrize("delay_ms", [20, 80, 200, 700, 1200])
@pytest.mark.parametrize("db", [-12, -30])
def test_what_comes_back_is_the_answer_s_own_from_its_first_frames_on(delay_ms: float, db: float) -> None:
    first = round(delay_ms * 16) // FRAME + 1
    assert all(judged(played(), echoed(delay_ms, db))[first : first + 60])


@pytest.mark.parametrize("db", [-12, None], ids=["over an echo", "alone"])
def test_somebody_else_is_not(db: float | None) -> None:
    other = at_16k(voice(7))
    heard = other if db is None else other + echoed(120, db)[: len(other)]
    assert not any(judged(played(), heard))


def test_who_begins_over_an_echo_is_known_within_two_frames() -> None:
    heard = echoed(120, -12)
    begin = 30 * FRAME
    heard[begin:] += at_16k(voice(7))[: len(heard) - begin]
    own = judged(played(), heard)
    assert all(own[10:30])
    assert not any(own[32:80])


@pytest.mark.parametrize("slip_ms", [-40, -15, 15, 40])
def test_an_echo_that_slips_is_still_one(slip_ms: int) -> None:
    before, after = echoed(300, -9), echoed(300 + slip_ms, -9)
    at = 40 * FRAME + 200
    heard = np.concatenate([before[:at], after[at:]])
    assert all(judged(played(), heard)[12:80])


def test_nothing_that_is_as_loud_as_what_was_played_is_an_echo() -> None:
    assert not any(judged(played(), echoed(120, 0)))


def test_what_was_stopped_comes_back_for_a_moment_and_no_longer() -> None:
    echo, heard = played(), echoed(120, -12)
    assert all(judged(echo, heard[: 20 * FRAME])[10:])
    echo.playout("stop")
    assert echo.is_own()
    assert not any(judged(echo, heard[20 * FRAME :])[50:])


def test_what_was_paused_is_known_again_where_it_goes_on() -> None:
    echo, heard = played(), echoed(100, -12)
    judged(echo, heard[: 20 * FRAME])
    echo.playout("pause")
    assert not any(judged(echo, np.zeros(60 * FRAME))[20:])
    echo.playout("resume")
    assert all(judged(echo, heard[20 * FRAME : 50 * FRAME])[8:])


def test_where_nothing_was_played_nothing_is_its_own() -> None:
    assert not any(judged(Echo(RATE), echoed(0, -12)))


def test_what_nobody_plays_takes_no_more_room_than_about_a_minute() -> None:
    echo = Echo(RATE)
    for _ in range(100):
        echo.says(pcm(PLAYED).tobytes())
    assert len(echo._ahead) <= 64 * 24_000 * 2
