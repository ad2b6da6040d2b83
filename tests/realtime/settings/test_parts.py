"""Speech parts by name: how they are written, carried, chosen and refused."""

from __future__ import annotations

import json

import pytest

from voice_widget import Part, SettingError
from voice_widget.realtime.settings.parts import KNOWN, STAGES, Known, StageSpec, best, check_name


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("pocketsphinx", Part("pocketsphinx")),
        ("faster-whisper:small.en", Part("faster-whisper", model="small.en")),
        ("piper:/voices/joe.onnx", Part("piper", model="/voices/joe.onnx")),
        ("http:http://127.0.0.1:8000/v1", Part("http", base_url="http://127.0.0.1:8000/v1")),
        ("my.parts:Ears", Part("my.parts:Ears")),
        ('{"name": "vosk", "options": {"model": "m", "n": [1, 2]}}', Part("vosk", model="m", n=[1, 2])),
    ],
)
def test_a_part_is_read_from_its_text(text, part):
    assert Part.parse(text) == part
    assert Part.load(json.loads(json.dumps(part.dump()))) == part
    assert hash(Part.load(part.dump())) == hash(part)


@pytest.mark.parametrize("text", ["silero:x", "faster-whisper:", "{", '{"options": {}}', '{"name": 3}', ""])
def test_a_text_that_is_no_part_is_refused(text):
    with pytest.raises(SettingError):
        Part.parse(text)


def test_no_option_beside_the_options_is_passed_over_and_no_key_told():
    with pytest.raises(SettingError, match="no 'api_key' beside them") as caught:
        Part.parse('{"name": "http", "api_key": "sk-123", "options": {}}')
    assert "sk-123" not in str(caught.value)
    with pytest.raises(SettingError, match="is no JSON") as caught:
        Part.parse('{"name": "http", "options": {"api_key": "sk-123"}')
    assert "sk-123" not in str(caught.value)


def test_what_takes_nothing_behind_a_colon_is_told_by_its_name_alone():
    with pytest.raises(SettingError) as caught:
        Part.parse("espeak:de")
    assert caught.value.next_step == "Write 'espeak'."


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}])
def test_an_option_that_cannot_cross_is_refused(value):
    with pytest.raises(SettingError, match="no value of JSON"):
        Part("vosk", model=value)


def test_parts_are_values():
    one, two = Part("vosk", model="a", words=True), Part("vosk", words=True, model="a")
    assert {one: 1}[two] == 1
    assert one != Part("vosk", model="b", words=True)
    with pytest.raises(TypeError):
        one.options["model"] = "c"  # type: ignore[index]


def test_no_key_is_shown():
    part = Part("http", base_url="http://x/v1", api_key="sk-123")
    assert "sk-123" not in repr(part) + part.label
    assert part.label == "http:http://x/v1"
    part = Part("http", authorization="sk-123", body={"temperature": 0, "user_token": "sk-123"})
    assert repr(part) == "Part('http', authorization=…, body={'temperature': 0, 'user_token': '…'})"


def test_an_address_is_told_without_what_may_be_secret_in_it():
    part = Part("http", base_url="http://me:hu@sh@x/v1?key=hush")
    assert part.label == "http:http://x/v1"
    assert repr(part) == "Part('http', base_url='http://x/v1')"


def test_a_spec_crosses_as_json():
    spec = StageSpec("level", Part("vosk", model="m"), script="[]", path=("/a",))
    carried = StageSpec(**json.loads(json.dumps(spec.dump())))
    assert carried == spec
    assert hash(carried) == hash(spec)
    assert spec.given() == {"vad": Part("level"), "stt": Part("vosk", model="m")}
    assert spec.part("tts") is None


def of_extras(*extras: str):
    return lambda known: known.extra in extras


@pytest.mark.parametrize(
    ("extras", "names"),
    [
        ((), (("silero",), ("pocketsphinx",), ("espeak",), ("rule",))),
        (("", "local"), (("silero", "webrtc"), ("pocketsphinx",), ("espeak",), ("rule",))),
        (
            ("", "local", "natural"),
            (("silero", "webrtc"), ("whisper", "pocketsphinx"), ("kokoro", "flite", "espeak"), ("rule",)),
        ),
        # By name only, whatever is installed.
        (("", "piper", "vosk", "smart-turn"), (("silero",), ("pocketsphinx",), ("espeak",), ("rule",))),
    ],
)
def test_the_best_that_is_installed_is_taken(extras, names):
    found = tuple(tuple(part.name for part in best(stage, of_extras(*extras))) for stage in STAGES)
    assert found == names


def test_an_unknown_name_is_refused_with_those_that_exist_and_what_to_install():
    with pytest.raises(SettingError, match="no stt 'whispr'") as caught:
        check_name("stt", Part("whispr"), lambda: ["theirs"])
    for words in ('vosk (pip install "voice-widget[vosk]")', "theirs", "scripted", "module:Class"):
        assert words in caught.value.next_step
    check_name("stt", Part("theirs"), lambda: ["theirs"])
    check_name("stt", Part("my_parts:Ears"))
    check_name("stt", Part("theirs:small"), lambda: ["theirs"], lambda module: False)
    with pytest.raises(SettingError):
        check_name("tts", Part("vosk"))


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("fasterwhisper:small.en", "Did you mean 'faster-whisper'? Choose one of "),
        ("moonshine:base", "Did you mean 'moonshine-voice'? Choose one of "),
        ("their:x", "Did you mean 'theirs'? Choose one of "),
        ("elevenlabs:x", "Choose one of "),
        ("json:", "Choose one of "),
        (":x", "Choose one of "),
    ],
)
def test_what_stands_before_a_colon_is_a_part_or_a_module(name, near):
    with pytest.raises(SettingError, match="nor a module") as caught:
        check_name("stt", Part(name), lambda: ["theirs"], lambda module: module == "json")
    assert caught.value.next_step.startswith(near)
    assert 'vosk (pip install "voice-widget[vosk]")' in caught.value.next_step


def test_a_name_means_the_same_behind_its_colon_in_every_stage():
    after: dict[str, set[str]] = {}
    for names in KNOWN.values():
        for name, known in names.items():
            assert isinstance(known, Known)
            after.setdefault(name, set()).add(known.after)
    assert {name: values for name, values in after.items() if len(values) > 1} == {}
