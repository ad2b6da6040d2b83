import numpy as np
import pytest

from voice_widget.engine.stages.contracts import Hints, Transcript
from voice_widget.engine.stages.recognisers.batch import BatchSession, quietest

SECOND = 16_000


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """A recogniser that says how many seconds it was given, and takes its time for that."""

    def __init__(self, clock: Clock, cost: float = 0.0625) -> None:
        self.clock, self.cost = clock, cost
        self.asked: list[tuple[float, bool]] = []
        self.hints = Hints()

    def __call__(self, sound: np.ndarray, hints: Hints, draft: bool) -> Transcript:
        assert sound.dtype == np.int16
        self.clock.now += self.cost
        seconds = len(sound) / SECOND
        self.asked.append((seconds, draft))
        self.hints = hints
        return Transcript(f"{seconds:g}s", confidence=0.5, words=((f"{seconds:g}s", 0.0, seconds),))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def work(clock) -> Counting:
    return Counting(clock)


@pytest.fixture
def session(work, clock) -> BatchSession:
    return BatchSession(work, clock=clock)


def speak(session: BatchSession, seconds: float, clock: Clock | None = None, level: int = 1000) -> list[str]:
    """Feed sound in pieces of an eighth of a second: with a clock as it is spoken, else at once."""
    found = []
    for _ in range(round(seconds * 8)):
        if clock:
            clock.now += 0.125
        heard = session.feed(np.full(2000, level, np.int16))
        if heard:
            assert not heard.final
            found.append(heard.text)
    return found


def test_the_whole_utterance_is_recognised_at_its_end(session, work):
    session.start()
    speak(session, 2)
    assert session.finish() == Transcript("2s", final=True, confidence=0.5, words=(("2s", 0.0, 2.0),))
    assert work.asked == [(2.0, False)]


def test_without_sound_there_is_nothing_to_recognise(session, work):
    session.start()
    session.pause()
    assert session.finish() == Transcript("", final=True)
    assert session.finish() == Transcript("", final=True)
    assert session.feed(np.zeros(160, np.int16)) is None
    assert work.asked == []


def test_a_pause_does_the_work_and_the_end_has_it_already(session, work):
    session.start()
    speak(session, 2)
    session.pause()
    assert work.asked == [(2.0, False)]
    speak(session, 0.4, level=0)
    assert session.finish().text == "2s"
    assert len(work.asked) == 1


def test_what_a_pause_found_is_a_partial_too(session):
    session.start()
    speak(session, 0.5)
    session.pause()
    assert speak(session, 0.25) == ["0.5s"]


def test_who_goes_on_is_recognised_anew(session, work):
    session.start()
    speak(session, 2)
    session.pause()
    speak(session, 0.5, level=0)
    session.resume()
    speak(session, 1)
    assert session.finish().text == "3.5s"
    assert work.asked == [(2.0, False), (3.5, False)]


def test_resuming_without_a_pause_changes_nothing(session, work):
    session.start()
    session.resume()
    speak(session, 1)
    session.resume()
    assert session.finish().text == "1s"


def test_partials_come_with_new_speech_and_as_drafts(session, work, clock):
    session.start()
    assert speak(session, 3, clock) == ["0.875s", "1.75s", "2.625s"]
    assert {draft for _, draft in work.asked} == {True}


def test_partials_take_at_most_a_third_of_the_time(session, work, clock):
    work.cost = 1.0
    session.start()
    found = speak(session, 10, clock)
    assert found == ["0.875s", "2.875s", "4.875s", "6.875s", "8.875s"]


def test_sound_that_comes_late_is_not_held_up_by_partials(session, work, clock):
    session.start()
    assert speak(session, 9) == []  # nine seconds at once
    assert work.asked == []
    assert speak(session, 1, clock) == ["9.875s"]


def test_the_same_partial_is_told_once(clock):
    session = BatchSession(lambda *_: Transcript("the same"), clock=clock)
    session.start()
    assert speak(session, 4, clock) == ["the same"]


def test_no_partial_while_the_speaker_pauses(session, work, clock):
    session.start()
    speak(session, 0.75, clock)
    session.pause()
    speak(session, 3, clock, level=0)
    assert work.asked == [(0.75, False)]


def test_what_was_said_before_a_pause_is_settled_once_it_is_long(session, work):
    session.start()
    speak(session, 12)
    session.pause()
    speak(session, 0.25, level=0)
    session.resume()
    speak(session, 2)
    found = session.finish()
    assert found.text == "12s 2.25s"
    assert found.words == (("12s", 0.0, 12.0), ("2.25s", 12.0, 14.25))
    assert work.asked == [(12.0, False), (2.25, False)]


def test_a_gap_within_a_word_settles_nothing(session):
    session.start()
    speak(session, 12)
    session.pause()
    speak(session, 0.125)
    session.resume()
    assert session.finish().text == "12.125s"


def test_what_is_too_long_is_cut_where_it_is_quiet(session, work):
    session.start()
    speak(session, 24)
    speak(session, 0.25, level=0)
    speak(session, 10)
    assert work.asked == [(pytest.approx(24.125, abs=0.11), False)]
    found = session.finish()
    assert found.text.split()[0] == f"{work.asked[0][0]:g}s"
    assert sum(seconds for seconds, _ in work.asked) == 34.25
    assert found.words[1][2] == 34.25


def test_partials_of_what_is_long_begin_with_what_is_settled(session, clock):
    session.start()
    speak(session, 12, clock)
    session.pause()
    speak(session, 0.25, clock, level=0)
    session.resume()
    assert speak(session, 1, clock)[-1].startswith("12s ")


def test_an_utterance_leaves_nothing_to_the_next(session, work):
    session.start()
    speak(session, 12)
    session.pause()
    speak(session, 0.25)
    session.resume()
    session.cancel()
    session.start()
    speak(session, 1)
    assert session.finish().text == "1s"


def test_hints_are_handed_on(session, work):
    session.prepare(Hints(words=("tip",)))
    session.start()
    speak(session, 1)
    session.finish()
    assert work.hints == Hints(words=("tip",))


def test_a_recogniser_that_fails_costs_one_utterance(clock):
    fails = [True, False]

    def recognise(sound, hints, draft) -> Transcript:
        if fails.pop(0):
            raise RuntimeError("no memory")
        return Transcript("again")

    session = BatchSession(recognise, clock=clock)
    session.start()
    speak(session, 1)
    with pytest.raises(RuntimeError):
        session.finish()
    session.start()
    speak(session, 1)
    assert session.finish().text == "again"


@pytest.mark.parametrize("length", [0, 100, 1599])
def test_what_is_too_short_to_be_cut_stays_whole(length):
    assert quietest(np.zeros(length, np.int16), 0) == length
