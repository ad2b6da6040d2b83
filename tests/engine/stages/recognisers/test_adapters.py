"""Recognisers whose weights no package brings: on doubles, which are held against the packages."""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
from enum import IntEnum
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from voice_widget.engine.stages.contracts import Hints, Transcript
from voice_widget.engine.stages.recognisers import faster_whisper
from voice_widget.engine.stages.recognisers.faster_whisper import FasterWhisper
from voice_widget.engine.stages.recognisers.moonshine import Moonshine
from voice_widget.engine.stages.recognisers.vosk import Vosk
from voice_widget.errors import EngineError, SettingError

LOUD = np.full(16_000, 3000, np.int16)


def put(monkeypatch, name: str, **content: Any) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(content)
    monkeypatch.setitem(sys.modules, name, module)
    return module


def takes(double: Any, real: Any) -> None:
    """What the double takes by name or place, the real one takes so, too."""
    own, theirs = inspect.signature(double).parameters, inspect.signature(real).parameters
    if any(p.kind is p.VAR_POSITIONAL for p in theirs.values()):
        return
    names = [n for n in own if n not in ("self", "kwargs")]
    assert set(names) <= set(theirs), real
    order = [n for n in theirs if n in names]
    assert order[: len(names)] == names or all(own[n].kind is own[n].KEYWORD_ONLY for n in names), real


# --- faster-whisper ---


@dataclass
class Segment:
    text: str
    start: float = 0.0
    end: float = 1.0
    avg_logprob: float = -0.2
    no_speech_prob: float = 0.1


class WhisperModel:
    there = True
    made: list[dict[str, Any]]
    says = (Segment(" How many"), Segment(" rows?", avg_logprob=-0.4))

    def __init__(
        self,
        model_size_or_path,
        device="auto",
        compute_type="default",
        cpu_threads=0,
        local_files_only=False,
    ):
        if local_files_only and not self.there:
            raise FileNotFoundError("not in the cache")
        if model_size_or_path == "huge":
            raise ValueError("Invalid model size 'huge'")
        self.made.append({"model": model_size_or_path, "local": local_files_only, "device": device})
        self.model = SimpleNamespace(is_multilingual=not model_size_or_path.endswith(".en"))
        self.asked: list[dict[str, Any]] = []

    @property
    def supported_languages(self):
        return ["de", "en", "fr", "he"] if self.model.is_multilingual else ["en"]

    def transcribe(
        self, audio, language=None, beam_size=5, condition_on_previous_text=True, initial_prompt=None
    ):
        assert audio.dtype == np.float32
        assert np.abs(audio).max() <= 1
        self.asked.append({"language": language, "beam": beam_size, "prompt": initial_prompt})
        return iter(self.says), None


@pytest.fixture
def faster(monkeypatch, tmp_path) -> Any:
    monkeypatch.setattr(WhisperModel, "made", [], raising=False)
    put(monkeypatch, "faster_whisper", WhisperModel=WhisperModel)
    put(monkeypatch, "huggingface_hub", constants=SimpleNamespace(HF_HUB_CACHE=str(tmp_path)))
    return FasterWhisper


def test_faster_whisper_joins_its_segments(faster):
    found = faster("small.en").recognise(LOUD, Hints())
    assert found.text == "How many rows?"
    assert found.confidence == pytest.approx(np.exp(-0.4))


def test_faster_whisper_is_told_names_and_language_and_is_quick_with_drafts(faster):
    part = faster("large-v3", language="de")
    part.recognise(LOUD, Hints(words=("Umsatz",)), True)
    part.recognise(LOUD, Hints())
    assert part._model.asked == [
        {"language": "de", "beam": 1, "prompt": "The words are Umsatz."},
        {"language": "de", "beam": 5, "prompt": None},
    ]
    assert part.languages == ("de",)
    assert faster("small.en").languages == ("en",)
    assert faster("small").languages == ("de", "en", "fr", "he")
    assert faster("small", language="auto").languages == ()


@pytest.mark.parametrize(
    ("model", "language", "hinted", "asked"),
    [
        ("small.en", None, "fr", "en"),
        ("small.en", "en-GB", "fr", "en"),
        ("small", None, "fr-CA", "fr"),
        ("small", "de-AT", "fr", "de"),
        ("small", "auto", "fr", None),
        ("small", None, "tlh", None),  # of which the session is told
    ],
)
def test_faster_whisper_listens_in_the_language_that_it_knows(faster, model, language, hinted, asked):
    part = faster(model, language=language)
    part.recognise(LOUD, Hints(language=hinted))
    assert part._model.asked[0]["language"] == asked


def test_faster_whisper_goes_to_the_network_only_for_what_is_not_there(faster, monkeypatch):
    told: list[str] = []
    faster("small.en", progress=lambda says, of: told.append(says))
    assert [made["local"] for made in WhisperModel.made] == [True]
    monkeypatch.setattr(WhisperModel, "there", False)
    faster("small.en", progress=lambda says, of: told.append(says))
    assert [made["local"] for made in WhisperModel.made] == [True, False]
    assert told == ["Loading small.en.", "Loading small.en.", "Downloading small.en."]


@dataclass
class RepoSibling:
    rfilename: str
    size: int | None = None


class HfApi:
    asked: list[str]

    def model_info(self, repo_id, *, timeout=None, files_metadata=False):
        assert files_metadata
        assert timeout
        self.asked.append(repo_id)
        if "/" not in repo_id:
            raise LookupError(repo_id)
        files = {
            "model.bin": 480,
            "vocabulary.txt": 3,
            "config.json": None,
            "README.md": 99,
            ".gitattributes": 1,
        }
        return SimpleNamespace(siblings=[RepoSibling(name, size) for name, size in files.items()])


@pytest.mark.parametrize(
    ("model", "size", "asked"),
    [
        ("small.en", 483, "Systran/small"),
        ("mine/small", 483, "mine/small"),
        ("unknown", None, "unknown"),
    ],
)
def test_the_hub_says_how_much_of_a_model_will_come(faster, monkeypatch, model, size, asked):
    monkeypatch.setattr(HfApi, "asked", [], raising=False)
    utils = put(monkeypatch, "faster_whisper.utils", _MODELS={"small.en": "Systran/small"})
    monkeypatch.setattr(sys.modules["faster_whisper"], "utils", utils, raising=False)
    monkeypatch.setattr(sys.modules["huggingface_hub"], "HfApi", HfApi, raising=False)
    seen: list[Any] = []

    def grows(folder, what, progress, *, whole):
        seen.append(whole())
        return nullcontext()

    monkeypatch.setattr(WhisperModel, "there", False)
    monkeypatch.setattr(faster_whisper, "told_as_it_grows", grows)
    faster(model)
    assert (seen, HfApi.asked) == ([size], [asked])


def test_faster_whisper_says_what_to_do_about_an_unknown_model(faster):
    with pytest.raises(EngineError, match=r"no 'huge'.*Give a size such as"):
        faster("huge")


@pytest.mark.parametrize(
    ("model", "language", "told"),
    [
        (
            "small.en",
            "de",
            r"small\.en knows no language 'de', only en\. Take a model of many languages, such as small\.",
        ),
        ("mine/distilled.en", "de", r"only en\. .*such as small\."),
        ("small", "german", r"small knows no language 'german', only de, en, fr, he\. Give the code"),
        ("small", 5, "knows no language 5"),
    ],
)
def test_faster_whisper_refuses_a_language_that_its_model_lacks(faster, model, language, told):
    with pytest.raises(SettingError, match=told):
        faster(model, language=language)
    # Of a model whose name says it, nothing is fetched before.
    assert len(WhisperModel.made) == (0 if model.endswith(".en") else 1)


def test_a_folder_s_name_says_nothing_of_its_languages(faster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.en").mkdir()
    with pytest.raises(SettingError, match=r"mine\.en knows no language 'de', only en"):
        faster("mine.en", language="de")
    assert len(WhisperModel.made) == 1  # the model itself was asked


def test_faster_whisper_invents_nothing(faster, monkeypatch):
    monkeypatch.setattr(WhisperModel, "says", (Segment("Thank you.", 0, 1, -1.2, 0.9), Segment("Yes.", 1, 2)))
    assert faster("small.en").recognise(LOUD, Hints()).text == "Yes."
    assert faster("small.en").recognise(np.zeros(16_000, np.int16), Hints()) == Transcript("")


def test_the_double_of_faster_whisper_is_like_it():
    real = pytest.importorskip("faster_whisper")
    takes(WhisperModel.__init__, real.WhisperModel.__init__)
    asked = set(inspect.signature(WhisperModel.transcribe).parameters)
    assert asked <= set(inspect.signature(real.WhisperModel.transcribe).parameters)
    assert set(Segment.__dataclass_fields__) <= set(real.transcribe.Segment.__dataclass_fields__)
    assert isinstance(importlib.import_module("huggingface_hub.constants").HF_HUB_CACHE, str)
    assert isinstance(real.WhisperModel.supported_languages, property)
    assert real.utils._MODELS["small.en"].count("/") == 1
    source = inspect.getsource(real.utils.download_model)
    assert all(f'"{name}",' in source for name in faster_whisper._FILES)
    hub = importlib.import_module("huggingface_hub")
    takes(HfApi.model_info, hub.HfApi.model_info)
    takes(RepoSibling, importlib.import_module("huggingface_hub.hf_api").RepoSibling)
    assert "is_multilingual" in dir(importlib.import_module("ctranslate2").models.Whisper)


def test_the_real_faster_whisper_understands():
    pytest.importorskip("faster_whisper")
    from benchmarks.word_errors import recognise, speak, words
    from voice_widget.engine.stages.recognisers.whisper import shipped

    part = FasterWhisper(str(shipped()), device="cpu", threads=1)
    text = "How many people answered the second question?"
    assert words(recognise(part.session(), speak(text, "slt"))) == words(text)


# --- vosk ---


@dataclass
class VoskModel:
    model_path: str | None = None
    model_name: str | None = None
    lang: str | None = None

    def __post_init__(self) -> None:
        if self.model_name == "unknown":
            sys.exit(1)


@dataclass
class KaldiRecognizer:
    """Ends a part of an utterance after each second."""

    model: Any
    rate: int
    words: bool = False
    heard: list[bytes] = field(default_factory=list)

    def SetWords(self, enable_words):
        self.words = enable_words

    def AcceptWaveform(self, data):
        self.heard.append(data)
        return int(sum(map(len, self.heard)) >= 32_000)

    def PartialResult(self):
        return json.dumps({"partial": "one"})

    def Result(self):
        self.heard.clear()
        return json.dumps({"text": "one", "result": [{"word": "one", "start": 0.1, "end": 0.4, "conf": 0.5}]})

    def FinalResult(self):
        if not self.heard:
            return json.dumps({"text": ""})
        return json.dumps({"text": "two", "result": [{"word": "two", "start": 1.1, "end": 1.4, "conf": 1.0}]})


@pytest.fixture
def vosk(monkeypatch, tmp_path) -> Any:
    own = {
        "KaldiRecognizer": KaldiRecognizer,
        "SetLogLevel": lambda level: None,
        "MODEL_DIRS": [None, tmp_path],
    }
    put(monkeypatch, "vosk", Model=VoskModel, **own)
    return Vosk


def test_vosk_tells_partials_and_keeps_what_it_has_finished(vosk):
    session = vosk("some-model").session()
    session.prepare(Hints(words=("tip",)))
    session.start()
    assert [session.feed(LOUD[:8000]), session.feed(LOUD[:4000])] == [Transcript("one"), None]
    assert session.feed(LOUD[:8000]) is None  # the part is finished, and says the same
    assert session.feed(LOUD[:4000]) == Transcript("one one", confidence=0.5, words=(("one", 0.1, 0.4),))
    assert session.finish() == Transcript("one two", True, 0.5, (("one", 0.1, 0.4), ("two", 1.1, 1.4)))


def test_vosk_hears_nothing_without_an_utterance_and_after_cancelling(vosk):
    session = vosk("some-model").session()
    assert session.feed(LOUD) is None
    assert session.finish() == Transcript("", final=True)
    session.start()
    session.feed(LOUD)
    session.cancel()
    session.start()
    assert session.finish() == Transcript("", final=True)


def test_vosk_takes_a_folder_a_name_or_a_language(vosk, tmp_path):
    assert vosk(str(tmp_path))._model == VoskModel(model_path=str(tmp_path))
    assert vosk("vosk-model-small-de-0.15")._model == VoskModel(model_name="vosk-model-small-de-0.15")
    assert vosk(language="de")._model == VoskModel(lang="de")
    assert (vosk(language="de").languages, vosk("vosk-model-small-de-0.15").languages) == (("de",), ())


def test_vosk_does_not_end_the_process_for_an_unknown_name(vosk):
    with pytest.raises(EngineError, match=r"has no model unknown.*give its folder"):
        vosk("unknown")


def test_the_double_of_vosk_is_like_it():
    real = pytest.importorskip("vosk")
    takes(VoskModel, real.Model)
    for name in ("SetWords", "AcceptWaveform", "PartialResult", "Result", "FinalResult"):
        takes(getattr(KaldiRecognizer, name), getattr(real.KaldiRecognizer, name))
    assert "len(args) == 2" in inspect.getsource(real.KaldiRecognizer.__init__)
    assert list(inspect.signature(real.SetLogLevel).parameters) == ["level"]
    # It downloads to the last one that it looks into.
    assert str(real.MODEL_DIRS[-1]).endswith("vosk")
    assert "self.download_model(Path(directory, " in inspect.getsource(real.Model.get_model_by_name)


# --- moonshine ---


class ModelArch(IntEnum):
    TINY = 0
    BASE = 1
    TINY_STREAMING = 2
    BASE_STREAMING = 3
    SMALL_STREAMING = 4
    MEDIUM_STREAMING = 5


@dataclass
class Line:
    text: str


class Transcriber:
    made: list[tuple[Any, Any]]

    def __init__(self, model_path, model_arch=None):
        if model_path == "/nowhere":
            raise RuntimeError("Failed to load transcriber")
        self.made.append((model_path, model_arch))
        self.terms: list[tuple[str, ...]] = []

    def transcribe_without_streaming(self, audio_data, sample_rate=16000):
        assert isinstance(audio_data, list)
        assert (sample_rate, max(audio_data) <= 1) == (16_000, True)
        return SimpleNamespace(lines=[Line(" How many"), Line(""), Line("rows? ")])

    def set_keyterms(self, keyterms):
        assert not any("," in term for term in keyterms)
        self.terms.append(keyterms)


def get_model_for_language(wanted_language="en", wanted_model_arch=None, *, on_progress=None):
    if wanted_language == "xx":
        raise ValueError("Language not found")
    on_progress(0.5, "encoder.ort")
    return f"/cache/{wanted_language}", wanted_model_arch or ModelArch.SMALL_STREAMING


@pytest.fixture
def moonshine(monkeypatch) -> Any:
    monkeypatch.setattr(Transcriber, "made", [], raising=False)
    put(monkeypatch, "moonshine_voice")
    put(monkeypatch, "moonshine_voice.download", get_model_for_language=get_model_for_language)
    put(monkeypatch, "moonshine_voice.moonshine_api", ModelArch=ModelArch)
    put(monkeypatch, "moonshine_voice.transcriber", Transcriber=Transcriber)
    return Moonshine


def test_moonshine_joins_its_lines(moonshine):
    assert moonshine().recognise(LOUD, Hints()) == Transcript("How many rows?")
    assert moonshine().recognise(np.zeros(16_000, np.int16), Hints()) == Transcript("")


def test_moonshine_takes_a_folder_with_its_arch_or_a_language(moonshine):
    told: list[tuple[str, float | None]] = []
    moonshine("/models/tiny", arch="tiny")
    moonshine(language="es", progress=lambda says, of: told.append((says, of)))
    assert Transcriber.made == [("/models/tiny", ModelArch.TINY), ("/cache/es", ModelArch.SMALL_STREAMING)]
    assert told[-1] == ("Downloading encoder.ort.", 0.5)


def test_moonshine_is_told_names_once_where_its_model_takes_them(moonshine):
    streaming, other = moonshine("/m", arch="base-streaming"), moonshine("/m", arch="base")
    hints = Hints(words=("total_bill", "a,b"))
    for part in (streaming, other):
        part.recognise(LOUD, hints)
        part.recognise(LOUD, hints)
    assert streaming._transcriber.terms == [("total bill", "a b")]
    assert other._transcriber.terms == []


@pytest.mark.parametrize("options", [{"model": "/nowhere"}, {"language": "xx"}])
def test_moonshine_says_what_to_do_about_an_unknown_model(moonshine, options):
    with pytest.raises(EngineError, match="Give the folder of a model and its arch"):
        moonshine(**options)


def test_moonshine_lists_the_kinds_that_there_are(moonshine):
    with pytest.raises(SettingError, match=r"no arch 'huge'\. Choose one of tiny, base, tiny-streaming"):
        moonshine(arch="huge")


def test_the_double_of_moonshine_is_like_it():
    pytest.importorskip("moonshine_voice")
    api = importlib.import_module("moonshine_voice.moonshine_api")
    real = importlib.import_module("moonshine_voice.transcriber").Transcriber
    download = importlib.import_module("moonshine_voice.download").get_model_for_language
    assert {kind.name: kind.value for kind in ModelArch} == {k.name: k.value for k in api.ModelArch}
    for name in ("__init__", "transcribe_without_streaming", "set_keyterms"):
        takes(getattr(Transcriber, name), getattr(real, name))
    assert set(inspect.signature(get_model_for_language).parameters) <= set(
        inspect.signature(download).parameters
    )
    assert "text" in api.TranscriptLine.__dataclass_fields__
    assert "lines" in api.Transcript.__dataclass_fields__
