"""A recogniser that takes its time holds nobody up; how far behind it is, is measured, told and shed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from voice_widget.engine.stages.contracts import Hints, Transcript
from voice_widget.engine.stages.detectors.level import LevelVad
from voice_widget.engine.stages.events import (
    FinalText,
    Lagging,
    SpeechStarted,
    SpeechStopped,
    StageEvent,
    StageFailed,
)
from voice_widget.engine.stages.lag import Lag
from voice_widget.engine.stages.listening import Listener
from voice_widget.engine.stages.parts import Ears
from voice_widget.engine.stages.recognising import Order, Recogniser, Recognition
from voice_widget.engine.stages.session import SHED, UNHEARD, Session
from voice_widget.realtime.settings.parts import StageSpec

PATIENCE = 60.0
TURNS = {"type": "server_vad", "silence_duration_ms": 200, "prefix_padding_ms": 0, "min_speech_ms": 40}


class Held:
    """A recogniser that hangs in ``finish`` until it is let go; hears how loud an utterance was."""

    sample_rate = 16000

    def __init__(self) -> None:
        self.let = threading.Event()
        self.at_work = threading.Event()
        self.cancelled = 0
        self.heard: list[np.ndarray] = []

    def prepare(self, hints: Hints) -> None: ...

    def start(self) -> None:
        self.heard = []

    def feed(self, pcm: np.ndarray) -> Transcript | None:
        self.heard.append(pcm)
        return None

    def finish(self) -> Transcript:
        self.at_work.set()
        assert self.let.wait(PATIENCE)
        return Transcript(str(max(int(pcm.max()) for pcm in self.heard)), final=True)

    def cancel(self) -> None:
        self.cancelled += 1


class Shelf:
    """A workshop with parts that are there."""

    def __init__(self, stt: Any, vad: Any = None) -> None:
        self.stt, self.vad = stt, vad or LevelVad()
        self.returned = threading.Event()

    def ears(self, spec: StageSpec) -> Ears:
        return Ears(self.vad, self.stt, {})

    def give_back(self, spec: StageSpec, ears: Ears) -> None:
        self.returned.set()


class Caller:
    """A session, its clock, and a caller who speaks in real time by that clock."""

    def __init__(self, stt: Any, vad: Any = None) -> None:
        self.now = 0.0
        self.sound_ms = 0.0
        self.events: list[StageEvent] = []
        self._news = threading.Condition()
        self.shelf = Shelf(stt, vad)
        self.session = Session(StageSpec(), self.shelf, self._take, lambda: self.now)  # type: ignore[arg-type]
        self.session.put({"op": "configure", "turn_detection": TURNS, "hints": {**HINTS}}, b"")

    def _take(self, event: StageEvent) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def until(self, seen: Callable[[list[StageEvent]], Any]) -> None:
        with self._news:
            assert self._news.wait_for(lambda: seen(self.events), PATIENCE), self.events

    def say(self, level: int, ms: int, *, real_time: bool = True, heard: bool = True) -> None:
        for number in range(ms // 20):
            pcm = np.full(320, level, np.int16).tobytes()
            self.session.put({"op": "audio", "rate": 16000, "at_ms": self.sound_ms}, pcm)
            self.sound_ms += 20
            if real_time:
                self.now += 20
            if heard and number % 5 == 4:
                self._hear()
        if heard:
            self._hear()

    def _hear(self) -> None:
        """Until the session has heard it: the clock runs ahead of it by 100 ms at most."""
        while self.session._heard_ms < self.session._put_ms:
            with self._news:
                self._news.wait(0.002)

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


HINTS = {"phrases": [], "words": [], "language": "en"}


def test_a_detector_does_not_wait_for_the_recogniser():
    stt = Held()
    caller = Caller(stt)
    caller.say(5000, 300)
    caller.say(0, 400)
    assert stt.at_work.wait(PATIENCE)
    caller.say(6000, 300)  # the first is still being recognised
    assert caller.of(SpeechStarted) == [SpeechStarted(0.0, 1), SpeechStarted(700.0, 2)]
    caller.say(0, 400)
    assert caller.of(SpeechStopped) == [SpeechStopped(300.0, 1), SpeechStopped(1000.0, 2)]
    assert caller.of(FinalText) == []
    stt.let.set()
    caller.until(lambda events: FinalText("6000", 2) in events)
    assert caller.of(FinalText) == [FinalText("5000", 1), FinalText("6000", 2)]


def test_a_lag_is_told_what_waits_too_long_is_passed_over_and_all_of_it_is_over_in_the_end():
    stt = Held()
    caller = Caller(stt)
    for number in range(1, 9):
        caller.say(1000 * number, 1000)
        caller.say(0, 1000)
    shed = [event for event in caller.of(FinalText) if event.failed]
    assert shed
    assert {event.failed for event in shed} == {SHED}
    # The oldest of those that wait, in order; never the one that is at work.
    assert [event.utterance for event in shed] == list(range(2, 2 + len(shed)))
    told = [event.ms for event in caller.of(Lagging)]
    assert 2000 <= told[0] <= 2200
    assert all(after >= 2 * before for before, after in pairwise(told))
    stt.let.set()
    caller.until(lambda events: Lagging(0) in events)
    texts = [event for event in caller.of(FinalText) if not event.failed]
    assert [(event.text, event.utterance) for event in texts] == [
        (str(1000 * number), number) for number in (1, *range(2 + len(shed), 9))
    ]
    # Times are those of the samples, whatever waited.
    assert [event.at_ms for event in caller.of(SpeechStarted)] == [2000.0 * n for n in range(8)]
    assert [event.at_ms for event in caller.of(SpeechStopped)] == [2000.0 * n + 1000 for n in range(8)]


def test_sound_that_the_detector_is_too_late_for_is_passed_over_and_said_and_times_stay_those_of_samples():
    class Hangs(LevelVad):
        let = threading.Event()

        def __call__(self, frame: np.ndarray) -> float:
            assert self.let.wait(PATIENCE)
            return super().__call__(frame)

    stt = Held()
    stt.let.set()
    caller = Caller(stt, Hangs())
    caller.say(0, 1000, heard=False)
    caller.say(1000, 1000, heard=False)  # is given up
    caller.say(0, 28_000, heard=False)
    Hangs.let.set()
    caller.until(lambda events: Lagging(0) in events)
    caller.say(2000, 1000)
    caller.say(0, 1000)
    caller.until(lambda events: any(isinstance(event, FinalText) for event in events))
    assert {event.message for event in caller.of(StageFailed)} == {UNHEARD}  # perhaps more than once
    assert [event.text for event in caller.of(FinalText)] == ["2000"]
    assert [event.at_ms for event in caller.of(SpeechStarted)] == [30_000.0]
    assert [event.at_ms for event in caller.of(SpeechStopped)] == [31_000.0]


def test_sound_that_is_sent_quicker_than_it_was_spoken_is_no_lag():
    stt = Held()
    caller = Caller(stt)
    for number in range(1, 20):
        caller.say(1000 * number, 1000, real_time=False)
        caller.say(0, 1000, real_time=False)
    assert caller.of(Lagging) == []
    stt.let.set()
    caller.until(lambda events: FinalText("19000", 19) in events)
    assert [event.failed for event in caller.of(FinalText)] == [None] * 19


def test_a_session_that_closes_does_not_work_on_and_gives_its_recogniser_back():
    stt = Held()
    caller = Caller(stt)
    for number in range(1, 4):
        caller.say(1000 * number, 400)
        caller.say(0, 400)
    assert stt.at_work.wait(PATIENCE)
    caller.session.close()
    assert not caller.shelf.returned.is_set()
    stt.let.set()
    assert caller.shelf.returned.wait(PATIENCE)
    assert [event.utterance for event in caller.of(FinalText)] == [1]
    assert caller.session._recogniser is not None
    caller.session._recogniser.put(Order("start", 4))
    assert not caller.session._recogniser.busy


def test_a_recogniser_of_another_rate_gets_its_own():
    class Slow(Held):
        sample_rate = 8000

    stt = Slow()
    stt.let.set()
    caller = Caller(stt)
    caller.say(5000, 400)
    caller.say(0, 400)
    caller.until(lambda events: any(isinstance(event, FinalText) for event in events))
    assert sum(map(len, stt.heard)) == pytest.approx(8 * 600, abs=2)


def test_a_stall_of_ours_is_forgotten_in_time():
    lag = Lag()
    lag.arrived(0, 0)
    lag.arrived(5000, 20)  # nothing came for five seconds
    lag.arrived(5000, 5000)  # then all of it
    assert lag.of(3000) == 0
    for at in range(5020, 65_000, 20):
        lag.arrived(at, at)
    assert lag.of(3000) == pytest.approx(3000, abs=10)


@pytest.mark.parametrize(("likely", "ends"), [(0.9, 300), (0.1, 900)])
def test_a_turn_detector_says_in_the_pause_how_long_to_wait(likely, ends):
    asked: list[tuple[int, int, str, float]] = []

    def judge(pcm: np.ndarray, sample_rate: int, partial: str, silence_ms: float) -> float:
        asked.append((len(pcm), sample_rate, partial, silence_ms))
        return likely

    events: list[StageEvent] = []
    stt = Held()
    stt.let.set()
    recognition = Recognition(stt, events.append, 16000, judge, lambda n, p: listener.judged(n, p))
    listener = Listener(LevelVad(), recognition, events.append)
    listener.configure({"type": "semantic_vad", "prefix_padding_ms": 300}, Hints())
    now = 0.0
    while not any(isinstance(event, FinalText) for event in events):
        listener.audio(np.full(160, 5000 if now < 1000 else 0, np.int16), 16000, now)
        now += 10
    assert now == 1000 + ends
    ((length, rate, partial, silence),) = asked
    assert (length, rate, partial, silence) == (16 * 1200, 16000, "", 200.0)


def test_a_turn_detector_that_fails_leaves_it_to_the_silence():
    def judge(*_: Any) -> float:
        raise RuntimeError("no model")

    events: list[StageEvent] = []
    recognition = Recognition(None, events.append, 16000, judge)
    for do in ("start", "feed", "pause", "resume", "pause", "finish"):
        recognition(Order(do, 1, np.ones(160, np.int16)))  # type: ignore[arg-type]
    assert [type(event).__name__ for event in events] == ["StageFailed", "FinalText"]
    assert "no model" in events[0].message  # type: ignore[union-attr]


def test_a_language_that_the_recogniser_does_not_know_is_told_once():
    events: list[StageEvent] = []
    recognition = Recognition(Held(), events.append, languages=("en",))
    for language in ("en", "de", "de"):
        recognition(Order("prepare", hints=Hints(language=language)))
    told = "The recogniser does not know de, only en."
    assert events == [StageFailed("stt", told, "language_unknown")]


def test_waiting_for_a_text_counts_as_being_behind():
    stt = Held()
    now = [0.0]
    recogniser = Recogniser(Recognition(stt, lambda event: None), 16000, lambda: now[0])
    for do in ("start", "feed", "finish"):
        recogniser.put(Order(do, 1, np.ones(1600, np.int16) if do == "feed" else None))  # type: ignore[arg-type]
    assert stt.at_work.wait(PATIENCE)
    now[0] = 1234.0
    assert recogniser.behind_ms == 1234.0
    assert recogniser.shed() is None  # it is at work
    stt.let.set()
    recogniser.close()
    assert recogniser.behind_ms == 0.0
