"""`serve` as a process, and parts and agents for it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from voice_widget.agents import Hints as Expected
from voice_widget.agents import ToolCall, Turn
from voice_widget.engine.stages.contracts import Hints, Transcript
from voice_widget.engine.stages.recognisers.scripted import ScriptedStt
from voice_widget.engine.stages.voices.tone import ToneTts

ROOT = Path(__file__).parents[1]
PATIENCE = 20.0
# Speech parts that need nothing installed; the recogniser hears what stands below.
PARTS = ("--vad", "level", "--stt", "tests.serving:Ears", "--tts", "tone")


class Ears(ScriptedStt):
    """Hears the same sums for ever."""

    def __init__(self) -> None:
        super().__init__('[{"hear": "what is two plus three", "say": ""}]')


class Expecting(Ears):
    """Hears which of two phrases it was told to expect."""

    def prepare(self, hints: Hints) -> None:
        self.phrases = [text for text in ("what can you do", "get weather") if text in hints.phrases]

    def finish(self) -> Transcript:
        return Transcript(f"expecting {self.phrases}", final=True)


class Copied(ToneTts):
    """A voice of which one must know something."""

    notice = "It is a copy of somebody's voice."

    def session(self) -> Copied:
        return self


def shout(turn: Turn) -> str:
    """An agent of a user's own."""
    return f"{turn.text.upper()}!"


def adds(turn: Turn) -> Iterator[str | ToolCall]:
    """An agent that calls a tool for a sum, and says what it gave last."""
    if turn.results:
        yield f"It is {turn.results[-1].text}."
    else:
        yield ToolCall("add", {"a": 2, "b": 3})


class Weighing:
    """An agent that has a tool find the heaviest, and says how many rows that gave."""

    QUESTION = "which are the heaviest"

    def hints(self) -> Expected:
        return Expected(phrases=(self.QUESTION,))

    def __call__(self, turn: Turn) -> Iterator[str | ToolCall]:
        if turn.results:
            yield f"There are {turn.results[-1].text.partition(',')[0]}."
        elif turn.text == self.QUESTION:
            yield ToolCall("heaviest", {"rows": 12})
        else:
            yield "I know what is heavy."


weighs = Weighing()


class Serve:
    """A running ``python -m voice_widget serve``."""

    def __init__(
        self, *arguments: str, environment: Mapping[str, str] | None = None, stdin: int = subprocess.DEVNULL
    ) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("VOICE_WIDGET_", "OPENAI_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "voice_widget", "serve", "--port", "0", *arguments],
            cwd=ROOT,
            env={**clean, **(environment or {})},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._ended: tuple[int, str] | None = None
        self._coming: SimpleQueue[str | None] = SimpleQueue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._coming.put(line.rstrip("\n"))
        self._coming.put(None)

    def until(self, pattern: str) -> re.Match[str]:
        """The first line that has this."""
        while True:
            try:
                line = self._coming.get(timeout=PATIENCE)
            except Empty:
                raise AssertionError(f"No {pattern!r} came, only {self.lines}.") from None
            if line is None:
                raise AssertionError(f"It ended: {self.lines} {self.end()}")
            self.lines.append(line)
            if match := re.search(pattern, line):
                return match

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        text = "\n".join(self.lines)
        return re.search(r"at (http://\S+)/v1", text)[1]  # type: ignore[index]

    def end(self, how: int | None = None) -> tuple[int, str]:
        """The exit status and what went to standard error."""
        if self._ended is None:
            if how is not None:
                self.process.send_signal(how)
            code = self.process.wait(PATIENCE)
            self._reader.join(PATIENCE)
            assert self.process.stdout is not None
            assert self.process.stderr is not None
            with self.process.stdout, self.process.stderr:
                self._ended = code, self.process.stderr.read()
        return self._ended


def serving(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Serve]:
    """A server that listens, and ends with the test."""
    server = Serve(*arguments, environment=environment)
    try:
        server.until("^curl")
        yield server
    finally:
        if server.process.poll() is None:
            server.process.send_signal(signal.SIGTERM)
        server.end()


def children(pid: int) -> list[int]:
    return [int(x) for x in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
