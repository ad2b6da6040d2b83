"""The rule over what was heard, against the detector that gets every frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_widget.analysis.what_if.hearing import Heard, Supposed
from voice_widget.analysis.what_if.rules import Rule, turns
from voice_widget.realtime.sound.turns import Started, Stopped

STEPS = {"level": (10.0,), "webrtc": (10.0, 10.0), "silero": (10.0, 10.0, 10.0, 2.0)}


def heard(likely, silent=None, steps=(10.0,), delay_ms=0.0) -> Heard:
    likely = np.asarray(likely, np.float64)
    none = np.zeros((len(likely), len(steps)), bool)
    return Heard("any", likely, none if silent is None else np.asarray(silent, bool), steps, delay_ms)


def frame_by_frame(what: Heard, rule: Rule) -> list[Supposed]:
    """As the engine's listener gives frames to the detector: whole where nobody speaks, else in steps."""
    frame_ms = sum(what.steps_ms)
    detector, found, start = rule.detector(), [], 0.0
    for number, likely in enumerate(what.likely.tolist()):
        begins = max(0.0, number * frame_ms - what.delay_ms)
        ends = max(0.0, (number + 1) * frame_ms - what.delay_ms)
        steps = [(likely, begins, ends)]
        if detector.speaking:
            edges = begins + np.cumsum((0.0, *what.steps_ms))
            steps = [
                (0.0 if still else likely, float(edges[at]), float(edges[at + 1]))
                for at, still in enumerate(what.silent[number])
            ]
        for step in steps:
            change = detector.push(*step)
            if isinstance(change, Started):
                start = change.at_ms
            elif isinstance(change, Stopped):
                found.append(Supposed(start, change.at_ms, ends))
    if detector.speaking:
        last = detector.cut().at_ms
        found.append(Supposed(start, last, last + rule.silence_duration_ms))
    return found


def test_a_turn_ends_when_its_silence_is_long_enough():
    found = turns(heard([0] * 5 + [1] * 20 + [0] * 60), Rule(silence_duration_ms=300))
    assert found == [Supposed(50.0, 250.0, 550.0)]


def test_a_pause_that_is_shorter_ends_none_and_one_that_is_longer_does():
    likely = [1] * 20 + [0] * 30 + [1] * 20 + [0] * 60
    assert turns(heard(likely), Rule(silence_duration_ms=310)) == [Supposed(0.0, 700.0, 1010.0)]
    cut = [Supposed(0.0, 200.0, 500.0), Supposed(500.0, 700.0, 1000.0)]
    assert turns(heard(likely), Rule(silence_duration_ms=300)) == cut


def test_a_turn_that_runs_at_the_end_ends_in_the_silence_behind_it():
    assert turns(heard([1] * 20), Rule(silence_duration_ms=700)) == [Supposed(0.0, 200.0, 900.0)]
    assert turns(heard([1] * 20), Rule(threshold=0.0)) == [Supposed(0.0, 200.0, 700.0)]


def test_it_is_known_with_the_frame_in_which_the_silence_is_long_enough():
    what = heard([1] * 5 + [0] * 30, steps=STEPS["silero"])
    # Speech to 160 ms, 100 ms of silence are there at 260 (in steps 262), and the frame is there at 288.
    assert turns(what, Rule(silence_duration_ms=100)) == [Supposed(0.0, 160.0, 288.0)]


def test_steps_far_below_the_speaker_are_silence():
    silent = [[False, False]] * 10 + [[False, True]] + [[True, True]] * 30
    found = turns(heard([1] * 41, silent, STEPS["webrtc"]), Rule(silence_duration_ms=200))
    assert found[0] == Supposed(0.0, 210.0, 420.0)


def test_nothing_is_heard():
    assert turns(heard([]), Rule()) == turns(heard([0] * 50), Rule()) == turns(heard([1] * 5), Rule()) == []


probability = st.sampled_from([0.0, 0.1, 0.2, 0.34, 0.35, 0.36, 0.49, 0.5, 0.51, 0.7, 1.0])
stretches = st.lists(st.tuples(probability, st.integers(1, 25)), max_size=25)


@given(
    runs=stretches,
    steps=st.sampled_from(sorted(STEPS.values())),
    delay_ms=st.sampled_from([0.0, 1.0]),
    rule=st.builds(
        Rule,
        threshold=st.sampled_from([0.0, 0.1, 0.3, 0.35, 0.5, 0.7, 1.0]),
        silence_duration_ms=st.sampled_from([0, 10, 20, 32, 50, 64, 100, 102, 110, 200, 333.3]),
        min_speech_ms=st.sampled_from([0, 10, 20, 32, 60, 64, 100]),
    ),
    silence=st.data(),
)
@settings(max_examples=400, deadline=None)
def test_it_says_what_the_detector_says_that_gets_every_frame(runs, steps, delay_ms, rule, silence):
    likely = [p for p, length in runs for _ in range(length)]
    some = silence.draw(st.lists(st.booleans(), min_size=7, max_size=41))
    silent = np.resize(np.array(some), (len(likely), len(steps)))
    what = heard(likely, silent, steps, delay_ms)
    assert turns(what, rule) == frame_by_frame(what, rule)


@pytest.mark.parametrize("seed", range(4))
def test_so_it_does_over_an_hour_of_chance(seed):
    chance = np.random.default_rng(seed)
    likely = np.clip(np.repeat(chance.random(4000), chance.integers(1, 60, 4000)) + 0, 0, 1)
    silent = chance.random((len(likely), 4)) < 0.2
    what = heard(likely, silent, STEPS["silero"], 1.0)
    rule = Rule(0.5, float(chance.integers(200, 900)), 60.0)
    found = turns(what, rule)
    assert len(found) > 50
    assert found == frame_by_frame(what, rule)
