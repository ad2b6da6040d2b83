"""A conversation with a hand-turned clock, whose events are held against the types of the stock client."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from voice_widget.engine.conversation.actions import (
    Action,
    CancelSpeech,
    Send,
    Speak,
)
from voice_widget.engine.conversation.conversation import Conversation
from voice_widget.engine.stages.contracts import Word
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.events import check

STOCK: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
MS_PER_CHARACTER = 10.0


def words_of(text: str) -> list[Word]:
    """Each written word with a time that grows by 10 ms a character."""
    found, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        found.append(Word(at, at + len(word), at * MS_PER_CHARACTER))
        at += len(word)
    return found


def short(action: Action) -> str:
    """An action as one word: the event's type, or the action's name."""
    return action.event["type"] if isinstance(action, Send) else type(action).__name__


class Talk:
    """Drives a `Conversation`: ids are ``item_1`` ..., time is ``now``."""

    def __init__(self, session: Mapping[str, Any] | None = None, **options: Any) -> None:
        counts: Counter[str] = Counter()

        def new_id(prefix: str) -> str:
            counts[prefix] += 1
            return f"{prefix}_{counts[prefix]}"

        self.now = 0.0
        self.utterances = 0
        self.unheard: list[int] = []  # over, and without a text
        self.actions: list[Action] = []
        self.speaking: dict[str, Speak] = {}
        self._event_ids: set[str] = set()
        options = {"session_id": "sess_1", "media": "webrtc", "new_id": new_id, **options}
        self.core = Conversation(SessionConfig.from_session(session or {}), **options)

    # --- what happens ------------------------------------------------------------------------------

    def take(self, actions: Sequence[Action]) -> list[Action]:
        """Keep and check what came out."""
        for action in actions:
            if isinstance(action, Send):
                self._check(action)
            elif isinstance(action, Speak):
                assert action.speech_id not in self.speaking
                self.speaking[action.speech_id] = action
            elif isinstance(action, CancelSpeech):
                # Every speech ends once: by speech_done or by CancelSpeech.
                self.speaking.pop(action.speech_id)
        self.actions += copy.deepcopy(list(actions))
        return list(actions)

    def _check(self, action: Send) -> None:
        event = action.event
        assert event["event_id"] not in self._event_ids
        self._event_ids.add(event["event_id"])
        check(event, complete=True)
        for name, value in event.items():
            if name.endswith("_ms"):
                assert type(value) is int, (name, value)
        if action.to == "kernel":
            assert event["type"].startswith("voice_widget.")
        else:
            STOCK.validate_python(event, strict=True)

    def client(
        self, kind: str, /, *, played: float | None = None, origin: str = "page", **fields: Any
    ) -> list[Action]:
        event = {"type": kind, "event_id": f"mine_{len(self.actions)}", **fields}
        return self.take(self.core.client_event(event, now_ms=self.now, played_ms=played, origin=origin))

    def agent(self, count: int = 1) -> list[Action]:
        return self.take(self.core.agents(count, now_ms=self.now))

    def start(
        self, at: float = 100, *, played: float | None = None, audio: float | None = None
    ) -> list[Action]:
        number = self.utterances + 1
        out = self.core.speech_started(at, number, now_ms=self.now, played_ms=played, audio_ms=audio)
        self.utterances += bool(out)
        return self.take(out)

    def stop(self, at: float = 900) -> list[Action]:
        out = self.core.speech_stopped(at, now_ms=self.now)
        if out:
            self.unheard.append(self.utterances)
        return self.take(out)

    def partial(self, text: str) -> list[Action]:
        """Of the newest utterance, or of one that push-to-talk has not told of."""
        known = self.core.hearing.speaking or self.unheard
        return self.take(self.core.partial(text, self.utterances if known else self.utterances + 1))

    def committed(self, *, empty: bool = False, seconds: float = 0.5) -> list[Action]:
        """The answer to a commit."""
        if not empty and not self.core.hearing.speaking:
            self.utterances += 1
        if not empty:
            self.unheard.append(self.utterances)
        number = 0 if empty else self.utterances
        return self.take(self.core.committed(number, seconds, now_ms=self.now))

    def final(self, text: str = "how much", failed: str | None = None, *, late: bool = False) -> list[Action]:
        """The text of the oldest utterance without one."""
        number = self.unheard.pop(0) if self.unheard else self.utterances
        return self.take(self.core.final(text, number, failed, late=late, now_ms=self.now))

    def ask(self, text: str = "how much", at: float = 100) -> str:
        """A whole utterance; the id of the response to it."""
        self.start(at)
        self.stop(at + 800)
        self.final(text)
        return self.response_id

    def say(self, text: str, response_id: str | None = None) -> list[Action]:
        """The kernel's agent says something."""
        return self.client(
            "voice_widget.reply.delta",
            response_id=response_id or self.response_id,
            delta=text,
            origin="kernel_1",
        )

    def done(self, response_id: str | None = None, **fields: Any) -> list[Action]:
        """The kernel's agent is done."""
        return self.client(
            "voice_widget.reply.done",
            response_id=response_id or self.response_id,
            origin="kernel_1",
            **fields,
        )

    def voice(self, *, chunk_words: int | None = None) -> list[Action]:
        """The voice makes all that it was asked for."""
        out = []
        for speech_id, speak in list(self.speaking.items()):
            if speech_id not in self.speaking:
                continue  # cancelled meanwhile
            words = words_of(speak.text)
            size = chunk_words or len(words)
            for at in range(0, len(words), size):
                chunk = words[at : at + size]
                end = words[at + size].at_ms if at + size < len(words) else len(speak.text) * MS_PER_CHARACTER
                out += self.take(self.core.speech_audio(speech_id, end - chunk[0].at_ms, chunk))
            self.speaking.pop(speech_id, None)
            out += self.take(self.core.speech_done(speech_id, now_ms=self.now))
        return out

    def playing(self, response_id: str, audio: float = 2000) -> list[Action]:
        return self.take(self.core.playout_started(response_id, audio))

    def drained(self, response_id: str, audio: float = 4000) -> list[Action]:
        return self.take(self.core.playout_drained(response_id, audio, now_ms=self.now))

    def tick(self, now: float) -> list[Action]:
        self.now = now
        return self.take(self.core.tick(now))

    # --- what was seen -----------------------------------------------------------------------------

    @property
    def response_id(self) -> str:
        """The newest response."""
        created = [event for event in self.events() if event["type"] == "response.created"]
        return str(created[-1]["response"]["id"])

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """All events so far, or those of a type."""
        seen = [action.event for action in self.actions if isinstance(action, Send)]
        return [event for event in seen if kind is None or event["type"] == kind]

    def last(self, kind: str) -> dict[str, Any]:
        """The newest event of a type."""
        return self.events(kind)[-1]

    def outcome(self) -> dict[str, Any]:
        """The response of the newest ``response.done``."""
        response: dict[str, Any] = self.last("response.done")["response"]
        return response


def kinds(actions: Sequence[Action]) -> list[str]:
    """The actions as words."""
    return [short(action) for action in actions]
