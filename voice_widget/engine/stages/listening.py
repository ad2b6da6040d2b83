"""Listens for one session: resample → VAD → turns → recogniser.

Silence costs the VAD only: the recogniser works while an utterance is on, from a ring that holds the audio
before its start. All times are those of the audio clock that comes with the audio.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from voice_widget.engine.stages.contracts import STT, VAD, Hints, Pcm, Transcript
from voice_widget.engine.stages.events import (
    Committed,
    FinalText,
    PartialText,
    SpeechStarted,
    SpeechStopped,
    StageEvent,
    StageFailed,
)
from voice_widget.engine.stages.sharpening import Sharpener
from voice_widget.engine.stages.turns import HYSTERESIS, Started, Stopped, TurnDetector
from voice_widget.engine.stages.vad_level import LevelVad
from voice_widget.realtime.sound.resampling import Resampler

_LEAST_COMMIT_MS = 100.0
_RING_MS = 2000.0
# The recogniser gets this much before the first voiced frame: detectors are up to 260 ms late in noise.
_LEAD_MS = 300.0
_PAUSE_MS = 200.0
# A recogniser keeps what it heard of an utterance: music or a crowd must not make one that never ends.
_MOST_MS = 60_000.0
_MOST_PARTS = 30
_MANUAL_THRESHOLD = 0.3  # with push-to-talk the caller says that it is speech; the VAD only saves work
_MANUAL_TAIL_MS = 800.0

_PATIENCE_MS = {"high": 300.0, "medium": 500.0, "auto": 500.0, "low": 900.0}
_UNFINISHED_MS = 900.0
_FINISHED_MS = 300.0
# A sentence that ends in one of these goes on.
_OPEN = """
    a an and are as at between but by for from has have how in is me my of on or per show some than that the
    then to versus was were what when where which who with
"""
_OPEN_WORDS = frozenset(_OPEN.split())


class Listener:
    """The listening half of a session. Used from one thread.

    Args:
        vad: The detector.
        stt: The recogniser, or ``None``: then every text is empty.
        emit: Takes the events.
    """

    def __init__(self, vad: VAD, stt: STT | None, emit: Callable[[StageEvent], None]) -> None:
        self._vad, self._stt, self._emit = vad, stt, emit
        self._resample: Resampler | None = None
        self._pending: Pcm = np.zeros(0, np.int16)
        self._clock_ms = 0.0
        self._ring: deque[tuple[float, Pcm]] = deque()
        self._hints: Hints | None = None  # waiting for the end of the utterance
        self._phrases: frozenset[str] = frozenset()
        self._turns: TurnDetector | None = None
        self._patience_ms = 0.0
        self._semantic: str | None = None
        self._on = False  # an utterance is on: the recogniser has started
        self._partial = ""
        self._buffered_ms = 0.0
        self._voiced_ms = 0.0
        self._length_ms = 0.0
        self._parts: deque[str] = deque(maxlen=_MOST_PARTS)  # what was said by hand before it got too long
        self._paused = False
        self._failed = False
        self._sharpen = Sharpener(vad.sample_rate)
        self._setting: Mapping[str, Any] | None = {}
        self._set_turns({"type": "server_vad"})

    @property
    def busy(self) -> bool:
        """Whether an utterance is on."""
        return self._on

    def configure(self, turn_detection: Mapping[str, Any] | None, hints: Hints) -> None:
        """New settings. An utterance that is on ends with them; hints wait for its end."""
        self._hints = hints
        if turn_detection != self._setting:
            self._end(self._voiced_ms)
            self._set_turns(turn_detection)
        if not self._on:
            self._prepare()

    def audio(self, pcm: Pcm, sample_rate: int, at_ms: float) -> None:
        """The next audio of the caller; ``at_ms`` is the time of its first sample."""
        rate = self._vad.sample_rate
        if self._resample is None or self._resample.source != sample_rate:
            self._resample = Resampler(sample_rate, rate)
        # Anchored anew each time, so that a gap in the audio is a gap in the times.
        self._clock_ms = at_ms - self._resample.delay_ms - len(self._pending) * 1000 / rate
        self._pending = np.concatenate([self._pending, self._resample(pcm)])
        size = self._vad.frame_samples
        whole = len(self._pending) // size * size
        frames, self._pending = self._pending[:whole], self._pending[whole:]
        for at in range(0, whole, size):
            start = self._clock_ms + at * 1000 / rate
            self._frame(frames[at : at + size], max(0.0, start), max(0.0, start + size * 1000 / rate))

    def commit(self) -> None:
        """The caller says that the utterance is over."""
        empty = self._buffered_ms < _LEAST_COMMIT_MS
        self._emit(Committed(empty))
        if empty:
            return
        if not self._on:
            self._start(self._clock_ms)
        self._emit(FinalText(self._joined(self._finish())))
        self._forget()

    def clear(self) -> None:
        """What was heard so far does not count."""
        if self._on and self._stt:
            self._guard(self._stt.cancel)
        self._on = False
        self._forget()
        self._prepare()

    def close(self) -> None:
        """Stop; the parts may be used by another session after this."""
        if self._on and self._stt:
            self._guard(self._stt.cancel)
        self._on = False

    def _set_turns(self, setting: Mapping[str, Any] | None) -> None:
        self._setting = setting
        self._semantic, self._turns = None, None
        if setting is not None:
            self._patience_ms = float(_number(setting, "silence_duration_ms", 500))
            if setting.get("type") == "semantic_vad":
                self._semantic = str(setting.get("eagerness") or "auto")
                self._patience_ms = _PATIENCE_MS.get(self._semantic, 500.0)
            self._turns = TurnDetector(
                _number(setting, "threshold", 0.5),
                _number(setting, "prefix_padding_ms", 300),
                self._patience_ms,
                _number(setting, "min_speech_ms", 60),
            )
        self._forget()

    def _frame(self, frame: Pcm, start_ms: float, end_ms: float) -> None:
        try:
            likely = self._vad(frame)
        except Exception as error:  # a detector that fails must not make us deaf
            self._emit(
                StageFailed("vad", f"Speech detection failed: {error!r}. The level of the sound decides now.")
            )
            self._vad, self._resample = LevelVad(), None
            self._pending = np.zeros(0, np.int16)
            return
        self._buffered_ms += end_ms - start_ms
        if self._on:
            self._feed(frame, end_ms)
            self._length_ms += end_ms - start_ms
            if self._length_ms >= _MOST_MS:
                self._cut()
        self._ring.append((start_ms, frame))
        while self._ring and self._ring[0][0] < end_ms - _RING_MS:
            self._ring.popleft()
        if self._turns is None:
            self._manual(likely, start_ms, end_ms)
            return
        steps = self._sharpen(likely, frame, start_ms)
        if not self._turns.speaking:  # a start is the detector's own affair
            steps = [(likely, start_ms, end_ms)]
        for step in steps:
            self._turn(self._turns, *step)

    def _turn(self, turns: TurnDetector, likely: float, start_ms: float, end_ms: float) -> None:
        change = turns.push(likely, start_ms, end_ms)
        if turns.speaking and likely >= max(turns.threshold - HYSTERESIS, turns.threshold / 2):
            self._voiced_ms = end_ms
            self._pause(False)
        elif self._on and end_ms >= self._voiced_ms + _PAUSE_MS:
            self._pause(True)
        if isinstance(change, Started):
            self._emit(SpeechStarted(change.at_ms))
            self._start(change.at_ms - max(0.0, _LEAD_MS - turns.prefix_padding_ms))
        elif isinstance(change, Stopped):
            self._stop(change.at_ms)

    def _pause(self, paused: bool) -> None:
        """Tell a recogniser that wants to know whether the speaker pauses."""
        if paused != self._paused and not self._failed:
            self._paused = paused
            if do := getattr(self._stt, "pause" if paused else "resume", None):
                self._guard(do)

    def _manual(self, likely: float, start_ms: float, end_ms: float) -> None:
        if likely >= _MANUAL_THRESHOLD:
            self._voiced_ms = end_ms
            if not self._on:
                self._start(start_ms - _LEAD_MS)

    def _cut(self) -> None:
        """It is long enough: what follows is the next utterance, or with push-to-talk its next part."""
        if self._turns is not None:
            self._stop(self._turns.cut().at_ms)
        else:
            self._parts.append(self._finish())
            self._ring.clear()

    def _start(self, from_ms: float) -> None:
        self._on, self._length_ms = True, 0.0
        self._partial, self._paused, self._failed = "", False, False
        if self._stt:
            self._guard(self._stt.start)
            for start_ms, frame in self._ring:
                if start_ms >= from_ms:
                    self._feed(frame, start_ms)

    def _feed(self, frame: Pcm, end_ms: float) -> None:
        if (
            self._stt is None
            or self._failed
            or (self._turns is None and end_ms > self._voiced_ms + _MANUAL_TAIL_MS)
        ):
            return
        found = self._guard(self._stt.feed, frame)
        if isinstance(found, Transcript) and found.text != self._partial:
            self._partial = found.text
            self._emit(PartialText(self._joined(found.text)))
            if self._turns and self._semantic:
                self._turns.silence_duration_ms = self._patience()

    def _joined(self, text: str) -> str:
        return " ".join(part for part in (*self._parts, text) if part)

    def _patience(self) -> float:
        words = self._partial.split()
        if words and words[-1] in _OPEN_WORDS:
            return max(_UNFINISHED_MS, self._patience_ms)
        if self._semantic != "low" and self._partial in self._phrases:
            return _FINISHED_MS
        return self._patience_ms

    def _stop(self, at_ms: float) -> None:
        self._emit(SpeechStopped(at_ms))
        self._emit(FinalText(self._finish()))
        # The next utterance's padding must not hold the end of this one.
        self._ring.clear()
        self._buffered_ms = 0.0
        self._prepare()

    def _end(self, at_ms: float) -> None:
        if not self._on:
            return
        if self._turns is not None:
            self._stop(at_ms)
        else:
            self.clear()

    def _finish(self) -> str:
        self._on = False
        if self._stt and self._failed:
            with suppress(Exception):  # told already
                self._stt.cancel()
            return ""
        found = self._guard(self._stt.finish) if self._stt else None
        return found.text if isinstance(found, Transcript) else ""

    def _forget(self) -> None:
        self._ring.clear()
        self._buffered_ms = 0.0
        self._parts.clear()
        self._partial = ""
        if self._turns is not None:
            self._turns.reset()
        self._prepare()

    def _prepare(self) -> None:
        if self._hints is None or self._on:
            return
        hints, self._hints = self._hints, None
        self._phrases = frozenset(" ".join(p.lower().split()) for p in hints.phrases)
        if self._stt:
            self._guard(self._stt.prepare, hints)

    def _guard(self, do: Callable[..., Any], *args: Any) -> Any:
        try:
            return do(*args)
        except Exception as error:  # a recogniser that fails costs this utterance, not the session
            self._failed = True
            self._emit(StageFailed("stt", f"Speech recognition failed: {error!r}."))
            return None


def _number(setting: Mapping[str, Any], name: str, default: float) -> float:
    value = setting.get(name)
    return float(value) if isinstance(value, int | float) else float(default)
