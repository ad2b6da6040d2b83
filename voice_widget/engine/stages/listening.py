"""Listens for one session: resample → VAD → turns; what is to be recognised is handed over.

Silence costs the VAD only: sound is handed over while an utterance is on, from a ring that holds what came
before its start. All times are those of the audio clock that comes with the audio.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from voice_widget.engine.stages.activity import Activity
from voice_widget.engine.stages.contracts import FAILURES, VAD, Hints, Pcm
from voice_widget.engine.stages.detectors.level import LevelVad
from voice_widget.engine.stages.echo import Echo
from voice_widget.engine.stages.events import (
    Committed,
    SpeechStarted,
    SpeechStopped,
    SpokenOn,
    StageEvent,
    StageFailed,
)
from voice_widget.engine.stages.patience import Patience
from voice_widget.engine.stages.recognising import Order
from voice_widget.engine.stages.sharpening import Sharpener
from voice_widget.errors import told
from voice_widget.realtime.settings.detection import INTERRUPT_MIN_MS, MIN_NAME
from voice_widget.realtime.sound.resampling import Resampler
from voice_widget.realtime.sound.turns import Started, Stopped, TurnDetector

PAUSE_MS = 200.0
_LEAST_COMMIT_MS = 100.0
_RING_MS = 2000.0
# The recogniser gets this much before the first voiced frame: detectors are up to 260 ms late in noise.
_LEAD_MS = 300.0
# A recogniser keeps what it heard of an utterance: music or a crowd must not make one that never ends.
_MOST_MS = 60_000.0
_MANUAL_THRESHOLD = 0.3  # with push-to-talk the caller says that it is speech; the VAD only saves work
_MANUAL_TAIL_MS = 800.0
_MOST_HELD_MS = 120_000.0  # who speaks so softly that no detector hears it may do so for as long


class _Frame(NamedTuple):
    start_ms: float
    pcm: Pcm
    silent: bool


class Listener:
    """The listening half of a session. Used from one thread, but for `understood` and `judged`.

    Args:
        vad: The detector.
        recognise: Takes the orders for the recogniser; must not wait.
        emit: Takes the events.
        pause_ms: So much silence is a pause, in which the recogniser may do its long work.
        echo: Knows the sound of the answers; None: they are not to be heard here.
    """

    def __init__(
        self,
        vad: VAD,
        recognise: Callable[[Order], None],
        emit: Callable[[StageEvent], None],
        pause_ms: float = PAUSE_MS,
        echo: Echo | None = None,
    ) -> None:
        self._echo = echo
        self._vad, self._recognise, self._emit = vad, recognise, emit
        self._pause_ms = pause_ms
        self._resample: Resampler | None = None
        self._pending: Pcm = np.zeros(0, np.int16)
        self._clock_ms = 0.0
        self._ring: deque[_Frame] = deque()  # with push-to-talk: what is held back
        self._hints: Hints | None = None  # waiting for the end of the utterance
        self._turns: TurnDetector | None = None
        self._patience = Patience(None)
        self._on = False  # an utterance is on
        self._utterance = 0  # the newest one
        self._started_ms = 0.0
        self._buffered_ms = 0.0
        self._voiced_ms = 0.0
        self._heard_ms = 0.0
        self._length_ms = 0.0
        self._paused = False
        self._spoken_ms = 0.0
        self._least_ms = 0.0  # so much voice is told
        self._sharpen = Sharpener(vad.sample_rate)
        self._activity = Activity(emit)
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

    def watch(self, ms: float) -> None:
        """Tell for so long how likely there is speech."""
        self._activity.want(self._clock_ms + ms)

    def understood(self, utterance: int, text: str) -> None:
        """So far this was understood; called from any thread."""
        self._patience.understood(utterance, text)

    def judged(self, utterance: int, likely: float) -> None:
        """How likely who pauses in this utterance has said all of it; called from any thread."""
        self._patience.judged(utterance, likely)

    def audio(self, pcm: Pcm, sample_rate: int, at_ms: float) -> None:
        """The next audio of the caller; ``at_ms`` is the time of its first sample."""
        if self._resample is None or self._resample.source != sample_rate:
            self._resample = Resampler(sample_rate, self._vad.sample_rate)
        # Anchored anew each time, so that a gap in the audio is a gap in the times.
        self._clock_ms = at_ms - self._resample.delay_ms - self._ms(self._pending)
        self._take(self._resample(pcm))

    def commit(self) -> None:
        """The caller says that the utterance is over."""
        waiting_ms = self._ms(self._pending) + (self._resample.delay_ms if self._resample else 0.0)
        buffered_ms = self._buffered_ms + waiting_ms
        if buffered_ms < _LEAST_COMMIT_MS:
            self._emit(Committed(empty=True))
            return
        was_on = self._on
        if self._turns is not None and was_on:
            buffered_ms = self._clock_ms + waiting_ms - self._started_ms
        # What waits for a whole frame is of this utterance, and not of the next one.
        if self._resample is not None:
            self._take(self._resample.flush())
        if len(self._pending):
            self._take(np.zeros(self._vad.frame_samples - len(self._pending), np.int16))
        if was_on and not self._on:  # the detector has just said so itself
            self._emit(Committed(empty=True))
            return
        if not self._on:
            self._start(self._clock_ms, self._audible(end=True))
        elif self._turns is None:
            self._hand_over(self._audible(end=True))
        self._emit(Committed(False, self._utterance, buffered_ms / 1000))
        self._order("finish")
        self._on = False
        self._forget()

    def clear(self) -> None:
        """What was heard so far does not count."""
        if self._on:
            self._order("cancel")
        self._on = False
        self._forget()

    def _set_turns(self, setting: Mapping[str, Any] | None) -> None:
        self._setting = setting
        self._turns = None
        self._least_ms = _number(setting or {}, MIN_NAME, INTERRUPT_MIN_MS)
        self._patience = self._patience.with_setting(setting)
        if setting is not None:
            self._turns = TurnDetector(
                _number(setting, "threshold", 0.5),
                _number(setting, "prefix_padding_ms", 300),
                self._patience.ms(0),
                _number(setting, "min_speech_ms", 60),
            )
        self._forget()

    def _take(self, pcm: Pcm) -> None:
        """Cut what came into frames; ``_clock_ms`` is the time of the first sample that waits for one."""
        self._pending = np.concatenate([self._pending, pcm])
        size = self._vad.frame_samples
        whole = len(self._pending) // size * size
        frames, self._pending = self._pending[:whole], self._pending[whole:]
        long_ms = size * 1000 / self._vad.sample_rate
        for at in range(0, whole, size):
            start_ms, self._clock_ms = self._clock_ms, self._clock_ms + long_ms
            self._frame(frames[at : at + size], max(0.0, start_ms), max(0.0, self._clock_ms))

    def _frame(self, frame: Pcm, start_ms: float, end_ms: float) -> None:
        try:
            likely = self._vad(frame)
        except FAILURES as error:  # a detector that fails must not make us deaf
            why = told("Speech detection failed", error)
            self._emit(StageFailed("vad", f"{why} The level of the sound decides now."))
            self._vad, self._resample, self._echo = LevelVad(), None, None
            self._pending = np.zeros(0, np.int16)
            return
        self._activity(likely, start_ms, end_ms)
        if self._echo is not None:
            self._echo.hears(frame)
        self._buffered_ms += end_ms - start_ms
        steps = self._sharpen(likely, frame, start_ms)
        self._ring.append(_Frame(start_ms, frame, self._sharpen.silent(frame)))
        most_ms = _RING_MS if self._turns is not None else _MOST_HELD_MS
        while self._ring[0].start_ms < end_ms - most_ms:
            self._ring.popleft()
        if self._on:
            self._length_ms += end_ms - start_ms
            if self._turns is not None:
                self._order("feed", pcm=frame)
            if self._length_ms >= _MOST_MS:
                self._cut()
        if self._turns is None:
            self._manual(likely, start_ms, end_ms)
            return
        if not self._turns.speaking:  # a start is the detector's own affair
            steps = [(likely, start_ms, end_ms)]
        for step in steps:
            self._turn(self._turns, *step)

    def _turn(self, turns: TurnDetector, likely: float, start_ms: float, end_ms: float) -> None:
        turns.silence_duration_ms = self._patience.ms(self._utterance if self._on else 0)
        if (
            not turns.speaking
            and likely >= turns.threshold
            and self._echo is not None
            and self._echo.is_own()
        ):
            likely = 0.0
        change = turns.push(likely, start_ms, end_ms)
        voiced = turns.speaking and likely >= turns.floor
        if voiced:
            self._voiced_ms = end_ms
        self._hear(voiced, end_ms)
        if isinstance(change, Started):
            from_ms = change.at_ms - max(0.0, _LEAD_MS - turns.prefix_padding_ms)
            self._emit(SpeechStarted(change.at_ms, self._utterance + 1))
            self._start(change.at_ms, [frame for frame in self._ring if frame.start_ms >= from_ms])
            self._spoken_ms = turns.min_speech_ms
        elif isinstance(change, Stopped):
            self._stop(change.at_ms)
        elif voiced and self._on:
            before, self._spoken_ms = self._spoken_ms, self._spoken_ms + end_ms - start_ms
            if before < self._least_ms <= self._spoken_ms:
                self._emit(SpokenOn(self._utterance))

    def _manual(self, likely: float, start_ms: float, end_ms: float) -> None:
        voiced = likely >= _MANUAL_THRESHOLD
        if voiced:
            self._voiced_ms = end_ms
        self._hear(voiced or not self._ring[-1].silent, end_ms)
        if voiced and not self._on:
            self._start(start_ms, self._audible())
            self._ring.clear()
        elif self._on and end_ms <= self._voiced_ms + _MANUAL_TAIL_MS:
            self._release()

    def _hear(self, something: bool, end_ms: float) -> None:
        """Tell a recogniser whether the speaker pauses."""
        if something:
            self._heard_ms = end_ms
        paused = not something and end_ms >= self._heard_ms + self._pause_ms
        if self._on and paused != self._paused and (something or paused):
            self._paused = paused
            self._patience.goes_on()
            if paused and self._turns is None:
                self._release()  # what is understood in the pause must be all that was said before it
            self._order("pause" if paused else "resume", silence_ms=end_ms - self._heard_ms)

    def _audible(self, *, end: bool = False) -> list[_Frame]:
        """What was held back, without the silence before it and, at the end of an utterance, behind it.

        Who speaks softly is not heard by the detector, but stands out of silence.
        """
        frames = list(self._ring)
        lead = round(_LEAD_MS * self._vad.sample_rate / 1000 / self._vad.frame_samples)
        sound = [at for at, frame in enumerate(frames) if not frame.silent]
        if not end:
            sound.append(len(frames) - 1)  # the one that is voiced
        return frames[max(0, sound[0] - lead) : sound[-1] + lead + 1] if sound else []

    def _cut(self) -> None:
        """It is long enough: what follows is the next utterance, or with push-to-talk its next part."""
        if self._turns is not None:
            self._stop(self._turns.cut().at_ms)
        else:
            self._order("cut")
            self._length_ms = 0.0

    def _start(self, at_ms: float, frames: list[_Frame]) -> None:
        self._utterance += 1
        self._on, self._paused, self._length_ms = True, False, 0.0
        self._started_ms = at_ms
        self._order("start")
        self._hand_over(frames)

    def _release(self) -> None:
        self._hand_over(self._audible())
        self._ring.clear()

    def _hand_over(self, frames: list[_Frame]) -> None:
        for frame in frames:
            self._order("feed", pcm=frame.pcm)

    def _stop(self, at_ms: float) -> None:
        self._on = False
        self._emit(SpeechStopped(at_ms, self._utterance))
        self._order("finish")
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

    def _forget(self) -> None:
        self._ring.clear()
        self._buffered_ms = 0.0
        self._pending, self._resample = np.zeros(0, np.int16), None
        if self._turns is not None:
            self._turns.reset()
        self._prepare()

    def _prepare(self) -> None:
        if self._hints is None or self._on:
            return
        hints, self._hints = self._hints, None
        self._patience.expect(hints.phrases)
        self._recognise(Order("prepare", hints=hints))

    def _order(self, do: Any, **more: Any) -> None:
        self._recognise(Order(do, self._utterance, **more))

    def _ms(self, pcm: Pcm) -> float:
        return len(pcm) * 1000 / self._vad.sample_rate


def _number(setting: Mapping[str, Any], name: str, default: float) -> float:
    value = setting.get(name)
    return float(value) if isinstance(value, int | float) else float(default)
