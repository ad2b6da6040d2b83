import pytest

from voice_widget.engine.stages.contracts import AudioChunk
from voice_widget.engine.stages.voice_speed import real_time_factor
from voice_widget.engine.stages.voices.tone import ToneTts


class Clock:
    """Goes on by what a sentence takes."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Slow:
    """Says a second; the first time it takes longer."""

    voices = ("slow",)

    def __init__(self, clock, *takes):
        self.clock, self.takes = clock, list(takes)

    def synthesize(self, text, *, voice, speed=1.0):
        self.clock.now += self.takes.pop(0)
        yield AudioChunk(bytes(24_000), 24_000)
        yield AudioChunk(bytes(24_000), 24_000)


def test_the_second_sentence_counts():
    clock = Clock()
    assert real_time_factor(Slow(clock, 0.9, 0.3), clock) == pytest.approx(0.3)


def test_a_moment_in_which_the_machine_is_busy_does_not_count():
    clock = Clock()
    assert real_time_factor(Slow(clock, 0.9, 0.8, 0.6, 0.3), clock) == pytest.approx(0.3)
    assert real_time_factor(Slow(clock, 0.9, 0.8, 0.5, 0.6), clock) == pytest.approx(0.5)


def test_nobody_waits_for_a_second_sentence_of_a_voice_that_is_far_too_slow():
    clock = Clock()
    assert real_time_factor(Slow(clock, 1.3), clock) == pytest.approx(1.3)


def test_a_voice_that_says_nothing_is_slower_than_any():
    class Mute(ToneTts):
        def synthesize(self, text, *, voice, speed=1.0):
            return iter(())

    assert real_time_factor(Mute()) == float("inf")
