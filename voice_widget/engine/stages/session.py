"""One session of the stage process: a thread that listens, one that recognises and one that speaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from typing import Any

import numpy as np

from voice_widget.engine.stages.contracts import Hints
from voice_widget.engine.stages.echo import Echo
from voice_widget.engine.stages.events import (
    FinalText,
    Lagging,
    PartialText,
    SpeechAudio,
    StageEvent,
    StageFailed,
)
from voice_widget.engine.stages.lag import SHED_MS, TOLD_MS, Lag
from voice_widget.engine.stages.listening import PAUSE_MS, Listener
from voice_widget.engine.stages.parts import Workshop
from voice_widget.engine.stages.recognising import Recogniser, Recognition
from voice_widget.engine.stages.speaking import Mouth
from voice_widget.realtime.settings.parts import StageSpec

SHED = "This computer recognises more slowly than you speak, so this was passed over. Please say it again."
UNHEARD = "This computer has too much to do to listen, so some seconds were passed over. Please say it again."
_MOST_WAITING = 64 << 20


class Session:
    """Listens and speaks for one caller.

    Args:
        spec: Its parts.
        workshop: Where they come from.
        emit: Takes the events; called on any thread.
        clock: Milliseconds, steady.
    """

    def __init__(
        self,
        spec: StageSpec,
        workshop: Workshop,
        emit: Callable[[StageEvent], None],
        clock: Callable[[], float] = lambda: time.monotonic() * 1000,
    ) -> None:
        self._spec, self._workshop, self._emit, self._clock = spec, workshop, emit, clock
        self._queue: SimpleQueue[tuple[dict[str, Any], bytes] | None] = SimpleQueue()
        # Each is written by one thread only.
        self._put_bytes = self._heard_bytes = 0
        self._put_ms = self._heard_ms = 0.0
        self._closed = False
        self._shedding = False
        self._lag = Lag()
        self._lag_lock = threading.Lock()
        self._listener: Listener | None = None
        self._recogniser: Recogniser | None = None
        self._echo: Echo | None = None
        self.mouth = Mouth(lambda: workshop.voice(spec), self._says)
        threading.Thread(target=self._listen, name="listening", daemon=True).start()

    @property
    def busy(self) -> bool:
        """Whether somebody is being listened to here."""
        listener, recogniser = self._listener, self._recogniser
        return listener is None or listener.busy or recogniser is None or recogniser.busy

    def put(self, header: dict[str, Any], payload: bytes) -> None:
        """Something for the listening thread. What does not fit is lost: a detector hangs."""
        if self._put_bytes - self._heard_bytes + len(payload) > _MOST_WAITING:
            return
        if header["op"] == "configure":
            self.mouth.speak_in(header["hints"]["language"])
        self._put_bytes += len(payload)
        if header["op"] == "audio":
            ms = _ms(header, payload)
            self._put_ms += ms
            with self._lag_lock:
                self._lag.arrived(self._clock(), header["at_ms"] + ms)
        self._queue.put((header, payload))

    def playout(self, do: str) -> None:
        """What is played elsewhere has to ``"stop"``, to ``"pause"`` or to ``"resume"``."""
        if self._echo is not None:
            self._echo.playout(do)

    def close(self) -> None:
        """End the threads; what waits is not listened to any more."""
        self._closed = True
        self.mouth.close()
        if self._recogniser is not None:
            self._recogniser.stop()
        self._queue.put(None)

    def _listen(self) -> None:
        ears = self._workshop.ears(self._spec)
        for stage, problem in ears.problems.items():
            self._emit(StageFailed(stage, problem))
        rate = ears.vad.sample_rate
        recognition = Recognition(ears.stt, self._told, rate, ears.judge, self._judged, ears.languages)
        recogniser = Recogniser(recognition, rate, self._clock, self._watch_lag)
        pause_ms = float(getattr(ears.stt, "pause_ms", PAUSE_MS))
        echo = self._echo = Echo(rate)
        listener = self._listener = Listener(ears.vad, recogniser.put, self._emit, pause_ms, echo)
        self._recogniser = recogniser
        while (item := self._queue.get()) is not None and not self._closed:
            header, payload = item
            self._heard_bytes += len(payload)
            try:
                if not self._passed_over(header):
                    _hear(listener, header, payload)
            except Exception as error:  # costs this message, not the session
                self._emit(StageFailed("stt", f"Listening failed: {error!r}."))
            if header["op"] == "audio":
                self._heard_ms += _ms(header, payload)
                self._watch_lag()
        recogniser.close()
        self._workshop.give_back(self._spec, ears)

    def _passed_over(self, header: Mapping[str, Any]) -> bool:
        """Whether the detector is so late that this sound is given up, to catch up with the speaker."""
        if header["op"] != "audio":
            return False
        with self._lag_lock:
            late = self._lag.of(self._put_ms - self._heard_ms)
        before, self._shedding = self._shedding, late > (TOLD_MS if self._shedding else SHED_MS)
        if self._shedding and not before:
            self._emit(StageFailed("vad", UNHEARD))
        return self._shedding

    def _says(self, event: StageEvent) -> None:
        if isinstance(event, SpeechAudio) and self._echo is not None:
            self._echo.says(event.pcm)
        self._emit(event)

    def _told(self, event: StageEvent) -> None:
        if isinstance(event, PartialText) and self._listener is not None:
            self._listener.understood(event.utterance, event.text)
        self._emit(event)

    def _judged(self, utterance: int, likely: float) -> None:
        if self._listener is not None:
            self._listener.judged(utterance, likely)

    def _watch_lag(self) -> None:
        recogniser = self._recogniser
        if recogniser is None:
            return
        with self._lag_lock:
            lag = self._lag.of(self._put_ms - self._heard_ms + recogniser.behind_ms)
            told = self._lag.news(lag)
            if told is not None:
                self._emit(Lagging(round(told)))
            while lag > SHED_MS and (utterance := recogniser.shed()) is not None:
                self._emit(FinalText("", utterance, SHED, late=True))
                lag = self._lag.of(self._put_ms - self._heard_ms + recogniser.behind_ms)


def _ms(header: Mapping[str, Any], payload: bytes) -> float:
    rate = header["rate"]
    return len(payload) / 2 * 1000 / rate if isinstance(rate, int) and rate > 0 else 0.0


def _hear(listener: Listener, header: Mapping[str, Any], payload: bytes) -> None:
    match header["op"]:
        case "audio":
            pcm = np.frombuffer(payload, np.int16, len(payload) // 2)
            listener.audio(pcm, header["rate"], header["at_ms"])
        case "commit":
            listener.commit()
        case "clear":
            listener.clear()
        case "watch":
            listener.watch(header["ms"])
        case "configure":
            hints = header["hints"]
            listener.configure(
                header["turn_detection"],
                Hints(tuple(hints["phrases"]), tuple(hints["words"]), hints["language"]),
            )
