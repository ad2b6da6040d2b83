"""The envelope is what a direct computation of all samples gives, at every level."""

from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.made import InMemory
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.sound import Stereo
from voice_widget.replay import envelope as module
from voice_widget.replay.envelope import envelope, step_ms


def noise(samples: int) -> Stereo:
    made = np.random.default_rng(1).integers(-32_768, 32_768, (samples, 2))
    made[:, 1] //= 7
    return made.astype(np.int16)


@pytest.mark.parametrize("samples", [1, 240, 241, 30 * RATE, 61 * RATE + 77])
def test_each_step_has_the_lowest_and_the_highest_of_its_samples(samples: int) -> None:
    pcm = noise(samples)
    [level] = envelope(InMemory(pcm))
    assert level.shape == (-(-samples // 240), 2, 2)
    for step in {0, len(level) // 2, len(level) - 1}:
        there = pcm[step * 240 : (step + 1) * 240]
        assert level[step, :, 0].tolist() == (there.min(axis=0) >> 8).tolist()
        assert level[step, :, 1].tolist() == (there.max(axis=0) >> 8).tolist()


def test_coarser_levels_are_those_of_longer_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_STEPS", 50)
    pcm = noise(8 * RATE + 5)
    levels = envelope(InMemory(pcm))
    assert [len(level) for level in levels] == [801, 201, 51, 13]
    for number, level in enumerate(levels):
        size = RATE * step_ms(number) // 1000
        for step, (user, assistant) in enumerate(level.tolist()):
            there = pcm[step * size : (step + 1) * size] >> 8
            assert user == [there[:, 0].min(), there[:, 0].max()]
            assert assistant == [there[:, 1].min(), there[:, 1].max()]


class Silence:
    """An hour of it."""

    samples = 3600 * RATE
    largest = 0

    def read(self, start: int, stop: int) -> Stereo:
        self.largest = max(self.largest, stop - start)
        return np.zeros((stop - start, 2), np.int16)


def test_an_hour_is_never_whole_in_memory_and_first_has_few_steps() -> None:
    sound = Silence()
    levels = envelope(sound)
    assert sound.largest <= 30 * RATE
    assert [level.nbytes for level in levels] == [1_440_000, 360_000, 90_000, 22_500][: len(levels)]
    assert len(levels[-1]) <= module.MOST_STEPS


def test_of_no_sound_there_is_none() -> None:
    [level] = envelope(InMemory(np.zeros((0, 2), np.int16)))
    assert level.shape == (0, 2, 2)
