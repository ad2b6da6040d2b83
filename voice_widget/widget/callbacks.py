"""Callbacks for what comes fast: the protocol's events."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from typing import Any

from voice_widget.tables.event_log import Entry
from voice_widget.threads.publisher import Publisher
from voice_widget.threads.work import Faults, log_failure, name_of

log = logging.getLogger("voice_widget")
BEHIND = 2_000
SPEECH = {
    "input_audio_buffer.speech_started": "speech_started",
    "input_audio_buffer.speech_stopped": "speech_stopped",
}
"""Events that have a name of their own in `VoiceWidget.on`."""
FAST = ("event", "agent_event", *SPEECH.values())


class Listener:
    """One callback. It may fall behind by so many events; what comes then is dropped and counted.

    `tell` is for one thread, that of the events; the function runs on the publisher's thread for callbacks.

    Args:
        function: The user's.
        publisher: Calls it.
        most: How far it may fall behind.
    """

    def __init__(self, function: Callable[[Any], Any], publisher: Publisher, most: int = BEHIND) -> None:
        self.function = function
        self._publisher, self._most = publisher, most
        # Each is counted up by one thread only, so that no lock is needed.
        self._told = self._taken = 0
        self._dropped = 0
        self._complained = False
        self._faults = Faults()

    def tell(self, value: dict[str, Any]) -> None:
        """Hand an event on, with the number of those that were dropped just before it."""
        if self._told - self._taken >= self._most:
            self._dropped += 1
            if not self._complained:
                self._complained = True
                log.warning(
                    "%s is %d events behind: events are dropped and counted until it catches up.",
                    name_of(self.function),
                    self._most,
                )
            return
        if self._publisher.call(self._take, {**value, "dropped": self._dropped}):
            self._told += 1
            self._dropped = 0
        else:
            self._dropped += 1

    def _take(self, value: dict[str, Any]) -> None:
        self._taken += 1
        try:
            self.function(value)
        except Exception as error:
            if self._faults.is_new(error):
                sentence = (
                    f"{name_of(self.function)} raised; this is logged once, and everything else goes on."
                )
                log_failure(sentence, error)


class Listeners:
    """All callbacks for the protocol's events."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._by_name: dict[str, list[Listener]] = {name: [] for name in FAST}

    def add(self, name: str, function: Callable[[Any], Any]) -> Callable[[], None]:
        """Call ``function`` at every such event; the result undoes it."""
        listener = Listener(function, self._publisher)
        self._by_name[name] = [*self._by_name[name], listener]

        def undo() -> None:
            self._by_name[name] = [other for other in self._by_name[name] if other is not listener]

        return undo

    def agent_event(self, told: dict[str, Any]) -> None:
        """Something has happened in the session of an agent of the Agents SDK."""
        for listener in self._by_name["agent_event"]:
            listener.tell(told)

    def hear(self, entry: Entry) -> None:
        """An event was kept."""
        for listener in self._by_name["event"]:
            listener.tell(_told(entry))
        own_name = SPEECH.get(entry.event["type"])
        if own_name is not None and entry.direction == "received":
            for listener in self._by_name[own_name]:
                listener.tell(_told(entry))


def _told(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "direction": entry.direction,
        "call_id": entry.call_id,
        "event": copy.deepcopy(entry.event),  # the users' to change; the log's own stays as it was
    }
