import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from voice_widget.engine.stages.contracts import AudioChunk
from voice_widget.engine.stages.voices import flite_runs
from voice_widget.engine.stages.voices.flite import Flite
from voice_widget.engine.stages.voices.flite_runs import Program, Wasm, find_flite
from voice_widget.errors import EngineError, MissingParts, SettingError

TEXT = "Zoë said: “it's $3,200.50 at 10:30”, naïvely (twice)!"


@pytest.fixture(scope="module", params=["wasm", "program"])
def tts(request):
    if request.param == "program":
        program = shutil.which("flite")
        if program is None:
            pytest.skip("the system has no flite")
        return Flite(flite=Program(program))
    pytest.importorskip("wasmtime")
    return Flite(flite=Wasm())


def pcm(chunks: list[AudioChunk]) -> np.ndarray:
    return np.frombuffer(b"".join(c.pcm for c in chunks), np.int16)


def speak(tts, text, voice=None, speed=1.0):
    return list(tts.synthesize(text, voice=voice, speed=speed))


def test_every_written_word_has_one_exact_time_in_order(tts):
    words = [w for c in speak(tts, TEXT) for w in c.words]
    assert [TEXT[w.start : w.end] for w in words] == TEXT.split()
    assert [w.at_ms for w in words] == sorted({w.at_ms for w in words})
    assert not any(w.estimated for w in words)


def test_words_start_where_there_is_sound(tts):
    chunks = speak(tts, "seven. seven. seven.")
    sound = np.abs(pcm(chunks).astype(int)) > 300
    for word in [w for c in chunks for w in c.words]:
        at = int(word.at_ms * 24)
        assert sound[at : at + 24 * 90].any()
        assert not sound[max(0, at - 24 * 60) : max(0, at - 24 * 20)].any()


def test_a_word_comes_with_the_chunk_that_holds_its_start(tts):
    at = 0.0
    for chunk in speak(tts, TEXT):
        length = len(chunk.pcm) / 48
        assert all(at - 2 <= w.at_ms < at + length + 2 for w in chunk.words)
        at += length


def test_sound_begins_at_once_and_is_loud_enough(tts):
    sound = np.abs(pcm(speak(tts, "hello there")).astype(int))
    assert np.flatnonzero(sound > 300)[0] < 24 * 80
    assert 8_000 < sound.max() < 32_767


@pytest.mark.parametrize("voice", Flite.voices)
def test_every_voice_speaks_as_long_as_a_person_would(tts, voice):
    assert 2.0 < len(pcm(speak(tts, "How does the average total bill change by day?", voice))) / 24_000 < 4.5


def test_speed_changes_how_long_it_takes(tts):
    slow, normal, quick = (len(pcm(speak(tts, "how many rows are there", speed=s))) for s in (0.5, 1.0, 1.5))
    assert slow > normal * 1.6
    assert quick < normal * 0.8


def test_where_letters_run_together_times_are_estimated(tts):
    words = [w for c in speak(tts, "A B C") for w in c.words]
    assert [w.start for w in words] == [0, 2, 4]
    assert all(w.estimated for w in words)


def test_a_long_text_is_whole(tts):
    text = "This is a sentence about penguins. " * 12
    words = [w for c in speak(tts, text) for w in c.words]
    assert [text[w.start : w.end] for w in words] == text.split()
    assert words[-1].at_ms > 15_000


@pytest.mark.parametrize("text", ["", "...", "😀", "漢字", "- -\n"])
def test_nothing_to_say_is_no_audio(tts, text):
    assert speak(tts, text) == []


@pytest.mark.parametrize("text", ["-voice", "--help", "a\0b", '"; rm', "<speak>", "%s %n", "'" * 50 + "a"])
def test_text_is_only_text(tts, text):
    assert speak(tts, text)


def test_an_unknown_voice_is_refused(tts):
    for voice in ("marin", "kal", "/etc/passwd"):
        with pytest.raises(SettingError, match="There is no voice"):
            speak(tts, "a", voice)
    with pytest.raises(SettingError, match="slt, rms"):
        Flite("nobody")


def test_threads_do_not_disturb_each_other(tts):
    alone = [pcm(speak(tts, "one two three", voice)).tobytes() for voice in ("slt", "rms")]
    mixed: list[bytes] = [b"", b""]

    def work(at: int, voice: str) -> None:
        mixed[at] = pcm(speak(tts, "one two three", voice)).tobytes()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(("slt", "rms"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert mixed == alone


def test_the_voice_that_one_names_speaks_and_comes_first(tts):
    named = Flite("rms", flite=tts._flite)
    assert named.voices == ("rms", "slt", "awb", "kal16")
    assert pcm(speak(named, "one")).tobytes() == pcm(speak(tts, "one", "rms")).tobytes()


class Odd:
    """Prints and writes what it is told to."""

    def __init__(self, printed="", sound=None, error=None):
        self.printed, self.sound, self.error = printed, sound, error

    def seen(self, folder):
        return str(folder)

    def __call__(self, arguments, folder):
        if self.error:
            raise self.error
        if self.sound is not None:
            (folder / "sound.wav").write_bytes(self.sound)
        return self.printed


@pytest.mark.parametrize("odd", [Odd(), Odd(sound=b""), Odd(sound=b"RIFF"), Odd(error=EngineError("x"))])
def test_a_run_without_sound_is_a_named_error(odd):
    with pytest.raises(EngineError):
        list(Flite(flite=odd).synthesize("hello", voice=None))


def test_what_is_missing_is_told_with_what_to_run(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(flite_runs, "WASM", tmp_path / "flite.wasm")
    with pytest.raises(MissingParts, match="npm run build"):
        find_flite()
    Path(flite_runs.WASM).touch()
    monkeypatch.setitem(__import__("sys").modules, "wasmtime", None)
    with pytest.raises(MissingParts, match=r"voice-widget\[natural\]"):
        find_flite()
    monkeypatch.setattr(shutil, "which", lambda _: "/bin/false")
    assert isinstance(find_flite(), Program)
    with pytest.raises(EngineError, match="/bin/false failed"):
        list(Flite(flite=find_flite()).synthesize("hello", voice=None))


def test_a_file_that_is_no_flite_is_a_named_error(tmp_path):
    pytest.importorskip("wasmtime")
    (tmp_path / "flite.wasm").write_bytes(b"not wasm")
    with pytest.raises(EngineError, match="cannot be used"):
        Wasm(tmp_path / "flite.wasm")
