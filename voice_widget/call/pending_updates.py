"""Client events that are answered: which answer is whose."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from voice_widget.call.deliveries import CallLost, future
from voice_widget.errors import ServiceRefused, ServiceUnavailable, VoiceWidgetError
from voice_widget.realtime.wire.events import Event

ANSWER_S = 5.0
TOO_LARGE = "message_too_large"
MOST_OPEN = 64


@dataclass
class _Question:
    event: Event
    answer: asyncio.Future[Event] = field(default_factory=future)
    asked: bool = False  # somebody waits for the answer
    left: bool = False
    shown: Event | None = None  # the last ``session.updated`` since it left

    @property
    def event_id(self) -> str:
        return str(self.event["event_id"])


class PendingUpdates:
    """``session.update`` above all: its answer names no cause.

    It shows what is in force, and what shows what was asked for answers it, whoever has caused it. One that
    shows something else is the answer to what was asked first, for services put values in words of their
    own; but not where others change the session as well.
    """

    def __init__(self) -> None:
        self._open: dict[str, _Question] = {}  # in the order in which they were sent
        self.shared = False  # others are in this call

    async def ask(
        self, event: Event, send: Callable[[Iterable[Event]], Awaitable[None]], seconds: float = ANSWER_S
    ) -> Event:
        """Send an event that has an ``event_id``, and give its answer or ``error``."""
        question = self._open[event["event_id"]] = _Question(event, asked=True)
        try:
            async with asyncio.timeout(seconds):
                await send([event])
                return await question.answer
        except TimeoutError:
            if question.shown is not None:
                return question.shown
            raise ServiceUnavailable(
                "The service did not answer a change of settings; it may be in force or not.",
                code="update_timeout",
                next_step="Look at w.settings, and try again.",
            ) from None
        finally:
            self._open.pop(question.event_id, None)

    def leaves(self, event: Event) -> None:
        """An event is sent now."""
        if event["type"] != "session.update":
            return
        self._open.setdefault(event["event_id"], _Question(event)).left = True
        while len(self._open) > MOST_OPEN and (
            old := next((q for q in self._open.values() if not q.asked), None)
        ):
            del self._open[old.event_id]

    def hear(self, event: Event) -> None:
        """A server's event, which may be an answer."""
        if event["type"] == "session.updated":
            self._updated(event)
        elif event["type"] == "error" and (event_id := (event.get("error") or {}).get("event_id")):
            self._resolve(str(event_id), event)

    def _updated(self, event: Event) -> None:
        sent = [question for question in self._open.values() if question.left]
        answered = [
            question for question in sent if shows(event.get("session"), question.event.get("session"))
        ]
        if not answered and not self.shared:
            answered = sent[:1]
        for question in sent:
            question.shown = event
        for question in answered:
            self._resolve(question.event_id, event)

    def waits(self, beside: str = "") -> str | None:
        """The ``event_id`` of the question that waits longest for its answer.

        Args:
            beside: One that counts although nobody waits for its answer.
        """
        asked = (q.event_id for q in self._open.values() if q.asked or q.event_id == beside)
        return next(asked, None)

    def refusal(self, error: Event) -> ServiceRefused | None:
        """What the asker will say of this error, if it is an answer."""
        question = self._open.get(str(error.get("event_id")))
        return setting_refused(error) if question is not None and question.asked else None

    def back(self) -> Sequence[Event]:
        """The connection was another one: the answers that came meanwhile were not seen.

        Returns:
            What to ask again: to set the same once more changes nothing.
        """
        again = [question.event for question in self._open.values() if question.asked]
        self._open = {question.event_id: question for question in self._open.values() if question.asked}
        return again

    def lost(self, why: VoiceWidgetError | None = None) -> None:
        """The call is over."""
        for question in self._open.values():
            if not question.answer.done():
                question.answer.set_exception(CallLost(why))

    def _resolve(self, event_id: str, event: Event) -> None:
        question = self._open.pop(event_id, None)
        if question is not None and not question.answer.done():
            question.answer.set_result(event)


def shows(session: Any, asked: Any) -> bool:
    """Whether a session shows what was asked for, as far as it shows it at all.

    Example:
        >>> shows({"voice": "marin", "speed": 1.0}, {"speed": 1})
        True
        >>> shows({"audio": {"output": {"voice": "marin"}}}, {"audio": {"output": {"voice": "cedar"}}})
        False
    """
    if isinstance(asked, Mapping) and isinstance(session, Mapping):
        return all(shows(session[name], value) for name, value in asked.items() if name in session)
    if isinstance(asked, (list, tuple)) and isinstance(session, (list, tuple)):
        return len(asked) == len(session) and all(map(shows, session, asked))
    return bool(session == asked)


def setting_refused(error: Event) -> ServiceRefused:
    """The service's error about a change of settings, in our words."""
    return ServiceRefused(
        f"The service refused the setting: {_words(error)}",
        code=str(error.get("code") or "setting_refused"),
        next_step="The old setting stays in force; hang up and call again to start with the new one.",
    )


def start_refused(error: Event) -> ServiceRefused:
    """The error about the settings that a call begins with, in our words."""
    said = _words(error)
    if error.get("code") == TOO_LARGE:
        return ServiceRefused(
            f"The call cannot begin with these settings: {said}",
            code="settings_too_large",
            next_step='Shorten the instructions or the tools, or use transport="comm".',
        )
    return ServiceRefused(
        f"The settings of this call were not taken: {said}",
        code=str(error.get("code") or "setting_refused"),
        next_step="The call goes on with the service's own; correct the setting and call again.",
    )


def _words(error: Event) -> str:
    return str(error.get("message") or error.get("code") or "it does not say why")
