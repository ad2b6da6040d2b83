import json
import sys
import types

import numpy as np
import pytest

from voice_widget.engine.stages.voices.piper import Piper
from voice_widget.errors import SettingError

RATE = 22_050


class Config:
    def __init__(self, speaker_id=None, length_scale=None, volume=1.0):
        self.speaker_id, self.length_scale, self.volume = speaker_id, length_scale, volume


class Voice:
    """A letter lasts 50 ms. It is called as the installed package is."""

    def __init__(self, settings):
        self.config = types.SimpleNamespace(
            speaker_id_map=settings.get("speakers", {}),
            espeak_voice=settings["voice"],
            length_scale=1.2,
            sample_rate=RATE,
        )
        self.asked = []

    @classmethod
    def load(cls, model_path):
        return cls(json.loads(model_path.with_name(f"{model_path.name}.json").read_text()))

    def synthesize(self, text, syn_config=None):
        self.asked.append((text, syn_config))
        samples = sum(map(str.isalpha, text)) * RATE // 20
        pcm = (9000 * np.sin(np.arange(samples) * 0.1)).astype(np.int16)
        yield types.SimpleNamespace(audio_int16_array=pcm)


@pytest.fixture
def make(monkeypatch, tmp_path):
    module = types.ModuleType("piper")
    module.PiperVoice, module.SynthesisConfig = Voice, Config
    monkeypatch.setitem(sys.modules, "piper", module)

    def made(name="en_US-someone-low", card="", **settings):
        path = tmp_path / f"{name}.onnx"
        path.touch()
        (tmp_path / f"{name}.onnx.json").write_text(json.dumps({"voice": "en-us", **settings}))
        if card:
            (tmp_path / "MODEL_CARD").write_text(card)
        return str(path)

    return made


def speak(tts, text, voice=None, speed=1.0):
    return list(tts.synthesize(text, voice=voice, speed=speed))


def test_english_is_said_as_people_say_it_and_each_word_has_its_place(make):
    tts = Piper(make())
    text = "It is 5%, or $3. They are many more than one would expect here and there."
    chunks = speak(tts, text)
    assert tts._piper.asked[0][0] == "It is five percent, or three dollars."
    assert len(chunks) == 2
    words = [w for c in chunks for w in c.words]
    assert [text[w.start : w.end] for w in words] == text.split()
    assert all(w.estimated for w in words)
    assert [w.at_ms for w in words] == sorted(w.at_ms for w in words)
    assert chunks[1].words[0].at_ms == pytest.approx(len(chunks[0].pcm) / 2 * 1000 / RATE)
    assert chunks[0].sample_rate == RATE


def test_other_languages_are_said_as_they_are_written(make):
    tts = Piper(make(voice="de"))
    chunks = speak(tts, "Es sind 5 % mehr.")
    assert tts.languages == ("de",)
    assert tts._piper.asked[0][0] == "Es sind 5 % mehr."
    assert [w.start for c in chunks for w in c.words][:2] == [0, 3]


def test_speed_and_speaker_reach_the_voice(make):
    tts = Piper(make(speakers={"ann": 0, "bob": 7}), voice="bob")
    assert tts.voices == ("ann", "bob")
    speak(tts, "a", speed=2.0)
    speak(tts, "a", "ann")
    (_, first), (_, second) = tts._piper.asked
    assert (first.speaker_id, first.length_scale) == (7, 0.6)
    assert (second.speaker_id, second.length_scale) == (0, 1.2)


def test_an_unknown_file_or_speaker_is_refused(make, tmp_path):
    with pytest.raises(SettingError, match="There is no file"):
        Piper(str(tmp_path / "none.onnx"))
    with pytest.raises(SettingError, match="en_US-someone-low"):
        speak(Piper(make()), "a", "marin")
    with pytest.raises(SettingError, match="There is no voice"):
        Piper(make(), voice="marin")


def test_what_the_card_tells_of_the_licence_is_passed_on(make):
    assert Piper(make()).notice is None
    told = Piper(make("en_US-ann-medium", card="Finetuned from U.S. English lessac voice")).notice
    assert told == (
        "The voice en_US-ann-medium comes from that of Lessac, whose recordings are for research only."
    )


@pytest.mark.parametrize("name", ["en_US-lessac-low", "en_US-joe-medium"])
@pytest.mark.parametrize("card", ["", "License: CC0"])
def test_voices_from_recordings_for_research_only_are_known_by_name(make, name, card):
    assert Piper(make(name, card=card)).notice == (
        f"The voice {name} comes from that of Lessac, whose recordings are for research only."
    )


@pytest.mark.parametrize("text", ["", "...", "😀"])
def test_nothing_to_say_is_no_audio(make, text):
    assert speak(Piper(make()), text) == []
    assert speak(Piper(make(voice="de")), text) == []


def test_the_double_is_called_as_the_installed_package_is():
    import inspect

    piper = pytest.importorskip("piper")
    inspect.signature(piper.PiperVoice.load).bind("path")
    inspect.signature(piper.PiperVoice.synthesize).bind(None, "text", None)
    inspect.signature(piper.SynthesisConfig).bind(speaker_id=None, length_scale=1.0, volume=0.7)
    fields = piper.config.PiperConfig.__dataclass_fields__
    assert {"speaker_id_map", "espeak_voice", "length_scale", "sample_rate"} <= set(fields)
