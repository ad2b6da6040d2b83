"""One session's part of the stage process: what is said goes there, and what it makes of it comes back."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable

from voice_widget.engine.conversation.actions import Action, Configure, Speak
from voice_widget.engine.conversation.conversation import Conversation
from voice_widget.engine.conversation.voices import spoken_by
from voice_widget.engine.media.socket_audio import RATE
from voice_widget.engine.stages.contracts import Hints
from voice_widget.engine.stages.events import (
    Committed,
    FinalText,
    Lagging,
    PartialText,
    SpeechAudio,
    SpeechDone,
    SpeechStarted,
    SpeechStopped,
    SpokenOn,
    StageEvent,
    StageFailed,
    VoiceActivity,
)
from voice_widget.engine.stages.keeper import StageKeeper
from voice_widget.errors import ProtocolError

EARLY_CHUNKS = 500
"""Pieces of caller's audio kept while the stages get warm: ten seconds of packets."""

log = logging.getLogger(__name__)


class SessionStages:
    """Listens and speaks for one session.

    Args:
        session_id: By which the stage process knows the session.
        keeper: The stages of all sessions.
        tell: Feeds the conversation.
        spoken: Takes what was made of a text, in pieces.
        moment: How much of the answer has been played, and the caller's audio clock; both in ms.
    """

    def __init__(
        self,
        session_id: str,
        keeper: StageKeeper,
        *,
        tell: Callable[[Callable[[Conversation], list[Action]]], None],
        spoken: Callable[[Speak, bytes], None],
        moment: Callable[[], tuple[float | None, float]],
    ) -> None:
        self._session_id = session_id
        self._keeper = keeper
        self._tell, self._spoken, self._moment = tell, spoken, moment
        self._early: deque[tuple[bytes, int, float]] = deque(maxlen=EARLY_CHUNKS)
        self._speeches: dict[str, Speak] = {}
        self._language = "en"

    def open(self) -> None:
        """The stages are warm: begin, with what was said meanwhile."""
        client = self._keeper.client
        client.open(self._session_id, self._on_event, self._keeper.spec)
        while self._early:
            client.audio(self._session_id, *self._early.popleft())

    def forget(self) -> None:
        """Nobody has heard what was said: it must not be answered minutes later."""
        self._early.clear()

    def close(self) -> None:
        """The session is over."""
        self._keeper.client.close_session(self._session_id)

    def audio(self, pcm: bytes, sample_rate: int, at_ms: float, *, early: bool) -> None:
        """The caller's audio, PCM16 mono, and the clock of its first sample.

        ``early``: the session has not begun; it is kept for `open`.
        """
        if early:
            self._early.append((pcm, sample_rate, at_ms))
        elif self._keeper.warm:
            self._keeper.client.audio(self._session_id, pcm, sample_rate, at_ms)

    def configure(self, action: Configure) -> None:
        """How turns are found, and what to expect."""
        self._language = action.language
        self._keeper.client.configure(
            self._session_id,
            turn_detection=dict(action.turn_detection) if action.turn_detection is not None else None,
            hints=Hints(action.phrases, action.keywords, action.language),
        )

    def speak(self, action: Speak) -> None:
        """Make sound of a text."""
        self._speeches[action.speech_id] = action
        voice = spoken_by(action.voice, self._keeper.report.voices, self._language)
        self._keeper.client.speak(self._session_id, action.speech_id, action.text, voice, action.speed)

    def cancel(self, speech_id: str) -> None:
        """Nobody wants the rest of it."""
        self._speeches.pop(speech_id, None)
        self._keeper.client.cancel_speech(self._session_id, speech_id)

    def playout(self, do: str) -> None:
        """What is played has to ``"stop"``, to ``"pause"`` or to ``"resume"``: so long it may echo."""
        self._keeper.client.playout(self._session_id, do)

    def commit(self) -> None:
        """What was said by now is a turn."""
        if self._keeper.warm:
            self._keeper.client.commit(self._session_id)
        else:
            self._tell(lambda c: c.unheard(now_ms=now_ms()))

    def clear(self) -> None:
        """What was said by now is to be forgotten."""
        self._keeper.client.clear(self._session_id)

    def watch(self, ms: float) -> None:
        """For so long somebody watches how likely there is speech."""
        self._keeper.client.watch(self._session_id, ms)

    def _on_event(self, event: StageEvent) -> None:
        now = now_ms()
        match event:
            case SpeechStarted(at_ms, utterance):
                played_ms, audio_ms = self._moment()
                self._tell(
                    lambda c: c.speech_started(
                        at_ms, utterance, now_ms=now, played_ms=played_ms, audio_ms=audio_ms
                    )
                )
            case SpeechStopped(at_ms):
                self._tell(lambda c: c.speech_stopped(at_ms, now_ms=now))
            case SpokenOn(utterance):
                played_ms, audio_ms = self._moment()
                self._tell(
                    lambda c: c.spoken_on(utterance, now_ms=now, played_ms=played_ms, audio_ms=audio_ms)
                )
            case PartialText(text, utterance):
                played_ms, audio_ms = self._moment()
                self._tell(lambda c: c.partial(text, utterance, played_ms=played_ms, audio_ms=audio_ms))
            case FinalText(text, utterance, failed, late):
                if failed is not None:
                    log.warning("An utterance has no text: %s", failed)
                played_ms, audio_ms = self._moment()
                self._tell(
                    lambda c: c.final(
                        text, utterance, failed, late=late, now_ms=now, played_ms=played_ms, audio_ms=audio_ms
                    )
                )
            case Committed(utterance=utterance, seconds=seconds):
                self._tell(lambda c: c.committed(utterance, seconds, now_ms=now))
            case Lagging(ms):
                self._tell(lambda c: c.lagging(ms))
            case VoiceActivity(at_ms, step_ms, likely):
                _, audio_ms = self._moment()
                self._tell(lambda c: c.hearing.activity(at_ms, step_ms, likely, audio_ms))
            case SpeechAudio():
                self._on_audio(event)
            case SpeechDone(speech_id, error, cancelled):
                self._speeches.pop(speech_id, None)
                if not cancelled:
                    self._tell(lambda c: c.speech_done(speech_id, error, now_ms=now))
            case StageFailed(stage, message, code):
                log.warning("Stage %s: %s", stage, message)
                refused = ProtocolError(message, code=code)
                self._tell(lambda c: c.refuse(refused, event_id=None, origin=""))

    def _on_audio(self, event: SpeechAudio) -> None:
        speak = self._speeches.get(event.speech_id)
        if speak is None:
            return
        ms = len(event.pcm) / 2 * 1000 / RATE
        # The words first: the events that announce the item must precede its audio.
        self._tell(lambda c: c.speech_audio(event.speech_id, ms, event.words, now_ms=now_ms()))
        if event.speech_id in self._speeches:
            self._spoken(speak, event.pcm)


def now_ms() -> float:
    """The engine's clock."""
    return time.monotonic() * 1000
