import pytest

from voice_widget.engine.stages.contracts import AudioChunk
from voice_widget.engine.stages.voice_speed import real_time_factor
from voice_widget.engine.stages.voices.tone import ToneTts


class Machine:
    """Goes on by what a sentence takes, and works for some of that."""

    def __init__(self) -> None:
        self.now = self.worked = 0.0

    def factor(self, *says):
        """Of a voice that says a second: each time what it takes, and how much of that is its own work."""
        return real_time_factor(Slow(self, *says), lambda: self.now, lambda: self.worked, cores=2)


class Slow:
    voices = ("slow",)

    def __init__(self, machine, *says):
        self.machine, self.says = machine, list(says)

    def synthesize(self, text, *, voice, speed=1.0):
        taken, work = self.says.pop(0)
        self.machine.now += taken
        self.machine.worked += work
        yield AudioChunk(bytes(24_000), 24_000)
        yield AudioChunk(bytes(24_000), 24_000)


def test_the_second_sentence_counts():
    assert Machine().factor((0.9, 1.6), (0.3, 0.5)) == pytest.approx(0.3)


def test_a_moment_in_which_the_machine_is_busy_does_not_count():
    assert Machine().factor((2.9, 1.6), (0.8, 0.5), (0.6, 0.5), (0.3, 0.5)) == pytest.approx(0.3)


def test_a_machine_that_is_busy_all_the_time_is_too_slow():
    assert Machine().factor((0.9, 0.7), *[(0.8, 0.5)] * 4, (0.5, 0.5), (0.6, 0.5)) == pytest.approx(0.5)


def test_nobody_waits_for_a_second_sentence_of_a_voice_that_is_far_too_slow():
    assert Machine().factor((1.3, 2.4)) == pytest.approx(1.3)


def test_nobody_waits_for_a_quiet_moment_where_the_voice_itself_is_too_slow():
    assert Machine().factor((0.9, 1.4), (0.6, 0.9)) == pytest.approx(0.6)


def test_a_voice_that_says_nothing_is_slower_than_any():
    class Mute(ToneTts):
        def synthesize(self, text, *, voice, speed=1.0):
            return iter(())

    assert real_time_factor(Mute()) == float("inf")
