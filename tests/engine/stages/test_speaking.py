import threading
from collections.abc import Iterator

import numpy as np
import pytest

from voice_widget.engine.stages.contracts import AudioChunk, Word
from voice_widget.engine.stages.events import SpeechAudio, SpeechDone, StageEvent, StageFailed
from voice_widget.engine.stages.speaking import Mouth, Speech
from voice_widget.engine.stages.voices.tone import ToneTts
from voice_widget.errors import EngineError, MissingParts, SettingError

PATIENCE = 10.0


class Said:
    """The events, and a way to wait for them."""

    def __init__(self) -> None:
        self.events: list[StageEvent] = []
        self._news = threading.Condition()

    def __call__(self, event: StageEvent) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def done(self, *ids: str) -> list[SpeechDone]:
        def ends() -> list[SpeechDone]:
            return [e for e in self.events if isinstance(e, SpeechDone)]

        with self._news:
            assert self._news.wait_for(lambda: {e.speech_id for e in ends()} >= set(ids), PATIENCE)
            return ends()

    def pcm(self, speech_id: str) -> bytes:
        return b"".join(e.pcm for e in self.events if isinstance(e, SpeechAudio) and e.speech_id == speech_id)


@pytest.fixture
def said() -> Said:
    return Said()


class Patient:
    """Speaks one chunk each time it is let."""

    voices = ("patient",)

    def __init__(self, rate: int = 24000) -> None:
        self.let = threading.Semaphore(0)
        self.begun = threading.Event()
        self.left = threading.Event()
        self.rate = rate

    def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
        self.begun.set()
        try:
            for number in range(len(text.split())):
                assert self.let.acquire(timeout=PATIENCE)
                yield AudioChunk(bytes(2 * self.rate // 100), self.rate, (Word(0, 1, number * 10.0),))
        finally:
            self.left.set()


def test_texts_are_spoken_in_order_each_with_its_end(said):
    mouth = Mouth(ToneTts, said)
    for name in ("a", "b"):
        mouth.speak(Speech(name, "one two"))
    assert said.done("a", "b") == [SpeechDone("a"), SpeechDone("b")]
    assert [e.speech_id for e in said.events] == ["a", "a", "a", "b", "b", "b"]
    assert len(said.pcm("a")) == 2 * 14400
    mouth.close()


def test_cancelling_stops_before_the_next_chunk_and_leaves_the_voice(said):
    voice = Patient()
    mouth = Mouth(lambda: voice, said)
    mouth.speak(Speech("a", "many words to come"))
    assert voice.begun.wait(PATIENCE)
    mouth.cancel("a")
    voice.let.release()
    assert said.done("a") == [SpeechDone("a", cancelled=True)]
    assert said.pcm("a") == b""
    assert voice.left.wait(PATIENCE)
    mouth.close()


def test_a_speech_cancelled_in_the_queue_does_not_begin(said):
    voice = Patient()
    mouth = Mouth(lambda: voice, said)
    mouth.speak(Speech("a", "word"))
    mouth.speak(Speech("b", "word"))
    mouth.cancel("b")
    voice.let.release()
    assert said.done("a", "b") == [SpeechDone("a"), SpeechDone("b", cancelled=True)]
    assert said.pcm("b") == b""
    mouth.close()


@pytest.mark.parametrize(
    "error",
    [
        SettingError("There is no voice 'x'."),
        MissingParts("Run: pip install x"),
        EngineError("It refused.", next_step="Check the key."),
    ],
)
def test_a_refusal_is_told_in_its_own_words_and_costs_one_speech(said, error):
    class Refusing(ToneTts):
        def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
            if voice == "x":
                raise error
            return super().synthesize(text, voice=None)

    mouth = Mouth(Refusing, said)
    mouth.speak(Speech("a", "word", "x"))
    mouth.speak(Speech("b", "word"))
    assert said.done("a", "b") == [SpeechDone("a", str(error)), SpeechDone("b")]
    mouth.close()


@pytest.mark.parametrize("error", [OSError("no such library"), SystemExit("no such library")])
def test_a_voice_that_breaks_is_named_and_the_next_speech_is_tried(said, error):
    def broken() -> ToneTts:
        raise error

    mouth = Mouth(broken, said)
    for name in ("a", "b"):
        mouth.speak(Speech(name, "word"))
    assert [done.error for done in said.done("a", "b")] == [f"The voice failed: {error!r}."] * 2
    mouth.close()


def test_a_voice_of_another_rate_comes_out_at_24_khz(said):
    voice = Patient(rate=16000)
    voice.let.release(50)
    mouth = Mouth(lambda: voice, said)
    mouth.speak(Speech("a", "word " * 50))
    said.done("a")
    pcm = np.frombuffer(said.pcm("a"), np.int16)
    assert len(pcm) == pytest.approx(24000 * 0.5, abs=48)
    mouth.close()


def test_a_voice_without_word_times_gets_estimated_ones_while_it_speaks(said):
    class Timeless(ToneTts):
        def synthesize(self, text, *, voice, speed=1.0):
            for chunk in super().synthesize(text, voice=voice, speed=speed):
                yield AudioChunk(chunk.pcm, chunk.sample_rate)

    mouth = Mouth(Timeless, said)
    mouth.speak(Speech("s", "four word long text"))
    said.done("s")
    told = [e.words for e in said.events if isinstance(e, SpeechAudio)]
    assert [w.start for words in told for w in words] == [0, 5, 10, 15]
    assert told[0][0] == Word(0, 4, 0.0, estimated=True)
    assert len([words for words in told if words]) > 1
    mouth.close()


class Tongues(ToneTts):
    """Knows two languages, and is told which is spoken."""

    languages = ("en", "fr")

    def __init__(self) -> None:
        self.told: list[str] = []

    def speak_in(self, language: str) -> None:
        self.told.append(language)


def test_a_language_that_the_voice_does_not_know_is_told_once_before_it_speaks(said):
    voice = Tongues()
    mouth = Mouth(lambda: voice, said)
    for language in ("en", "fr-CA", "de", "de"):
        mouth.speak_in(language)
    mouth.speak(Speech("a", "word"))
    said.done("a")
    assert voice.told[-1] == "de"
    told = [event for event in said.events if isinstance(event, StageFailed)]
    assert told == [StageFailed("tts", "The voice does not know de, only en, fr.", "language_unknown")]
    assert said.events[0] == told[0]
    mouth.close()


def test_in_english_the_voice_is_made_when_it_is_needed_and_one_that_fails_says_so_when_it_speaks(said):
    made: list[ToneTts] = []

    def make() -> ToneTts:
        made.append(ToneTts())
        if len(made) == 1:
            raise OSError("no such library")
        return made[-1]

    mouth = Mouth(make, said)
    mouth.speak_in("en")
    assert not made
    mouth.speak_in("de")
    mouth.speak(Speech("a", "word"))
    assert said.done("a") == [SpeechDone("a")]
    assert [type(event) for event in said.events] == [SpeechAudio, SpeechDone]
    mouth.close()
