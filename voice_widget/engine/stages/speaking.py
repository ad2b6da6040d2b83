"""Speaks for one session: a queue of texts, each cancelled between two pieces of its audio."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np

from voice_widget.engine.stages.contracts import FAILURES, TTS
from voice_widget.engine.stages.events import SpeechAudio, SpeechDone, StageEvent, StageFailed
from voice_widget.engine.stages.languages import Unknown
from voice_widget.engine.stages.voices.word_times import Timekeeper
from voice_widget.errors import told
from voice_widget.realtime.sound.resampling import Resampler

RATE = 24000


@dataclass(frozen=True)
class Speech:
    """A text to be spoken."""

    speech_id: str
    text: str
    voice: str | None = None
    speed: float = 1.0


class Mouth:
    """The speaking half of a session, with a thread of its own.

    Args:
        make: Makes the voice; called on the thread, once it is needed.
        emit: Takes the events; called on the thread.
    """

    def __init__(self, make: Callable[[], TTS], emit: Callable[[StageEvent], None]) -> None:
        self._make = make
        self._emit = emit
        self._queue: SimpleQueue[Speech | str | None] = SimpleQueue()
        self._wanted: set[str] = set()
        self._tts: TTS | None = None
        self._language = self._told_language = "en"
        self._unknown = Unknown("The voice", ())
        self._timekeeper = Timekeeper()
        self._thread = threading.Thread(target=self._run, name="speaking", daemon=True)
        self._thread.start()

    def speak_in(self, language: str) -> None:
        """The session's language from now on; a voice that does not know it is told of at once."""
        if language != self._language:
            self._language = language
            self._queue.put(language)

    def speak(self, speech: Speech) -> None:
        """Say this after what was asked before."""
        self._wanted.add(speech.speech_id)
        self._queue.put(speech)

    def cancel(self, speech_id: str) -> None:
        """Stop it, or do not begin. It still gets its `SpeechDone`."""
        self._wanted.discard(speech_id)

    def close(self) -> None:
        """Cancel everything and end the thread."""
        self._wanted.clear()
        self._queue.put(None)

    def _run(self) -> None:
        while (speech := self._queue.get()) is not None:
            if isinstance(speech, str):
                with suppress(*FAILURES):  # each speech that fails says so
                    self._voice()
                continue
            error = None
            try:
                self._say(speech)
            except FAILURES as failure:  # a part of the user's may raise anything; it costs this speech
                error = told("The voice failed", failure)
            cancelled = error is None and speech.speech_id not in self._wanted
            self._wanted.discard(speech.speech_id)
            self._emit(SpeechDone(speech.speech_id, error, cancelled))

    def _say(self, speech: Speech) -> None:
        if speech.speech_id not in self._wanted:
            return
        voice = self._voice()
        resample: Resampler | None = None
        sound = voice.synthesize(speech.text, voice=speech.voice, speed=speech.speed)
        for chunk in self._timekeeper.follow(speech.text, iter(sound)):
            if speech.speech_id not in self._wanted:
                return
            pcm = chunk.pcm
            if chunk.sample_rate != RATE:
                resample = resample or Resampler(chunk.sample_rate, RATE)
                pcm = resample(np.frombuffer(pcm, np.int16)).tobytes()
            self._emit(SpeechAudio(speech.speech_id, pcm, chunk.words))
        if resample:
            self._emit(SpeechAudio(speech.speech_id, resample.flush().tobytes()))

    def _voice(self) -> TTS:
        """The voice, which knows what language is spoken."""
        if self._tts is None:
            self._tts = self._make()
            self._unknown = Unknown("The voice", getattr(self._tts, "languages", None) or ())
        if self._told_language != self._language:
            self._told_language = language = self._language
            if says := self._unknown(language):
                self._emit(StageFailed("tts", says, "language_unknown"))
            if speak_in := getattr(self._tts, "speak_in", None):
                speak_in(language)
        return self._tts
