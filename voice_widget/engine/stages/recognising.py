"""Recognises what a listener hands over, on a thread of its own: no detector waits for a recogniser."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from voice_widget.engine.stages.contracts import FAILURES, STT, EndOfTurn, Hints, Pcm, Transcript
from voice_widget.engine.stages.events import FinalText, PartialText, StageEvent, StageFailed
from voice_widget.engine.stages.languages import Unknown
from voice_widget.errors import told
from voice_widget.realtime.sound.resampling import Resampler

log = logging.getLogger(__name__)

_MOST_PARTS = 30
_JUDGED_MS = 8000.0  # so much of the end of a turn says whether it is one


@dataclass(frozen=True)
class Order:
    """What is to be done next for an utterance; ``prepare`` comes between two of them.

    ``cut``: what was fed by now is a part of the utterance's text, and what follows the next one.
    """

    do: Literal["prepare", "start", "feed", "pause", "resume", "cut", "finish", "cancel"]
    utterance: int = 0
    pcm: Pcm | None = None
    hints: Hints | None = None
    silence_ms: float = 0.0


class Recognition:
    """Does orders one after the other, and tells the texts. Used from one thread.

    Args:
        stt: The recogniser, or ``None``: then every text is empty.
        emit: Takes the events.
        sample_rate: Of the sound in the orders.
        judge: Says how likely a turn is over; asked in each pause.
        judged: Takes its answer: the utterance and the probability.
        languages: Which ones the recogniser knows; empty: it does not say.
    """

    def __init__(
        self,
        stt: STT | None,
        emit: Callable[[StageEvent], None],
        sample_rate: int = 16000,
        judge: EndOfTurn | None = None,
        judged: Callable[[int, float], None] = lambda utterance, likely: None,
        languages: Sequence[str] = (),
    ) -> None:
        self._unknown = Unknown("The recogniser", languages)
        self._stt, self._emit, self._judge, self._judged = stt, emit, judge, judged
        self._rate = sample_rate
        self._resample: Resampler | None = None
        self._on = False
        self._failed = False  # in this part of the utterance
        self._why: str | None = None  # the utterance has no text, or not all of it
        self._partial = ""
        self._parts: deque[str] = deque(maxlen=_MOST_PARTS)
        self._sound: deque[Pcm] = deque()
        self._sound_ms = 0.0

    def __call__(self, order: Order) -> None:
        """Do this."""
        match order.do:
            case "prepare":
                if self._stt and order.hints is not None:
                    if says := self._unknown(order.hints.language):
                        self._emit(StageFailed("stt", says, "language_unknown"))
                    self._guard(self._stt.prepare, order.hints)
            case "start":
                self._parts.clear()
                self._sound.clear()
                self._sound_ms = 0.0
                self._why = None
                self._start()
            case "feed":
                if order.pcm is not None:
                    self._feed(order.utterance, order.pcm)
            case "pause":
                self._ask(order)
                self._tell("pause")
            case "resume":
                self._tell("resume")
            case "cut":
                self._parts.append(self._finish())
                self._start()
            case "finish":
                self._end(order.utterance)
            case "cancel":
                self.cancel()

    def cancel(self) -> None:
        """The utterance that is on, if one is, does not count."""
        was_on, self._on = self._on, False
        if was_on and self._stt:
            self._guard(self._stt.cancel)

    def _start(self) -> None:
        self._on, self._failed, self._partial = True, False, ""
        if self._stt:
            rate = getattr(self._stt, "sample_rate", self._rate)
            self._resample = None if rate == self._rate else Resampler(self._rate, rate)
            self._guard(self._stt.start)

    def _feed(self, utterance: int, pcm: Pcm) -> None:
        if self._judge is not None:
            self._sound.append(pcm)
            self._sound_ms += len(pcm) * 1000 / self._rate
            while self._sound_ms > _JUDGED_MS:
                self._sound_ms -= len(self._sound.popleft()) * 1000 / self._rate
        if self._stt is None or self._failed:
            return
        found = self._guard(self._stt.feed, pcm if self._resample is None else self._resample(pcm))
        if isinstance(found, Transcript) and found.text != self._partial:
            self._partial = found.text
            self._emit(PartialText(self._joined(found.text), utterance))

    def _ask(self, order: Order) -> None:
        if self._judge is None or not self._sound:
            return
        sound = np.concatenate(self._sound)
        try:
            likely = float(self._judge(sound, self._rate, self._partial, order.silence_ms))
        except FAILURES as error:  # the silence decides
            self._judge = None
            why = told("The turn detector failed", error)
            self._emit(StageFailed("turn_detector", f"{why} Silence ends a turn now."))
            return
        self._judged(order.utterance, likely)

    def _tell(self, what: str) -> None:
        if not self._failed and (do := getattr(self._stt, what, None)):
            self._guard(do)

    def _joined(self, text: str) -> str:
        return " ".join(part for part in (*self._parts, text) if part)

    def _end(self, utterance: int) -> None:
        text = self._joined(self._finish())
        if text and self._why is not None:  # the rest of it was understood
            self._emit(StageFailed("stt", self._why))
        self._emit(FinalText(text, utterance, None if text else self._why))
        self._why = None

    def _finish(self) -> str:
        found = None
        if self._stt and self._failed:
            with suppress(*FAILURES):  # another fault says no more
                self._stt.cancel()
        elif self._stt:
            found = self._guard(self._stt.finish)
        self._on = False
        return found.text if isinstance(found, Transcript) else ""

    def _guard(self, do: Callable[..., Any], *args: Any) -> Any:
        try:
            return do(*args)
        except FAILURES as error:  # a recogniser that fails costs this utterance, not the session
            self._failed = True
            why = told("Speech recognition failed", error)
            if self._on:  # told with the text, or in its place
                self._why = self._why or why
            else:
                self._emit(StageFailed("stt", why))
            return None


class Recogniser:
    """The thread on which the orders of one session are done.

    Args:
        recognition: What does them.
        sample_rate: Of the sound in the orders.
        clock: Milliseconds, steady.
        after: Called on the thread after each order.
    """

    def __init__(
        self,
        recognition: Recognition,
        sample_rate: int,
        clock: Callable[[], float],
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self._recognition, self._rate, self._clock, self._after = recognition, sample_rate, clock, after
        self._news = threading.Condition()
        self._orders: deque[Order] = deque()
        self._ends: dict[int, float] = {}  # since when an utterance is over whose text is not there yet
        self._samples = 0
        self._working = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="recognising", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether there is something to do."""
        return self._working or bool(self._orders)

    @property
    def behind_ms(self) -> float:
        """So much sound is not taken in yet, or for so long an utterance has waited for its text."""
        with self._news:
            waits = min(self._ends.values(), default=self._clock())
            return max(self._samples * 1000 / self._rate, self._clock() - waits)

    def put(self, order: Order) -> None:
        """Do this after what was put before. Never waits for the recogniser."""
        with self._news:
            if self._closed:
                return
            if order.pcm is not None:
                self._samples += len(order.pcm)
            if order.do == "finish":
                self._ends[order.utterance] = self._clock()
            self._orders.append(order)
            self._news.notify()

    def shed(self) -> int | None:
        """Drop the oldest utterance that is over and not begun; its number, if there is one."""
        with self._news:
            begun = {order.utterance for order in self._orders if order.do == "start"}
            utterance = next((number for number in self._ends if number in begun), None)
            if utterance is None:
                return None
            del self._ends[utterance]
            kept = deque(order for order in self._orders if order.utterance != utterance)
            gone = [order for order in self._orders if order.utterance == utterance]
            self._samples -= sum(len(order.pcm) for order in gone if order.pcm is not None)
            self._orders = kept
            return utterance

    def stop(self) -> None:
        """Drop everything; what is being done is the last."""
        with self._news:
            self._closed = True
            self._orders.clear()
            self._news.notify()

    def close(self) -> None:
        """`stop`, and wait until the thread has ended: the recogniser is free then."""
        self.stop()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._news:
                self._working = False
                self._news.wait_for(lambda: self._orders or self._closed)
                if self._closed:
                    break
                order = self._orders.popleft()
                self._working = True
            try:
                self._recognition(order)
            except Exception:  # ours is the fault; who speaks next must not be unheard for it
                log.exception("The recogniser's thread failed on %s.", order.do)
            with self._news:
                if order.pcm is not None:
                    self._samples -= len(order.pcm)
                if order.do == "finish":
                    self._ends.pop(order.utterance, None)
            self._after()
        self._recognition.cancel()
