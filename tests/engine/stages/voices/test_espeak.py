import threading

import numpy as np
import pytest

from voice_widget.engine.stages.contracts import AudioChunk
from voice_widget.engine.stages.voices.espeak import EspeakTts, pieces
from voice_widget.errors import SettingError

TEXT = "The average für Zoë is $3,200.50 at 10:30, naïvely."


def speak(text: str, voice: str | None = None, speed: float = 1.0) -> list[AudioChunk]:
    return list(EspeakTts().synthesize(text, voice=voice, speed=speed))


def pcm(chunks: list[AudioChunk]) -> np.ndarray:
    return np.frombuffer(b"".join(c.pcm for c in chunks), np.int16)


def test_every_written_word_has_one_time_in_order():
    words = [w for c in speak(TEXT) for w in c.words]
    assert [TEXT[w.start : w.end] for w in words] == TEXT.split()
    times = [w.at_ms for w in words]
    assert times == sorted(set(times))


def test_a_word_comes_with_the_chunk_that_holds_its_start():
    at = 0.0
    for chunk in speak(TEXT):
        length = len(chunk.pcm) / 48
        assert all(at - 2 <= w.at_ms < at + length + 2 for w in chunk.words)
        at += length


def test_words_start_where_there_is_sound():
    chunks = speak("seven. seven. seven.")
    sound = np.abs(pcm(chunks)) > 300
    for word in [w for c in chunks for w in c.words]:
        at = int(word.at_ms * 24)
        assert sound[at : at + 24 * 90].any()
        assert not sound[max(0, at - 24 * 40) : max(0, at - 24 * 5)].any()


def test_chunks_are_short_and_start_at_once():
    chunks = speak("hello there")
    assert all(c.sample_rate == 24000 and len(c.pcm) <= 2402 for c in chunks)
    assert np.flatnonzero(np.abs(pcm(chunks)) > 200)[0] < 24 * 40


def test_a_long_text_is_whole_and_can_be_left_after_its_first_chunk():
    text = "This is a sentence about penguins. " * 40
    words = [w for c in speak(text) for w in c.words]
    assert [text[w.start : w.end] for w in words] == text.split()
    assert words[-1].at_ms > 60_000
    speech = EspeakTts().synthesize("word " * 100_000, voice=None)
    assert next(speech).pcm
    speech.close()


def test_speed_changes_how_long_it_takes():
    slow, normal, quick = (len(pcm(speak("how many rows are there", speed=s))) for s in (0.5, 1.0, 1.5))
    assert slow > normal * 1.5
    assert quick < normal * 0.8


@pytest.mark.parametrize("voice", EspeakTts.voices)
def test_every_voice_on_the_list_speaks(voice):
    assert len(pcm(speak("one two", voice))) > 6000


@pytest.mark.parametrize(
    ("language", "asked", "spoken"),
    [
        ("de-AT", None, "de"),
        ("de", "en-us", "de"),  # the first voice, which nobody asked for
        ("de", "en-us+f3", "en-us+f3"),
        ("pt-BR", None, "pt-br"),
        ("zh", None, "cmn"),
        ("da", None, "da"),
        ("en-GB", None, "en-gb"),
        ("en", None, "en-us"),
        ("tlh", None, "en-us"),  # of which the session is told
    ],
)
def test_where_no_voice_is_asked_for_that_of_the_language_speaks(monkeypatch, language, asked, spoken):
    tts = EspeakTts()
    names: list[str] = []
    render = tts._espeak.render
    monkeypatch.setattr(
        tts._espeak, "render", lambda text, voice, wpm: names.append(voice) or render(text, voice, wpm)
    )
    tts.speak_in(language)
    assert pcm(list(tts.synthesize("123", voice=asked))).any()
    other = EspeakTts()  # of another session
    other._espeak = tts._espeak
    list(other.synthesize("123", voice=None))
    assert names == [spoken, "en-us"]
    assert (language == "tlh") != (language.partition("-")[0] in tts.languages)


@pytest.mark.parametrize("voice", ["marin", "en-us+nobody", "../../etc/passwd", "", "en-us+../f3"])
def test_an_unknown_voice_is_refused(voice):
    if voice == "":
        assert speak("a", voice)  # none: the default
        return
    with pytest.raises(SettingError, match="There is no voice"):
        speak("a", voice)


def test_nothing_to_say_is_no_audio():
    assert speak("") == []


def test_zero_bytes_do_not_end_the_text():
    assert len([w for c in speak("one\0two three") for w in c.words]) == 2


def test_threads_do_not_disturb_each_other():
    # The library's lengths vary by some samples; those of the voices differ by 5 %.
    alone = {v: len(pcm(speak(TEXT, v))) for v in ("en-us", "de")}
    mixed: dict[str, list[int]] = {v: [] for v in alone}

    def work(voice: str) -> None:
        mixed[voice].extend(len(pcm(speak(TEXT, voice))) for _ in range(5))

    threads = [threading.Thread(target=work, args=(v,)) for v in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for voice, length in alone.items():
        assert mixed[voice] == [pytest.approx(length, rel=0.01)] * 5


def test_pieces_are_cut_at_sentences_then_commas_then_words_then_anywhere():
    assert list(pieces("One. Two, three four.", 12)) == [(0, "One. "), (5, "Two, three "), (16, "four.")]
    assert "".join(p for _, p in pieces("a" * 1000, 100)) == "a" * 1000
