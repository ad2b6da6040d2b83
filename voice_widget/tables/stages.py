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
    """A turn of the user's: the moments of its end, in seconds since the epoch; None while unknown."""

    item_id: str
    silent_at: float | None = None  # by the ear of the page
    ended_at: float | None = None  # the service says so
    recognised_at: float | None = None
    answered: bool = False

    @property
    def end_wait_ms(self) -> int | None:
        """From the last sound to the service's word; 0 where the service was quicker than the page's ear."""
        return _between(self.silent_at, self.ended_at)

    @property
    def recognition_ms(self) -> int | None:
        """From the service's word to the text."""
        return _between(self.ended_at, self.recognised_at)


@dataclass(slots=True, eq=False)
class Answering:
    """A response: its moments, in seconds since the epoch; None while unknown."""

    created_at: float | None = None
    question: Question | None = None
    asked_at: float | None = None  # our agent was
    first_word_at: float | None = None
    first_sound_at: float | None = None
    heard_at: float | None = None  # by the ear of the page

    @property
    def first_word_ms(self) -> int | None:
        """From the question, or the response's beginning, to the first word."""
        return _between(self.created_at if self.asked_at is None else self.asked_at, self.first_word_at)

    @property
    def first_sound_ms(self) -> int | None:
        """From the response's beginning to the first sound."""
        return _between(self.created_at, self.first_sound_at)

    @property
    def transport_ms(self) -> int | None:
        """From the first sound to the page's ear; unknown where the word of it came later than the sound."""
        known = self.first_sound_at is not None and self.heard_at is not None
        return _between(self.first_sound_at, self.heard_at) if known and self._told_first() else None

    def _told_first(self) -> bool:
        return (self.heard_at or 0.0) >= (self.first_sound_at or 0.0)


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
            if question is not None and question.recognised_at is None:
                question.recognised_at = at
        elif kind == "response.created":
            self._created(event.get("response"), at)
        elif (answer := self.response(_name(event, "response_id"))) is not None:
            self._goes_on(answer, kind, event, at)

    def _goes_on(self, answer: Answering, kind: str, event: Event, at: float) -> None:
        if kind == "voice_widget.reply.requested":
            answer.asked_at = at if answer.asked_at is None else answer.asked_at
            asked = self.question(_name(event, "item_id"))
            answer.question = answer.question if asked is None else asked
        elif kind == "voice_widget.reply.delta" or (kind in _TEXT and answer.asked_at is None):
            answer.first_word_at = at if answer.first_word_at is None else answer.first_word_at
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
        question = _kept(self._questions, item_id, Question(item_id, ended_at=at))
        if self._speaks:
            self._open = question
        else:
            question.silent_at, self._silent_at = self._silent_at, None

    def _sounded(self, answer: Answering, at: float) -> None:
        if answer.first_sound_at is not None:
            return
        answer.first_sound_at, self._sounds = at, answer
        if self._voiced_at is not None and self._voiced_at >= (answer.created_at or 0.0):
            answer.heard_at, self._sounds = self._voiced_at, None
        self._voiced_at = None

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
                self._open.silent_at, self._open, self._silent_at = moment, None, None
        elif voiced and self._sounds is not None:
            self._sounds.heard_at, self._sounds = moment, None
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


def _between(start: float | None, end: float | None) -> int | None:
    return None if start is None or end is None else max(0, round((end - start) * 1000))
