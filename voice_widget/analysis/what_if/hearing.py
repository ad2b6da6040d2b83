"""What detectors of speech hear in a channel, each in a process of its own, and how it is kept."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from voice_widget.errors import EngineError, VoiceWidgetError, shown
from voice_widget.realtime.settings.parts import Part
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Pcm
from voice_widget.recording.sound import BLOCK, Sound
from voice_widget.recording.speech_process import SpeechProcess, speech_process

Floats = NDArray[np.float64]
_PROGRAM = "voice_widget.engine.stages.detecting"
_BEHIND = RATE // 5
"""Behind its last sample it is silent: what waits there for a whole frame is heard."""


@dataclass(frozen=True)
class Heard:
    """What one detector of speech said of a channel, as the engine would have used it.

    Attributes:
        vad: Which one.
        likely: The probability of speech of each frame.
        silent: Of each frame, which of its steps are far below the level of the speaker: they count as
            silence where a turn runs.
        steps_ms: How long each step of a frame is.
        delay_ms: So much earlier than the channel the first frame begins.

    Example:
        >>> heard = Heard("level", np.array([0.0, 1.0]), np.zeros((2, 2), bool), (10.0, 10.0), 1.0)
        >>> heard.frames.starts.tolist(), heard.frames.step_ends.tolist()
        ([0.0, 19.0], [10.0, 20.0, 29.0, 39.0])
    """

    vad: str
    likely: Floats
    silent: NDArray[np.bool_]
    steps_ms: tuple[float, ...]
    delay_ms: float = 0.0

    def __getstate__(self) -> dict[str, Any]:
        """Without what is made of it again."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @cached_property
    def frames(self) -> Frames:
        """When its frames and their steps are: the same for every rule."""
        edges = np.arange(len(self.likely) + 1) * sum(self.steps_ms) - self.delay_ms
        edges = np.maximum(0.0, edges)
        steps = np.cumsum((0.0, *self.steps_ms))
        starts = edges[:-1, np.newaxis]
        return Frames(
            self.steps_ms,
            edges[:-1],
            edges[1:],
            np.where(self.silent, 0.0, self.likely[:, np.newaxis]).ravel(),
            (starts + steps[:-1]).ravel(),
            (starts + steps[1:]).ravel(),
        )


class Frames(NamedTuple):
    """Frames in time, and their steps one after the other.

    Attributes:
        steps_ms: How long each step of a frame is.
        starts: When each frame begins, in milliseconds.
        ends: And when it ends.
        steps: The probability of speech of each step, where a turn runs.
        step_starts: When each step begins.
        step_ends: And when it ends.
    """

    steps_ms: tuple[float, ...]
    starts: Floats
    ends: Floats
    steps: Floats
    step_starts: Floats
    step_ends: Floats


@dataclass(frozen=True)
class Supposed:
    """A turn as a detector would have found it, in milliseconds of the recording's timeline.

    Attributes:
        start_ms: Where its speech begins.
        stop_ms: Where its speech ends.
        ended_ms: When the detector would have said that it is over.
    """

    start_ms: float
    stop_ms: float
    ended_ms: float


def hear(sound: Sound, column: int, vads: Sequence[Part | None]) -> list[Heard | VoiceWidgetError]:
    """What detectors say of a channel, or why one says nothing. They hear it at the same time.

    Args:
        sound: The talk's.
        column: The channel.
        vads: Which ones; None: the best that is installed.
    """
    with contextlib.ExitStack() as stack:
        ears: list[_Ear | VoiceWidgetError] = []
        for vad in vads:
            try:
                ears.append(_Ear(stack.enter_context(_started(vad))))
            except VoiceWidgetError as error:
                ears.append(error)
        for block in _blocks(sound, column):
            for ear in ears:
                if isinstance(ear, _Ear):
                    ear.process.send(block)
            ears = [ear.took() if isinstance(ear, _Ear) else ear for ear in ears]
        return [ear.heard() if isinstance(ear, _Ear) else ear for ear in ears]


def listen(
    sound: Sound, column: int, vad: Part | None, turn_detector: Part, setting: Mapping[str, Any]
) -> list[Supposed]:
    """The turns that the engine would have found in a channel, as it listens in a call.

    Args:
        sound: The talk's.
        column: The channel.
        vad: The detector of speech; None: the best that is installed.
        turn_detector: What judges whether a turn is over.
        setting: The turn detection.

    Raises:
        MissingParts: A part is not installed.
        EngineError: A part does not load, or fails.
    """
    found: list[Supposed] = []
    start = 0.0
    more = json.dumps(turn_detector.dump()), json.dumps(dict(setting))
    with _started(vad, *more) as process:
        # The longest silence that it waits for is below two seconds.
        for block in _blocks(sound, column, behind=2 * RATE):
            process.send(block)
            for what, at_ms, said_ms in process.answer()["said"]:
                if what == "started":
                    start = at_ms
                else:
                    found.append(Supposed(start, at_ms, said_ms))
    return found


class _Ear:
    """One detector that hears."""

    def __init__(self, process: SpeechProcess) -> None:
        self.process = process
        self._told = process.greeting
        self._likely: list[Floats] = []
        self._silent: list[NDArray[np.bool_]] = []

    def took(self) -> _Ear | VoiceWidgetError:
        """It has answered to a block; or why not."""
        try:
            self._take()
        except VoiceWidgetError as error:
            return error
        return self

    def _take(self) -> None:
        frames = int(self.process.answer()["frames"])
        likely = np.frombuffer(self.process.data(8 * frames), "<f8")
        silent = np.frombuffer(self.process.data(frames * len(self._told["steps_ms"])), np.uint8)
        if not np.all((likely >= 0) & (likely <= 1)):
            odd = likely[~((likely >= 0) & (likely <= 1))][0]
            raise EngineError(
                f"The detector {self._told['vad']} says {shown(float(odd))}, which is no probability.",
                next_step="Let it give numbers from 0 to 1.",
            )
        self._likely.append(likely.astype(np.float64))
        self._silent.append(silent.astype(bool).reshape(frames, -1))

    def heard(self) -> Heard:
        """All that it has said."""
        steps = tuple(map(float, self._told["steps_ms"]))
        return Heard(
            str(self._told["vad"]),
            np.concatenate(self._likely) if self._likely else np.zeros(0),
            np.concatenate(self._silent) if self._silent else np.zeros((0, len(steps)), bool),
            steps,
            float(self._told["delay_ms"]),
        )


def _started(vad: Part | None, *more: str) -> contextlib.AbstractContextManager[SpeechProcess]:
    name = "detector of speech" if vad is None else f"detector {vad.label}"
    given = "null" if vad is None else json.dumps(vad.dump())
    return speech_process(_PROGRAM, given, *more, name=name)


def _blocks(sound: Sound, column: int, behind: int = _BEHIND) -> Iterator[Pcm]:
    for start in range(0, sound.samples + behind, BLOCK):
        stop = min(start + BLOCK, sound.samples + behind)
        pcm: Pcm = np.ascontiguousarray(sound.read(start, stop)[:, column])
        yield pcm
