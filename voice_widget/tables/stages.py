"""Where the time of an answer goes: each stage from events of its own. Parts are not promised to add up."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from voice_widget.realtime.state.clock import Clock

Event = Mapping[str, Any]
T = TypeVar("T")
_REMEMBERED = 64  # of a call's questions and answers, those that events may still speak of
_HEARD = "conversation.item.input_audio_transcription.completed"
_TEXT = ("response.output_audio_transcript.delta", "response.output_text.delta")


@dataclass(slots=True, eq=False)
class Question:
    """A turn of the user's, and how long its stages took; None while that is not known."""

    item_id: str
    ended_at: float  # the service says so, in seconds since the epoch
    end_wait_ms: int | None = None
    recognition_ms: int | None = None
    answered: bool = False


@dataclass(slots=True, eq=False)
class Answering:
    """A response, its moments in seconds since the epoch, and how long its stages took; None: not known."""

    created_at: float
    question: Question | None = None
    asked_at: float | None = None  # our agent was
    first_sound_at: float | None = None
    first_word_ms: int | None = None
    first_sound_ms: int | None = None
    transport_ms: int | None = None


class Stages:
    """Watches the events of a talk, call by call."""

    def __init__(self) -> None:
        self._questions: OrderedDict[str, Question] = OrderedDict()
        self._answers: OrderedDict[str, Answering] = OrderedDict()
        self._begin()

    def _begin(self) -> None:
        self._questions.clear()
        self._answers.clear()
        self._clock = Clock()  # of the page's ear
        self._silent_at: float | None = None  # since when the user is, unless that was counted
        self._speaks = False
        self._open: Question | None = None  # ended by the service while the page still heard it
        self._sounds: Answering | None = None  # began to sound, and the page has not said that it hears it
        self._voiced_at: float | None = None  # heard, and nobody has said yet which answer it is

    def response(self, response_id: str | None) -> Answering | None:
        """What is known of a response of this call."""
        return self._answers.get(response_id or "")

    def question(self, item_id: str | None) -> Question | None:
        """What is known of a turn of the user's in this call."""
        return self._questions.get(item_id or "")

    def asked(self, response_id: str, item_id: str) -> None:
        """The response turns out to answer this turn of the user's."""
        answer, asked = self.response(response_id), self.question(item_id)
        if answer is not None and asked is not None:
            answer.question = asked

    def observe(self, event: Event, at: float) -> None:
        """Take in one event, whichever way it went."""
        kind = event["type"]
        if kind == "voice_widget.call.connecting":
            self._begin()
        elif kind == "voice_widget.page.voiced":
            self._voiced(event, at)
        elif kind in ("input_audio_buffer.speech_stopped", "input_audio_buffer.committed"):
            self._ended(_name(event, "item_id"), at)
        elif kind == _HEARD:
            question = self.question(_name(event, "item_id"))
            if question is not None and question.recognition_ms is None:
                question.recognition_ms = _ms(question.ended_at, at)
        elif kind == "response.created":
            self._created(event.get("response"), at)
        elif (answer := self.response(_name(event, "response_id"))) is not None:
            self._goes_on(answer, kind, event, at)

    def _goes_on(self, answer: Answering, kind: str, event: Event, at: float) -> None:
        if kind == "voice_widget.reply.requested":
            answer.asked_at = at if answer.asked_at is None else answer.asked_at
        elif kind == "voice_widget.reply.delta" and not event.get("delta"):
            pass  # a sign of life
        elif kind == "voice_widget.reply.delta" or (kind in _TEXT and answer.asked_at is None):
            if answer.first_word_ms is None:
                answer.first_word_ms = _ms(answer.asked_at or answer.created_at, at)
        elif kind in ("output_audio_buffer.started", "response.output_audio.delta"):
            self._sounded(answer, at)

    def _created(self, response: Any, at: float) -> None:
        response_id = _name(response, "id")
        if not response_id or response_id in self._answers:
            return
        answer = _kept(self._answers, response_id, Answering(at))
        if response.get("conversation_id", "") is None:
            return  # beside the conversation: it answers nobody
        last = next(reversed(self._questions.values()), None)
        if last is not None and not last.answered:
            last.answered, answer.question = True, last

    def _ended(self, item_id: str, at: float) -> None:
        if not item_id or item_id in self._questions:
            return
        question = _kept(self._questions, item_id, Question(item_id, at))
        if self._speaks:
            self._open = question
        elif self._silent_at is not None:
            question.end_wait_ms, self._silent_at = _ms(self._silent_at, at), None

    def _sounded(self, answer: Answering, at: float) -> None:
        if answer.first_sound_at is not None:
            return
        answer.first_sound_at, answer.first_sound_ms = at, _ms(answer.created_at, at)
        # What is heard already was under way before we were told: how long, nobody knows.
        heard = self._voiced_at is not None and self._voiced_at >= answer.created_at
        self._sounds, self._voiced_at = None if heard else answer, None

    def _voiced(self, event: Event, at: float) -> None:
        side, voiced, at_ms = event.get("side"), event.get("voiced"), event.get("at_ms")
        if not isinstance(at_ms, (int, float)):
            return
        self._clock.seen(at_ms, at)
        moment = (self._clock.origin or 0.0) + at_ms / 1000
        if side == "user":
            self._speaks = bool(voiced)
            self._silent_at = None if voiced else moment
            if not voiced and self._open is not None:
                self._open.end_wait_ms = _ms(moment, self._open.ended_at)
                self._open = self._silent_at = None
        elif voiced and self._sounds is not None and self._sounds.first_sound_at is not None:
            if moment >= self._sounds.first_sound_at:
                self._sounds.transport_ms = _ms(self._sounds.first_sound_at, moment)
            self._sounds = None
        elif side == "assistant":
            self._voiced_at = moment if voiced else None


def _name(event: Any, field: str) -> str:
    value = event.get(field) if isinstance(event, Mapping) else None
    return value if isinstance(value, str) else ""


def _kept(known: OrderedDict[str, T], name: str, value: T) -> T:
    known[name] = value
    if len(known) > _REMEMBERED:
        known.popitem(last=False)
    return value


def _ms(start: float, end: float) -> int:
    """How long it took; nothing where what ends it was quicker than what begins it was noticed."""
    return max(0, round((end - start) * 1000))
