"""A whole turn with the embedded parts and the default agent on real data, at a 400 ms silence rule.

The caller's last voiced sample sent → first voiced sample of the answer received, by WebRTC and in memory.
Both ways the kernel is a real one, with a widget in it. Beside them, with the same silence rule: a bare
aiortc responder, and in memory the same kernel with instant parts (a level gate, a script and a tone) and
with the small ones. What the others take more than the instant ones is held against the silence rule. The
natural ones are those that `Local` takes here if none are named; ``parts`` says which they were.
``stages`` are the medians of the milestones on the way, where the measuring end sees them.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from statistics import median
from typing import Any

import numpy as np

from benchmarks.kernel import DETECTION, SILENCE_MS
from benchmarks.peers import MARKED, VOICED, Caller
from benchmarks.report import Beside, figure
from benchmarks.servers import bare, kernel
from benchmarks.sounds import RATE, Pcm, join, quiet, speech
from benchmarks.word_errors import words
from voice_widget import Local, VoiceWidget
from voice_widget.data import load

ROUNDS = 8
QUESTION = "how many rows are there"
SOCKET_RATE = 24_000
WAIT_S = 30.0
AT_MOST = 1.35
MORE = 0.875  # of the silence rule: 350 ms of 400
PARTS = {"small": ("pocketsphinx", "espeak"), "natural": (None, None)}


MILESTONES = {
    "input_audio_buffer.speech_stopped": "silence",
    "conversation.item.input_audio_transcription.completed": "text",
    "voice_widget.reply.requested": "asked",
    "voice_widget.reply.delta": "replied",
    "output_audio_buffer.started": "audio",
    "response.output_audio.delta": "audio",
}
Turn = dict[str, float]  # milestones in milliseconds from the last voiced sample on


class Tap:
    """A service whose session's socket notes when sound passes it."""

    def __init__(self, service: Local) -> None:
        self._service = service

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)

    async def connect(self, **options: Any) -> Line:
        """Open the session."""
        self.line = Line(await self._service.connect(**options))
        return self.line


class Line:
    """A session's socket. An appended frame's samples belong to the 20 ms before it is sent."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.listen()

    def listen(self) -> None:
        """What happens from now on counts."""
        self._last_voiced = self._begun = 0.0
        self._samples = 0
        self._times: dict[str, float] = {}

    @property
    def turn(self) -> Turn:
        """The turn that was listened to."""
        return {name: (at - self._last_voiced) * 1000 for name, at in self._times.items()}

    async def send(self, event: dict[str, Any]) -> None:
        """Pass a client event."""
        self._note(event)
        if event["type"] == "input_audio_buffer.append":
            pcm = _samples(event["audio"])
            voiced = np.flatnonzero(np.abs(pcm) > MARKED)
            if len(voiced):
                self._last_voiced = time.monotonic() - (len(pcm) - 1 - int(voiced[-1])) / SOCKET_RATE
        await self._connection.send(event)

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        async for event in self._connection:
            self._note(event)
            if event["type"] == "response.output_audio.delta" and "voiced" not in self._times:
                self._hear(_samples(event["delta"]))
            yield event

    async def close(self) -> None:
        """Close the socket."""
        await self._connection.close()

    def _note(self, event: dict[str, Any]) -> None:
        if name := MILESTONES.get(event["type"]):
            self._times.setdefault(name, time.monotonic())

    def _hear(self, pcm: Pcm) -> None:
        now = time.monotonic()
        if not self._samples:
            self._begun = now  # the player begins with the first sample, silent or not
        voiced = np.flatnonzero(np.abs(pcm) > VOICED)
        if len(voiced):
            self._times["voiced"] = max(now, self._begun + (self._samples + int(voiced[0])) / SOCKET_RATE)
        self._samples += len(pcm)


def _samples(audio: str) -> Pcm:
    return np.frombuffer(base64.b64decode(audio), "<i2").astype(np.int16)


def question(rng: np.random.Generator) -> Pcm:
    """The question, begun at any phase of the frames."""
    return join([quiet(rng.uniform(0, 20)), speech(QUESTION)])


def in_memory(rng: np.random.Generator, service: Local) -> tuple[list[Turn], list[str], str]:
    """The turns, what was understood, and which parts the engine had."""
    tap = Tap(service)
    widget = VoiceWidget(data=load(), service=tap, transport="memory", turn_detection=DETECTION)
    try:
        widget.connect().result(WAIT_S)
        turns, understood = [], []
        for _ in range(1 + ROUNDS):
            tap.line.listen()
            user, assistant = widget.next_turn("user"), widget.next_turn("assistant")
            widget.play(question(rng), RATE).result(WAIT_S)
            understood.append(user.result(WAIT_S)["text"])
            assistant.result(WAIT_S)
            turns.append(tap.line.turn)
        return turns, understood, service.name
    finally:
        widget.close()


async def by_webrtc(
    rng: np.random.Generator, stt: str | None, tts: str | None
) -> tuple[list[Turn], list[str]]:
    """The same by a caller of its own process."""
    parts = {name: part for name, part in (("stt", stt), ("tts", tts)) if part is not None}
    async with kernel("assistant", **parts) as server, server.call() as caller:
        await caller.ear.quiet()
        turns = [await one_turn(caller, rng) for _ in range(1 + ROUNDS)]
        kind = "conversation.item.input_audio_transcription.completed"
        return turns, [event["transcript"] for event in caller.events if event["type"] == kind]


async def bare_webrtc(rng: np.random.Generator) -> list[float]:
    """What the wire and the silence rule take alone."""
    async with bare(SILENCE_MS) as server, server.call() as caller:
        return [(await one_turn(caller, rng))["voiced"] for _ in range(1 + ROUNDS)][1:]


async def one_turn(caller: Caller, rng: np.random.Generator) -> Turn:
    """Ask and listen."""
    seen = len(caller.events)
    gap = await caller.ask(question(rng))
    said = caller.track.last_voiced
    await caller.ear.quiet(0.5)
    turn: Turn = {}
    for event, at in zip(caller.events[seen:], caller.times[seen:], strict=True):
        if name := MILESTONES.get(event["type"]):
            turn.setdefault(name, (at - said) * 1000)
    return turn | {"voiced": gap}


def tell(
    name: str,
    turns: list[Turn],
    understood: list[str],
    floor: Beside | None = None,
    at_most: float | None = None,
    parts: str = "",
) -> float:
    """Print the figure; the first turn is told apart. Gives the median."""
    first, *rest = turns
    stages = {stage: round(median(turn[stage] for turn in rest if stage in turn)) for stage in rest[0]}
    right = sum(words(text) == words(QUESTION) for text in understood)
    line = figure(
        name, [turn["voiced"] for turn in rest], "ms", beside=floor, at_most=floor and at_most,
        silence_ms=SILENCE_MS, stages=stages, first={stage: round(at) for stage, at in first.items()},
        understood=f"{right}/{len(understood)}", parts=parts,
    )  # fmt: skip
    return float(line["p50"])


def main() -> None:
    rng = np.random.default_rng(3)
    script = [{"hear": QUESTION, "say": ""}] * (1 + ROUNDS)
    turns, understood, _ = in_memory(rng, Local(vad="level", tts="tone", script=script))
    instant = tell("whole_turn_memory_instant", turns, understood)
    floor = Beside("whole_turn_memory_instant", instant)
    rule = Beside("silence rule", SILENCE_MS)
    for name, (stt, tts) in PARTS.items():
        turns, understood, parts = in_memory(rng, Local(stt=stt, tts=tts))
        tell(f"whole_turn_memory_{name}", turns, understood, floor, parts=parts)
        more = [turn["voiced"] - instant for turn in turns[1:]]
        figure(f"whole_turn_memory_{name}_more", more, "ms", beside=rule, at_most=MORE, parts=parts)
    alone = asyncio.run(bare_webrtc(rng))
    figure("whole_turn_bare_aiortc", alone, "ms", silence_ms=SILENCE_MS)
    floor = Beside("whole_turn_bare_aiortc", median(alone))
    for name, (stt, tts) in PARTS.items():
        turns, understood = asyncio.run(by_webrtc(rng, stt, tts))
        tell(f"whole_turn_webrtc_{name}", turns, understood, floor, AT_MOST if name == "small" else None)


if __name__ == "__main__":
    main()
