"""The probability of speech is told with the times of its samples, and only while somebody watches."""

import math

import numpy as np
import pytest

from tests.engine.spoken import in_a_room, say
from tests.engine.stages.test_listening import TURNS, Talk
from voice_widget.engine.stages.activity import Activity
from voice_widget.engine.stages.detectors.silero import SileroVad
from voice_widget.engine.stages.events import VoiceActivity

SILENCE_MS, SPEECH_MS = 500, 300


def told(talk: Talk) -> list[VoiceActivity]:
    return [event for event in talk.events if isinstance(event, VoiceActivity)]


def steps(told: list[VoiceActivity]) -> list[tuple[float, float]]:
    """When each step began, and how likely it held speech."""
    return [(t.at_ms + n * t.step_ms, p) for t in told for n, p in enumerate(t.likely)]


def speak(talk: Talk) -> None:
    for level, length in ((0, SILENCE_MS), (5000, SPEECH_MS), (0, 400)):
        talk.hear(level, length)


def test_while_nobody_watches_nothing_is_gathered():
    talk = Talk()
    speak(talk)
    assert told(talk) == []
    assert talk.listener._activity._likely == []


def test_silence_is_unlikely_and_speech_likely_at_the_time_of_its_samples():
    talk = Talk()
    talk.listener.watch(10_000)
    speak(talk)
    found = steps(told(talk))
    assert [p for at, p in found if at < SILENCE_MS] == [0.0] * 50
    assert [p for at, p in found if SILENCE_MS <= at < SILENCE_MS + SPEECH_MS] == [1.0] * 30
    assert [p for at, p in found if at >= SILENCE_MS + SPEECH_MS] == [0.0] * 40
    assert np.allclose(np.diff([at for at, _ in found]), 10)


@pytest.mark.parametrize("rate", [16_000, 24_000])
def test_of_a_spoken_sentence_with_the_detector_that_is_used(rate: int):
    talk = Talk(vad=SileroVad())
    talk.listener.watch(60_000)
    sentence = say("what is the average tip by day", rate=rate)
    talk.play(in_a_room(sentence, lead_ms=1000, rate=rate), rate)
    length_ms = len(sentence) * 1000 / rate
    found = steps(told(talk))
    before = [p for at, p in found if at < 1000 - 32]
    during = [p for at, p in found if 1100 < at < 1000 + length_ms - 100]
    after = [p for at, p in found if at > 1000 + length_ms + 300]
    assert max(before) < 0.3
    assert np.mean(np.array(during) > 0.5) > 0.8
    assert max(after) < 0.3
    # The first likely step is where the sound begins, to the step.
    first = next(at for at, p in found if p >= 0.5)
    assert 1000 - 32 <= first <= 1100
    assert all(p == round(p, 3) for _, p in found)


def test_it_ends_with_the_time_that_was_asked_for_unless_it_is_asked_for_again():
    talk = Talk()
    talk.listener.watch(300)
    talk.hear(0, 600)
    assert [at for at, _ in steps(told(talk))] == [n * 10 for n in range(30)]
    talk.listener.watch(300)
    talk.hear(0, 100)
    talk.listener.watch(300)
    talk.hear(0, 600)
    assert [at for at, _ in steps(told(talk))][30:] == [600 + n * 10 for n in range(40)]


def test_a_batch_ends_where_sound_is_missing():
    talk = Talk()
    talk.listener.watch(10_000)
    talk.hear(0, 100)
    talk.now += 500
    talk.hear(0, 200)
    assert [(t.at_ms, len(t.likely)) for t in told(talk)] == [(0.0, 10), (600.0, 20)]


@pytest.mark.parametrize(
    ("said", "told"), [(math.nan, 0.0), (1.7, 1.0), (-1, 0.0), (np.float32(0.12345), 0.123)]
)
def test_a_detector_of_ones_own_may_say_anything(said: float, told: float):
    batches: list[VoiceActivity] = []
    activity = Activity(batches.append)
    activity.want(1000)
    activity(said, 0.0, 200.0)
    assert batches == [VoiceActivity(0.0, 200.0, (told,))]


def test_the_turns_are_the_same_whoever_watches():
    watched, alone = Talk(turns=TURNS), Talk(turns=TURNS)
    watched.listener.watch(10_000)
    for talk in (watched, alone):
        speak(talk)
    assert [event for event in watched.events if not isinstance(event, VoiceActivity)] == alone.events
