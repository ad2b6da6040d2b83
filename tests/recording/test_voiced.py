"""When a side sounds: to the sample, whatever the pieces, over noise, and never for a click."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.voiced import Stretch, Voiced, joined, within

Pcm = NDArray[np.int16]


def sound(*parts: tuple[float, int], noise: int = 0) -> Pcm:
    """Square waves: so many milliseconds of such a height each."""
    pieces = []
    for ms, height in parts:
        samples = round(ms * RATE / 1000)
        pieces.append(np.where(np.arange(samples) // 40 % 2, height, -height))
    whole = np.concatenate(pieces)
    return (whole + np.random.default_rng(3).normal(0, noise, len(whole))).astype(np.int16)


def heard(pcm: Pcm, piece: int = RATE) -> list[Stretch]:
    side = Voiced()
    for at in range(0, len(pcm), piece):
        side.push(pcm[at : at + piece])
    return side.end()


@pytest.mark.parametrize("piece", [RATE, 240, 239, 77, 24 * RATE])
def test_speech_is_found_to_the_sample(piece: int):
    pcm = sound((503.5, 0), (700, 5000), (901.25, 0), (400, 2000), (600, 0))
    assert heard(pcm, piece) == [(12084, 12084 + 16800), (50514, 50514 + 9600)]


def test_a_pause_within_a_sentence_is_none_and_a_longer_one_is():
    assert heard(sound((300, 5000), (190, 0), (300, 5000))) == [(0, round(0.79 * RATE))]
    assert len(heard(sound((300, 5000), (220, 0), (300, 5000)))) == 2


@pytest.mark.parametrize("quiet", [(1000, 0), (1000, 90)])
def test_what_is_too_short_or_too_quiet_is_none(quiet: tuple[float, int]):
    assert heard(sound((500, 0), (19, 9000), quiet)) == []


def test_over_a_rooms_noise_only_what_stands_out():
    pcm = sound((2000, 0), (600, 4000), (1000, 0), (600, 500), (1000, 0), noise=200)
    [(start, end)] = heard(pcm)
    assert abs(start - 2 * RATE) < RATE // 100
    assert abs(end - 2.6 * RATE) < RATE // 100


def test_speech_that_does_not_end_ends_with_the_sound():
    assert heard(sound((100, 0), (455, 5000))) == [(2400, 2400 + 240 * 45)]
    assert heard(np.zeros(0, np.int16)) == []


def test_stretches_are_joined_and_cut():
    assert joined([(0, 10), (11, 20), (30, 40)], 5) == [(0, 20), (30, 40)]
    assert joined([], 5) == []
    assert within([(0, 10), (20, 30), (40, 50)], 5, 25) == [(5, 10), (20, 25)]
