import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from voice_widget.engine.stages.contracts import AudioChunk, Hints, Pcm, Transcript
from voice_widget.engine.stages.events import pack, read_frame

LIGHT = {"vad": "level", "stt": "scripted", "tts": "tone", "script": None}
PATIENCE = 20


class Chatty:
    """A voice that prints, as native libraries do."""

    voices = ("chatty",)

    def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
        print("loading the model ...", flush=True)
        os.write(1, b"INFO: from the library\n")
        yield AudioChunk(b"\1\0", 24000)


class English(Chatty):
    """A voice that says what it speaks."""

    languages = ("en",)


class Silent:
    """A recogniser that fails on its hints."""

    sample_rate = 16000

    def prepare(self, hints: Hints) -> None:
        raise ValueError("cannot prepare")

    def start(self) -> None: ...

    def feed(self, pcm: Pcm) -> Transcript | None:
        return None

    def finish(self) -> Transcript:
        return Transcript("", final=True)

    def cancel(self) -> None: ...


class Child:
    """The process with pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        assert self.process.stdin
        self.process.stdin.write(pack(header, payload))
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        """The next frame that is not about loading."""
        while "loading" in (header := self.read_any()):
            pass
        return header

    def read_any(self) -> dict[str, Any]:
        assert self.process.stdout
        frame = read_frame(self.process.stdout)
        assert frame is not None
        return frame[0]


@pytest.fixture
def child() -> Iterator[Child]:
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    with subprocess.Popen(
        [sys.executable, "-m", "voice_widget.engine.stages.process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        yield Child(process)
        process.kill()


def test_it_ends_when_its_input_closes_though_sessions_are_open(child):
    child.send({"op": "warm", "spec": LIGHT})
    assert child.read()["ready"]
    child.send({"op": "open", "channel": 1, "spec": LIGHT})
    child.send({"op": "speak", "channel": 1, "id": "s", "text": "hello " * 1000, "voice": None, "speed": 1.0})
    child.process.stdin.close()
    child.process.stdout.close()
    assert child.process.wait(PATIENCE) == 0


def test_what_libraries_print_does_not_reach_the_frames(child):
    spec = {**LIGHT, "tts": f"{__name__}:Chatty"}
    child.send({"op": "warm", "spec": spec})
    ready = child.read()
    assert (ready["ready"], ready["voices"], ready["missing"]) == (True, ["chatty"], {})
    assert ready["parts"]["tts"] == f"{__name__}:Chatty"
    child.send({"op": "open", "channel": 1, "spec": spec})
    child.send({"op": "speak", "channel": 1, "id": "s", "text": "hello", "voice": None, "speed": 1.0})
    assert [child.read()["event"] for _ in range(2)] == ["SpeechAudio", "SpeechDone"]
    child.process.stdin.close()
    assert child.process.stderr.read().count(b"INFO: from the library") == 2


def test_an_interrupt_of_the_notebook_is_not_for_it(child):
    child.send({"op": "warm", "spec": LIGHT})
    child.read()
    child.process.send_signal(signal.SIGINT)
    child.send({"op": "warm", "spec": LIGHT})
    assert child.read()["ready"]


def test_a_part_that_fails_costs_a_sentence_and_not_the_session(child):
    spec = {**LIGHT, "stt": f"{__name__}:Silent"}
    child.send({"op": "open", "channel": 1, "spec": spec})
    hints = {"phrases": ["a"], "words": [], "language": "en"}
    child.send({"op": "configure", "channel": 1, "turn_detection": None, "hints": hints})
    failed = child.read()
    assert (failed["event"], failed["stage"]) == ("StageFailed", "stt")
    assert "cannot prepare" in failed["message"]
    child.send({"op": "audio", "channel": 1, "rate": 16000, "at_ms": 0.0}, bytes(6400))
    child.send({"op": "audio", "channel": 1, "rate": "fast", "at_ms": 0.0}, bytes(6400))
    assert child.read()["event"] == "StageFailed"
    child.send({"op": "commit", "channel": 1})
    assert [child.read()["event"] for _ in range(2)] == ["Committed", "FinalText"]


def test_messages_for_a_closed_session_are_dropped(child):
    child.send({"op": "open", "channel": 1, "spec": LIGHT})
    child.send({"op": "close", "channel": 1})
    child.send({"op": "commit", "channel": 1})
    child.send({"op": "warm", "spec": LIGHT})
    assert child.read()["ready"]


def test_the_voice_is_told_what_a_session_speaks(child):
    child.send({"op": "warm", "spec": {**LIGHT, "tts": f"{__name__}:English"}})
    child.read()
    child.send({"op": "open", "channel": 1, "spec": {**LIGHT, "tts": f"{__name__}:English"}})
    hints = {"phrases": [], "words": [], "language": "de-AT"}
    child.send({"op": "configure", "channel": 1, "turn_detection": None, "hints": hints})
    told = child.read()
    assert (told["event"], told["stage"], told["code"]) == ("StageFailed", "tts", "language_unknown")
    assert told["message"] == "The voice does not know de-AT, only en."
