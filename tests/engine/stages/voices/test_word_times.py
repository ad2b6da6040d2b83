import numpy as np
import pytest

from voice_widget.engine.stages.contracts import AudioChunk, Word
from voice_widget.engine.stages.voices.espeak import EspeakTts
from voice_widget.engine.stages.voices.word_times import PACE_MS, Timekeeper, WordTimes, estimate

RATE = 24000
TEXT = """
The birch canoe slid on the smooth planks.
It's easy to tell the depth of a well, even in the dark, if you listen.
These days a chicken leg is a rare dish; rice is often served in round bowls.
The average total bill is $19.79, and the highest tip was 10 dollars.
There are 1,234 rows and 17 columns in the table called penguins.
I did not understand that. Could you say it in another way?
Sorted by revenue, the first three regions are north, east and southwest.
The correlation between flipper length and body mass is about 0.87, which is strong.
Yes.
Missing values: 11 in sex, 2 in bill_length_mm, none elsewhere.
"""
SENTENCES = TEXT.strip().splitlines()


def tone(ms):
    return (9000 * np.sin(np.arange(int(RATE * ms / 1000)) * 0.1)).astype(np.int16)


def silence(ms):
    return np.zeros(int(RATE * ms / 1000), np.int16)


def grown(text, *pieces, pace_ms=PACE_MS):
    """The words, each with how much sound there was when it was told; None: at the end."""
    times = WordTimes(text, RATE, pace_ms)
    out, length = [], 0.0
    for piece in pieces:
        length += len(piece) * 1000 / RATE
        out += [(text[w.start : w.end], w.at_ms, length) for w in times.feed(piece)]
    return out + [(text[w.start : w.end], w.at_ms, None) for w in times.finish()]


def test_letters_share_the_time():
    words = estimate("aa bbbbbb cc", tone(1000), RATE)
    assert [w.at_ms for w in words] == [0, 200, 800]
    assert all(w.estimated for w in words)


def test_silence_before_and_behind_is_no_word():
    words = estimate("aa bb", np.concatenate([silence(500), tone(1000), silence(800)]), RATE)
    assert [w.at_ms for w in words] == [500, 1000]


def test_a_pause_is_where_the_comma_stands():
    sound = np.concatenate([tone(1000), silence(300), tone(500)])
    assert [round(w.at_ms) for w in estimate("aaaa, aaaa aaaa", sound, RATE)][:2] == [0, 1300]


def test_a_pause_far_from_any_stop_is_passed_over():
    sound = np.concatenate([tone(400), silence(200), tone(3400)])
    assert estimate("aaaa bbbb", sound, RATE)[1].at_ms == pytest.approx(2000)


def test_a_number_lasts_as_long_as_it_is_said():
    (_, number, last) = estimate("is 1,234,567 rows", tone(7000), RATE)
    assert number.at_ms < 400
    assert last.at_ms > 6000


def test_silence_alone_has_its_words_at_the_start():
    assert [w.at_ms for w in estimate("one two", silence(1000), RATE)] == [0, 0]
    assert estimate("", tone(100), RATE) == ()
    assert estimate("...", tone(100), RATE) == ()
    assert [w.at_ms for w in estimate("one", silence(0), RATE)] == [0]


def test_while_it_grows_a_word_is_told_with_the_sound_in_which_it_begins():
    pieces = [tone(100)] * 20
    told = grown("aaaaa bbbbb ccccc", *pieces, pace_ms=100.0)
    assert [(word, at) for word, at, _ in told] == [("aaaaa", 0), ("bbbbb", 500), ("ccccc", 1000)]
    assert [length for _, _, length in told] == [100, 600, 1100]


def test_while_it_grows_the_end_gives_the_rest_its_place():
    told = grown("aaaaa bbbbb ccccc ddddd", tone(600), pace_ms=100.0)
    assert told[:2] == [("aaaaa", 0, 600), ("bbbbb", 500, 600)]
    assert told[2][2] is told[3][2] is None
    assert 500 <= told[2][1] <= told[3][1] <= 600


def test_while_it_grows_no_word_begins_in_a_pause():
    sound = [tone(10)] * 50 + [silence(10)] * 60 + [tone(10)] * 50
    told = grown("aaaaa, bbbbb", *sound, pace_ms=100.0)
    assert told[1] == ("bbbbb", 1100, 1110)


def test_the_next_text_knows_the_pace_of_this_one():
    times = WordTimes("a" * 120, RATE)
    times.feed(tone(120 * 50))
    times.finish()
    assert times.pace_ms == pytest.approx(50)
    word = WordTimes("a", RATE, 50.0)
    word.feed(tone(600))
    word.finish()
    assert word.pace_ms < 60


def errors(estimated, exact):
    true = {word.start: word.at_ms for word in exact}
    return [abs(word.at_ms - true[word.start]) for word in estimated if word.start in true]


def test_beside_the_exact_times_of_a_voice_it_is_off_by_a_syllable():
    whole, growing, pace = [], [], PACE_MS
    for text in SENTENCES:
        chunks = list(EspeakTts().synthesize(text, voice="en-us"))
        pieces = [np.frombuffer(chunk.pcm, np.int16) for chunk in chunks]
        exact = [word for chunk in chunks for word in chunk.words]
        whole += errors(estimate(text, np.concatenate(pieces), RATE), exact)
        times = WordTimes(text, RATE, pace)
        words = [word for piece in pieces for word in times.feed(piece)]
        growing += errors([*words, *times.finish()], exact)
        pace = times.pace_ms
    assert len(whole) == len(growing) > 90
    # The voice is never quite the same twice: some ms from one run to the next.
    assert np.percentile(whole, 50) < 100
    assert np.percentile(whole, 90) < 220
    assert np.percentile(growing, 50) < 130
    assert np.percentile(growing, 90) < 400


def test_a_voice_without_times_gets_them_and_one_that_has_them_keeps_them():
    pcm = tone(300).tobytes()
    plain = [AudioChunk(pcm, RATE), AudioChunk(pcm, RATE)]
    out = list(Timekeeper().follow("aa bb", iter(plain)))
    assert b"".join(chunk.pcm for chunk in out) == pcm * 2
    assert [(w.start, w.estimated) for chunk in out for w in chunk.words] == [(0, True), (3, True)]
    timed = [AudioChunk(silence(50).tobytes(), RATE), AudioChunk(pcm, RATE, (Word(3, 5, 12.0),)), plain[0]]
    assert list(Timekeeper().follow("aa bb", iter(timed))) == timed
    silent = [AudioChunk(silence(50).tobytes(), RATE)]
    assert list(Timekeeper().follow("aa bb", iter(silent))) == silent
    assert list(Timekeeper().follow("aa bb", iter(()))) == []


def test_it_learns_how_quickly_a_voice_speaks():
    timekeeper = Timekeeper()
    slow = [AudioChunk(tone(150 * 60).tobytes(), RATE)]
    list(timekeeper.follow("a" * 60, iter(slow)))
    out = list(timekeeper.follow("a" * 10 + " b", iter([AudioChunk(tone(1000).tobytes(), RATE)] * 2)))
    assert [w.at_ms for w in out[1].words] == [pytest.approx(1500)]
