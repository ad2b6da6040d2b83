import numpy as np
import pytest

from voice_widget.engine.stages.contracts import Word
from voice_widget.engine.stages.voices.tone import ToneTts
from voice_widget.errors import SettingError


def samples(text: str, voice: str | None = None, speed: float = 1.0) -> np.ndarray:
    return np.frombuffer(
        b"".join(c.pcm for c in ToneTts().synthesize(text, voice=voice, speed=speed)), np.int16
    )


def test_each_word_takes_300_ms_and_says_where_it_is():
    chunks = list(ToneTts().synthesize("Two rows, really.", voice="tone"))
    assert [c.words for c in chunks] == [(Word(0, 3, 0.0),), (Word(4, 9, 300.0),), (Word(10, 17, 600.0),)]
    assert [len(c.pcm) for c in chunks] == [14400] * 3


def test_it_is_loud_within_three_milliseconds_and_to_the_end():
    pcm = np.abs(samples("one"))
    assert pcm[:72].max() > 3000
    assert pcm[-72:].max() > 3000


def test_speed_changes_the_length():
    assert len(samples("a b", speed=1.5)) == 2 * 4800


@pytest.mark.parametrize(("voice", "hertz"), [("tone", 440), ("tone-high", 660)])
def test_voices_differ_in_pitch(voice, hertz):
    pcm = samples("word", voice)
    found = np.argmax(np.abs(np.fft.rfft(pcm))) * 24000 / len(pcm)
    assert found == pytest.approx(hertz, abs=5)


def test_an_unknown_voice_is_refused_by_name():
    with pytest.raises(SettingError, match=r"'marin'.*tone, tone-high"):
        samples("a", "marin")
