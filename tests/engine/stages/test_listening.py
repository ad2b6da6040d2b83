import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.engine.spoken import in_a_room, noise, say
from voice_widget.engine.stages import listening
from voice_widget.engine.stages.calling import CalledStt
from voice_widget.engine.stages.contracts import Hints, Transcript
from voice_widget.engine.stages.detectors.level import LevelVad
from voice_widget.engine.stages.detectors.silero import SileroVad
from voice_widget.engine.stages.events import (
    Committed,
    FinalText,
    PartialText,
    SpeechStarted,
    SpeechStopped,
    SpokenOn,
    StageEvent,
    StageFailed,
)
from voice_widget.engine.stages.listening import Listener
from voice_widget.engine.stages.recognisers.batch import BatchSession
from voice_widget.engine.stages.recognising import Order, Recognition
from voice_widget.errors import EngineError

TURNS = {"type": "server_vad", "silence_duration_ms": 200, "prefix_padding_ms": 100, "min_speech_ms": 40}


class Notes:
    """A recogniser that writes down what happens to it."""

    sample_rate = 16000

    def __init__(self, partials: Sequence[str] = ()) -> None:
        self.calls: list[str] = []
        self.heard = np.zeros(0, np.int16)
        self.prepared: list[Hints] = []
        self.partials = list(partials)
        self.broken: set[str] = set()

    def _note(self, name: str) -> None:
        if self.calls[-1:] != [name]:
            self.calls.append(name)
        if name in self.broken:
            raise RuntimeError(f"{name} broke")

    def prepare(self, hints: Hints) -> None:
        self.prepared.append(hints)
        self._note("prepare")

    def start(self) -> None:
        self.heard = np.zeros(0, np.int16)
        self._note("start")

    def feed(self, pcm: np.ndarray) -> Transcript | None:
        self.heard = np.concatenate([self.heard, pcm])
        self._note("feed")
        return Transcript(self.partials.pop(0)) if self.partials else None

    def finish(self) -> Transcript:
        self._note("finish")
        return Transcript("the end", final=True)

    def cancel(self) -> None:
        self._note("cancel")

    def pause(self) -> None:
        self._note("pause")

    def resume(self) -> None:
        self._note("resume")


class Talk:
    """A listener with a level gate, and the clock of its caller."""

    def __init__(
        self, stt: Notes | None = None, turns: dict[str, Any] | None = TURNS, vad: Any = None
    ) -> None:
        self.stt = stt
        self.events: list[StageEvent] = []
        self.spoken_on: list[SpokenOn] = []  # apart: of every longer utterance
        # The recogniser works at once here; in a session it has a thread of its own.
        recognition = Recognition(stt, self.tell)
        self.listener = Listener(vad or LevelVad(), recognition, self.tell)
        self.listener.configure(turns, Hints())
        self.now = 0.0

    def tell(self, event: StageEvent) -> None:
        if isinstance(event, PartialText):
            self.listener.understood(event.utterance, event.text)
        if isinstance(event, SpokenOn):
            self.spoken_on.append(event)
        else:
            self.events.append(event)

    def hear(self, level: int, milliseconds: int, rate: int = 16000, piece_ms: int = 20) -> None:
        self.play(np.full(rate * milliseconds // 1000, level, np.int16), rate, piece_ms)

    def play(self, pcm: np.ndarray, rate: int = 16000, piece_ms: int = 20) -> None:
        size = rate * piece_ms // 1000
        for at in range(0, len(pcm), size):
            piece = pcm[at : at + size]
            self.listener.audio(piece, rate, self.now)
            self.now += len(piece) * 1000 / rate

    def kinds(self) -> list[str]:
        return [type(e).__name__ for e in self.events]


def test_a_turn_has_its_times_on_the_audio_clock():
    talk = Talk(Notes())
    for level, length in ((0, 500), (5000, 300), (0, 400)):
        talk.hear(level, length)
    assert talk.events == [SpeechStarted(400.0, 1), SpeechStopped(800.0, 1), FinalText("the end", 1)]


@pytest.mark.parametrize("rate", [8000, 24000, 48000])
def test_the_times_hold_at_any_sample_rate(rate):
    talk = Talk(Notes())
    for level, length in ((0, 500), (5000, 300), (0, 400)):
        talk.hear(level, length, rate)
    started, stopped, _ = talk.events
    assert started.at_ms == pytest.approx(400, abs=12)
    assert stopped.at_ms == pytest.approx(800, abs=12)


def test_a_gap_in_the_audio_is_a_gap_in_the_times():
    talk = Talk(Notes())
    talk.hear(0, 200)
    talk.now += 5000
    for level, length in ((0, 300), (5000, 300), (0, 400)):
        talk.hear(level, length)
    assert talk.events[:2] == [SpeechStarted(5400.0, 1), SpeechStopped(5800.0, 1)]


def test_the_recogniser_works_during_utterances_only():
    stt = Notes()
    talk = Talk(stt)
    talk.hear(0, 3000)
    assert stt.calls == ["prepare"]
    talk.hear(5000, 300)
    talk.hear(0, 3000)
    assert stt.calls == ["prepare", "start", "feed", "pause", "finish"]


def test_the_recogniser_gets_the_padding_the_speech_and_the_silence():
    stt = Notes()
    talk = Talk(stt)
    for level, length in ((0, 1000), (5000, 300), (0, 400)):
        talk.hear(level, length)
    loud = np.flatnonzero(stt.heard)
    assert loud[0] == pytest.approx(300 * 16, abs=160)
    assert len(loud) == 300 * 16
    assert len(stt.heard) == pytest.approx(800 * 16, abs=160)


def test_the_padding_of_a_turn_holds_nothing_of_the_turn_before():
    stt = Notes()
    talk = Talk(stt)
    for level, length in ((0, 500), (5000, 300), (0, 210), (4000, 300), (0, 400)):
        talk.hear(level, length)
    assert talk.kinds().count("FinalText") == 2
    assert 5000 not in stt.heard


def test_a_click_is_no_turn():
    talk = Talk(Notes())
    for level, length in ((0, 300), (9000, 20), (0, 500)):
        talk.hear(level, length)
    assert talk.events == []


def test_partials_are_told_once_each():
    talk = Talk(Notes(["what", "what", "what is"]))
    for level, length in ((0, 300), (5000, 300), (0, 400)):
        talk.hear(level, length)
    assert [e.text for e in talk.events if isinstance(e, PartialText)] == ["what", "what is"]


def test_a_pause_within_a_turn_is_told_and_its_end_too():
    stt = Notes()
    talk = Talk(stt, {**TURNS, "silence_duration_ms": 500})
    for level, length in ((5000, 300), (0, 300), (5000, 300), (0, 600)):
        talk.hear(level, length)
    assert talk.kinds() == ["SpeechStarted", "SpeechStopped", "FinalText"]
    assert [c for c in stt.calls if c != "feed"] == ["prepare", "start", "pause", "resume", "pause", "finish"]


@pytest.mark.parametrize(
    ("eagerness", "partial", "silence"),
    [
        ("high", "some rows", 300),
        ("auto", "some rows", 500),
        ("low", "some rows", 900),
        ("auto", "how many rows", 300),  # a whole phrase
        ("low", "how many rows", 900),
        ("high", "the average of", 900),  # goes on
    ],
)
def test_semantic_turns_wait_as_long_as_the_words_suggest(eagerness, partial, silence):
    talk = Talk(Notes([partial]), {"type": "semantic_vad", "eagerness": eagerness})
    talk.listener.configure({"type": "semantic_vad", "eagerness": eagerness}, Hints(("How many rows",)))
    talk.hear(5000, 300)
    talk.hear(0, silence - 10, piece_ms=10)
    assert "SpeechStopped" not in talk.kinds()
    talk.hear(0, 10, piece_ms=10)
    assert "SpeechStopped" in talk.kinds()


def test_push_to_talk_is_what_lies_between_clear_and_commit():
    stt = Notes()
    talk = Talk(stt, None)
    talk.hear(7000, 400)
    talk.listener.clear()
    for level, length in ((0, 500), (5000, 300), (0, 200)):
        talk.hear(level, length)
    talk.listener.commit()
    assert talk.events == [Committed(False, 2, 1.0), FinalText("the end", 2)]
    assert 7000 not in stt.heard
    assert np.count_nonzero(stt.heard) == 300 * 16


def test_less_than_100_ms_is_nothing_to_commit():
    talk = Talk(Notes(), None)
    talk.hear(5000, 90)
    talk.listener.commit()
    assert talk.events == [Committed(empty=True)]
    talk.hear(5000, 20)
    talk.listener.commit()
    assert talk.events[1:] == [Committed(False, 1, pytest.approx(0.11)), FinalText("the end", 1)]
    talk.listener.commit()
    assert talk.events[3:] == [Committed(empty=True)]


def test_who_pushes_to_talk_and_speaks_for_a_minute_so_softly_that_no_detector_hears_it_is_heard_whole():
    class Deaf(LevelVad):
        def __call__(self, frame: np.ndarray) -> float:
            return 0.0

    stt = Notes()
    talk = Talk(stt, None, vad=Deaf())
    talk.hear(60, 60_000, piece_ms=100)
    talk.listener.commit()
    assert np.count_nonzero(stt.heard) == 60_000 * 16


def test_an_open_microphone_costs_nothing_between_pushes():
    stt = Notes()
    talk = Talk(stt, None)
    talk.hear(5000, 300)
    talk.hear(0, 20_000, piece_ms=100)
    assert len(stt.heard) < 1500 * 16


def test_a_commit_ends_a_turn_of_the_detector_too():
    talk = Talk(Notes())
    talk.hear(5000, 300)
    talk.listener.commit()
    talk.hear(0, 1000)
    assert talk.kinds() == ["SpeechStarted", "Committed", "FinalText"]


class Loud(LevelVad):
    """A detector that never gets used to a noise."""

    def __call__(self, frame: np.ndarray) -> float:
        return float(frame.any())


def test_a_turn_that_does_not_end_is_cut_and_goes_on_as_the_next(monkeypatch):
    monkeypatch.setattr(listening, "_MOST_MS", 6000.0)
    stt = Notes()
    talk = Talk(stt, vad=Loud())
    talk.hear(5000, 7000)
    talk.hear(0, 400)
    assert talk.kinds() == ["SpeechStarted", "SpeechStopped", "FinalText"] * 2
    first, cut, _, second, _, _ = talk.events
    assert cut.at_ms - first.at_ms == pytest.approx(6000, abs=100)
    assert second.at_ms == cut.at_ms  # nothing is lost between them, and nothing heard twice
    assert len(stt.heard) < 3000 * 16


def test_pushing_to_talk_for_long_keeps_the_text_and_not_the_sound(monkeypatch):
    monkeypatch.setattr(listening, "_MOST_MS", 6000.0)
    stt = Notes()
    talk = Talk(stt, None, vad=Loud())
    talk.hear(5000, 12_500)
    assert len(stt.heard) <= 6100 * 16
    talk.listener.commit()
    assert talk.events[-2:] == [Committed(False, 1, 12.5), FinalText("the end the end the end", 1)]
    talk.hear(5000, 300)
    talk.listener.commit()
    assert talk.events[-1] == FinalText("the end", 2)


def test_clear_forgets_the_turn_that_is_on():
    stt = Notes()
    talk = Talk(stt)
    talk.hear(5000, 300)
    talk.listener.clear()
    talk.hear(0, 1000)
    assert talk.kinds() == ["SpeechStarted"]
    assert stt.calls[-1] == "cancel"


def test_hints_wait_for_the_end_of_the_utterance():
    stt = Notes()
    talk = Talk(stt)
    talk.hear(5000, 300)
    talk.listener.configure(TURNS, Hints(("new",)))
    assert stt.prepared == [Hints()]
    talk.hear(0, 400)
    assert stt.prepared == [Hints(), Hints(("new",))]
    assert stt.calls[-2:] == ["finish", "prepare"]


def test_new_turn_settings_end_the_turn_that_is_on():
    talk = Talk(Notes())
    talk.hear(5000, 300)
    talk.listener.configure(None, Hints())
    assert talk.kinds() == ["SpeechStarted", "SpeechStopped", "FinalText"]
    assert talk.events[1] == SpeechStopped(300.0, 1)


def test_without_a_recogniser_turns_are_found_and_texts_empty():
    talk = Talk(None)
    talk.hear(5000, 300)
    talk.hear(0, 400)
    assert talk.events[1:] == [SpeechStopped(300.0, 1), FinalText("", 1)]


@pytest.mark.parametrize("broken", ["start", "feed", "pause", "finish"])
def test_a_recogniser_that_raises_costs_one_text(broken):
    stt = Notes()
    stt.broken = {broken}
    talk = Talk(stt)
    talk.hear(5000, 300)
    talk.hear(0, 400)
    failed = f"Speech recognition failed: RuntimeError('{broken} broke')."
    assert talk.events[-1] == FinalText("", 1, failed)
    assert talk.kinds() == ["SpeechStarted", "SpeechStopped", "FinalText"]  # and it is said once
    stt.broken = set()
    talk.events.clear()
    talk.hear(5000, 300)
    talk.hear(0, 400)
    assert talk.events[-1] == FinalText("the end", 2)
    assert "StageFailed" not in talk.kinds()


@pytest.mark.parametrize("turns", [None, TURNS], ids=["push-to-talk", "silence"])
def test_why_a_service_does_not_recognise_is_told_in_its_own_words_in_place_of_a_text(turns):
    def refuse(*_: Any) -> Transcript:
        raise EngineError("It refused with 401: no such key.", next_step="Check the key.")

    talk = Talk(BatchSession(refuse), turns)  # type: ignore[arg-type]
    talk.hear(5000, 300)
    talk.hear(0, 400)
    if turns is None:
        talk.listener.commit()
    assert talk.events[-1] == FinalText("", 1, "It refused with 401: no such key. Check the key.")
    assert "StageFailed" not in talk.kinds()


def test_a_recogniser_that_wants_to_end_the_process_costs_one_text():
    stt = Notes()
    talk = Talk(stt)
    stt.finish = lambda: sys.exit("no licence")  # type: ignore[method-assign]
    talk.hear(5000, 300)
    talk.hear(0, 400)
    assert talk.events[-1] == FinalText("", 1, "Speech recognition failed: SystemExit('no licence').")


def test_what_was_understood_of_a_long_push_is_kept_where_the_rest_fails_and_that_is_said(monkeypatch):
    monkeypatch.setattr(listening, "_MOST_MS", 6000.0)
    stt = Notes()
    talk = Talk(stt, None, vad=Loud())
    talk.hear(5000, 6500)
    stt.broken = {"finish"}
    talk.listener.commit()
    assert talk.events[-2:] == [
        StageFailed("stt", "Speech recognition failed: RuntimeError('finish broke')."),
        FinalText("the end", 1),
    ]


@pytest.mark.parametrize("error", [RuntimeError("model gone"), SystemExit(1)])
def test_a_detector_that_raises_is_replaced(error):
    class Broken(LevelVad):
        frame_samples = 512

        def __call__(self, frame: np.ndarray) -> float:
            raise error

    talk = Talk(Notes(), vad=Broken())
    for level, length in ((0, 500), (5000, 300), (0, 400)):
        talk.hear(level, length)
    assert talk.kinds() == ["StageFailed", "SpeechStarted", "SpeechStopped", "FinalText"]
    assert talk.events[2].at_ms == pytest.approx(800, abs=35)


@pytest.mark.parametrize("level", [30, 300, 1500])
def test_silero_finds_a_question_in_a_call_that_starts_with_noise(level):
    talk = Talk(Notes(), {"type": "server_vad", "silence_duration_ms": 400}, SileroVad())
    pcm = in_a_room(say("what is the average tip by day", rate=48000) // 1, lead_ms=2000, rate=48000)
    pcm = np.clip(pcm.astype(int) + noise(len(pcm) / 48, level, 48000)[: len(pcm)], -32768, 32767).astype(
        np.int16
    )
    talk.play(pcm, 48000)
    assert talk.kinds() == ["SpeechStarted", "SpeechStopped", "FinalText"]
    length = len(say("what is the average tip by day", rate=48000)) / 48
    assert talk.events[0].at_ms == pytest.approx(1700, abs=110)
    # In a quiet room the end is exact, although the detector itself is 70 ms late.
    assert talk.events[1].at_ms == pytest.approx(2000 + length, abs=40 if level == 30 else 150)


# --- push-to-talk loses nothing ---


class Deaf(LevelVad):
    """A detector that hears loud sound only."""

    def __call__(self, frame: np.ndarray) -> float:
        return float(np.abs(frame.astype(int)).max() > 1000)


def test_what_comes_after_a_long_pause_is_heard_from_its_beginning():
    stt = Notes()
    talk = Talk(stt, None, Deaf())
    # A soft beginning, as the detector finds it late; the pause is longer than it is listened to.
    for level, length in ((5000, 300), (0, 1500), (400, 200), (5000, 300)):
        talk.hear(level, length)
    talk.listener.commit()
    assert np.count_nonzero(stt.heard == 400) == 200 * 16
    assert np.count_nonzero(stt.heard == 5000) == 600 * 16
    assert [c for c in stt.calls if c != "feed"] == ["prepare", "start", "pause", "resume", "finish"]


def test_who_speaks_softly_is_heard_though_no_detector_says_so():
    stt = Notes()
    talk = Talk(stt, None, Deaf())
    for level, length in ((0, 2000), (300, 3000), (0, 2000)):
        talk.hear(level, length)
    talk.listener.commit()
    assert np.count_nonzero(stt.heard == 300) == 3000 * 16
    assert len(stt.heard) < 3700 * 16  # and not the silence around it
    assert talk.events == [Committed(False, 1, 7.0), FinalText("the end", 1)]


def test_a_soft_end_is_heard_too():
    stt = Notes()
    talk = Talk(stt, None, Deaf())
    for level, length in ((5000, 300), (0, 1500), (400, 500), (0, 900)):
        talk.hear(level, length)
    talk.listener.commit()
    assert np.count_nonzero(stt.heard == 400) == 500 * 16
    # What it has understood in the first pause is not all of it.
    assert [c for c in stt.calls if c != "feed"] == [
        *("prepare", "start", "pause", "resume", "pause", "finish")
    ]


def test_a_recogniser_that_works_in_the_pause_hears_what_comes_softly_right_after_it():
    stt = CalledStt(lambda pcm, rate: f"{np.count_nonzero(pcm == 400) // 16} ms softly")
    talk = Talk(stt, None, Deaf())  # type: ignore[arg-type]
    for level, length in ((5000, 300), (0, 250), (400, 200), (0, 100)):
        talk.hear(level, length)
    talk.listener.commit()
    assert talk.events[-1] == FinalText("200 ms softly", 1)


def heard_of(pcm: np.ndarray) -> str:
    return f"loud {np.count_nonzero(pcm == 5000) // 16} ms, soft {np.count_nonzero(pcm == 400) // 16} ms"


@pytest.mark.parametrize(
    "stt",
    [
        CalledStt(lambda pcm, rate: heard_of(pcm)),
        BatchSession(lambda pcm, hints, draft: Transcript(heard_of(pcm))),
        BatchSession(lambda pcm, hints, draft: Transcript(heard_of(pcm)), pause_ms=900),
    ],
    ids=["a function", "pieces", "pieces after long pauses"],
)
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("after_ms", [0, 900, 1500])
def test_what_is_said_softly_after_a_long_pause_is_recognised_whatever_was_understood_in_it(
    stt, times, after_ms
):
    talk = Talk(stt, None, Deaf())
    talk.listener = Listener(
        Deaf(), Recognition(stt, talk.tell), talk.tell, getattr(stt, "pause_ms", listening.PAUSE_MS)
    )
    talk.listener.configure(None, Hints())
    talk.hear(5000, 300)
    for _ in range(times):
        talk.hear(0, 1500)
        talk.hear(400, 500)
    talk.hear(0, after_ms)
    talk.listener.commit()
    assert talk.events[-1] == FinalText(f"loud 300 ms, soft {500 * times} ms", 1)


@pytest.mark.parametrize("turns", [None, TURNS])
@pytest.mark.parametrize("rate", [16000, 48000])
def test_the_last_samples_are_of_this_utterance_and_not_of_the_next(turns, rate):
    stt = Notes()
    talk = Talk(stt, turns, SileroFrames())
    talk.hear(5000, 415, rate, piece_ms=5)  # no whole number of frames
    talk.listener.commit()
    assert np.count_nonzero(stt.heard > 4000) == pytest.approx(415 * 16, abs=4)
    talk.hear(1500, 400, rate, piece_ms=5)
    talk.listener.commit()
    assert stt.heard.max() < 2500


def test_what_waits_for_a_whole_frame_is_cleared_too():
    stt = Notes()
    talk = Talk(stt, None, SileroFrames())
    talk.hear(5000, 415, piece_ms=5)
    talk.listener.clear()
    talk.hear(1500, 400, piece_ms=5)
    talk.listener.commit()
    assert 5000 not in stt.heard


class SileroFrames(LevelVad):
    """Frames of 32 ms; everything loud is speech."""

    frame_samples = 512

    def __call__(self, frame: np.ndarray) -> float:
        return float(np.abs(frame.astype(int)).max() > 1000)


@pytest.mark.parametrize(
    ("turns", "seconds"), [(None, 1.3), (TURNS, 0.4 + 0.1)], ids=["push-to-talk", "a turn that is on"]
)
def test_a_commit_says_how_much_sound_it_holds(turns, seconds):
    talk = Talk(Notes(), turns)
    talk.hear(0, 900)
    talk.hear(5000, 400)
    talk.listener.commit()
    (committed,) = (e for e in talk.events if isinstance(e, Committed))
    assert committed == Committed(False, 1, pytest.approx(seconds, abs=0.001))


# --- patience ---


def test_what_was_said_in_one_utterance_makes_nobody_impatient_in_the_next():
    talk = Talk(Notes(["how many rows"]), {"type": "semantic_vad"})
    talk.listener.configure({"type": "semantic_vad"}, Hints(("How many rows",)))
    talk.hear(5000, 300)
    talk.hear(0, 310)
    assert talk.kinds().count("SpeechStopped") == 1
    talk.hear(5000, 300)
    talk.hear(0, 490, piece_ms=10)
    assert talk.kinds().count("SpeechStopped") == 1
    talk.hear(0, 10, piece_ms=10)
    assert talk.kinds().count("SpeechStopped") == 2


def test_a_text_that_comes_late_says_nothing_of_the_next_utterance():
    talk = Talk(Notes(), {"type": "semantic_vad"})
    talk.listener.configure({"type": "semantic_vad"}, Hints(("how many rows",)))
    talk.hear(5000, 300)
    talk.hear(0, 510)
    talk.hear(5000, 300)
    talk.listener.understood(1, "how many rows")
    talk.hear(0, 490, piece_ms=10)
    assert talk.kinds().count("SpeechStopped") == 1


def test_the_utterances_are_counted_in_all_events():
    talk = Talk(Notes(["a"]))
    for level, length in ((5000, 300), (0, 400), (5000, 300), (0, 400)):
        talk.hear(level, length)
    assert [(type(e).__name__, e.utterance) for e in talk.events] == [
        *(("SpeechStarted", 1), ("PartialText", 1), ("SpeechStopped", 1), ("FinalText", 1)),
        *(("SpeechStarted", 2), ("SpeechStopped", 2), ("FinalText", 2)),
    ]


def test_the_recogniser_says_how_long_a_pause_is():
    orders: list[Order] = []
    listener = Listener(LevelVad(), orders.append, lambda event: None, pause_ms=80)
    listener.configure(TURNS, Hints())
    for at in range(40):
        listener.audio(np.full(160, 5000 if at < 30 else 0, np.int16), 16000, at * 10.0)
    (pause,) = (order for order in orders if order.do == "pause")
    assert pause.silence_ms == 80


# --- a cough, or somebody who wants to speak ---


@pytest.mark.parametrize(("ms", "told"), [(480, False), (500, True), (2000, True)])
def test_who_speaks_for_half_a_second_is_told(ms, told):
    talk = Talk(Notes())
    talk.hear(5000, ms)
    talk.hear(0, 400)
    assert talk.spoken_on == [SpokenOn(1)] * told


def test_the_time_that_it_takes_can_be_set_and_counts_voice_only():
    talk = Talk(Notes(), {**TURNS, "voice_widget.interrupt_min_ms": 200})
    for level, length in ((5000, 150), (0, 150), (5000, 40)):
        talk.hear(level, length)
    assert talk.spoken_on == []
    talk.hear(5000, 20)
    assert talk.spoken_on == [SpokenOn(1)]
