"""A page of a call by comm, without a browser: it captures and plays in steps of 40 ms, some times faster."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

import numpy as np

from tests.talking import FakePage, Stage

STEP_MS = 40
STEP = 24 * STEP_MS * 2
REPORT_MS = 100


class CommPage(FakePage):
    """Use it with ``with``: its sound runs on a thread.

    Attributes:
        played_ms: What it has played.
        cleared: What it had played at each ``audio.clear``.
        paused: Where it was told to stand still.
        marks: Who became voiced or silent when, on its own clock.
        closes_after: So many steps after it was told to close it does.
    """

    def __init__(
        self, stage: Stage, name: str = "page_1", *, speed: float = 4.0, microphone: bool = True
    ) -> None:
        super().__init__(stage, name)
        self.played_ms = 0.0
        self.cleared: list[float] = []
        self.paused: list[float] = []
        self._stands = False
        self.marks: list[tuple[str, bool, float]] = []
        self.number = 0
        self.closes_after = 0
        self._closing: int | None = None
        self._speed, self._microphone = speed, microphone
        self._now_ms = self._reported_ms = 0.0
        self._read = 0
        self._saying: deque[bytes] = deque()
        self._playing = bytearray()
        self._voiced = {"user": False, "assistant": False}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="page")

    def __enter__(self) -> CommPage:
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def offer(self) -> int:
        """Make the call of a talk that was begun; gives its number."""
        answer = self.reply(self.ask("call.open", sdp="", microphone=self._microphone), 30)
        assert (answer["type"], answer["sdp"]) == ("answer", ""), answer
        self.number = int(answer["call"])
        self._thread.start()
        self.say("call.peer", call=self.number, state="connected")
        self.stage.is_state("connected")
        return self.number

    def speak(self, pcm: bytes) -> None:
        """Say PCM16 at 24 kHz."""
        self._saying.extend(pcm[at : at + STEP].ljust(STEP, b"\0") for at in range(0, len(pcm), STEP))

    def event(self, kind: str) -> None:
        """Have the kernel send a client event."""
        self.say("client_event", call=self.number, event={"type": kind}, sent=False)

    def _run(self) -> None:
        while not self._end.wait(STEP_MS / 1000 / self._speed):
            self._take_messages()
            if self._closing is not None and self._closes():
                return
            self._capture()
            self._play()
            self._now_ms += STEP_MS

    def _take_messages(self) -> None:
        while self._read < len(self.stage.messages):
            message, buffers = self.stage.messages[self._read], self.stage.buffers[self._read]
            self._read += 1
            if message["type"] == "call.close" and not message["keep_microphone"]:
                self._closing = self.closes_after
            if message.get("call") != self.number:
                continue
            if message["type"] == "audio":
                self._playing += bytes(buffers[0])
            elif message["type"] == "audio.clear":
                self._playing.clear()
                self._stands = False
                self.cleared.append(self.played_ms)
                self._report(cleared=True)
            elif message["type"] == "audio.pause":
                self._stands = message["on"]
                if self._stands:
                    self.paused.append(self.played_ms)
                self._report(cleared=False)

    def _closes(self) -> bool:
        """Whether it is time to: it falls silent, and says so."""
        self._closing = (self._closing or 0) - 1
        if self._closing >= 0:
            return False
        self._playing.clear()
        self._mark("assistant", b"")
        self.say("call.hang_up", reason="closed")
        return True

    def _capture(self) -> None:
        if not self._microphone:
            return
        pcm = self._saying.popleft() if self._saying else bytes(STEP)
        self._mark("user", pcm)
        self.deliver({"type": "audio", "call": self.number}, memoryview(pcm))

    def _play(self) -> None:
        pcm = b"" if self._stands else bytes(self._playing[:STEP])
        del self._playing[: len(pcm)]
        self._mark("assistant", pcm)
        self.played_ms += len(pcm) / 48
        unreported = self.played_ms - self._reported_ms
        if unreported >= REPORT_MS or (unreported and not self._playing):
            self._report(cleared=False)

    def _report(self, *, cleared: bool) -> None:
        self._reported_ms = self.played_ms
        self.say("audio.played", call=self.number, played_ms=self.played_ms, cleared=cleared)

    def _mark(self, side: str, pcm: bytes) -> None:
        voiced = bool(pcm) and bool(np.abs(np.frombuffer(pcm, "<i2").astype(int)).max() > 300)
        if voiced != self._voiced[side]:
            self._voiced[side] = voiced
            self.marks.append((side, voiced, self._now_ms))
            fields: dict[str, Any] = {"side": side, "voiced": voiced, "at_ms": self._now_ms}
            self.say("voiced", call=self.number, **fields)
