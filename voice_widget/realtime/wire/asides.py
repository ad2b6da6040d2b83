"""Which responses are made beside the conversation. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

from voice_widget.realtime.wire.reading import part

MARK = "voice_widget_turn"
"""``metadata`` of a ``response.create``, by which its response is known."""
_MOST = 64


def apart(response: object) -> bool:
    """The ``response`` of a ``response.create`` is to be made beside the conversation."""
    return isinstance(response, Mapping) and response.get("conversation") == "none"


class _Asked(NamedTuple):
    event_id: str
    apart: bool
    metadata: Mapping[str, Any]

    def fits(self, response: Mapping[str, Any]) -> bool:
        """The response may be what was asked for; there are services that keep no metadata."""
        given = response.get("metadata")
        if not isinstance(given, Mapping):
            return True
        return bool(given) == bool(self.metadata) and self.metadata.items() <= given.items()


class Asides:
    """The responses of one call that somebody wanted beside the conversation.

    Such a response says that its ``conversation_id`` is null. So do all responses of a service that writes
    null for what it does not use: alone it means nothing.

    Args:
        shared: Others are in the call, and ask for responses unseen. Of theirs the null counts, once the
            service has named the conversation of another response.

    Example:
        >>> asides = Asides()
        >>> asides.has({"id": "resp_1", "conversation_id": None})
        False
        >>> asides.sent({"type": "response.create", "response": {"conversation": "none"}})
        >>> asides.has({"id": "resp_2", "conversation_id": None})
        True
    """

    def __init__(self, *, shared: bool = False) -> None:
        self._shared = shared
        self._names = False  # the service names the conversation where there is one
        self._open: deque[_Asked] = deque(maxlen=_MOST)
        self._known: deque[str] = deque(maxlen=_MOST)
        self._latest: tuple[Mapping[str, Any] | None, bool] = (None, False)

    def sent(self, event: Mapping[str, Any]) -> None:
        """A client event was sent, by us or by the page."""
        if event.get("type") != "response.create":
            return
        response = part(event, "response")
        asked = _Asked(str(event.get("event_id") or ""), apart(response), part(response, "metadata"))
        if not asked.apart:  # of those in the conversation a service makes one at a time
            self._drop(*(one for one in self._open if not one.apart))
            self._known.clear()  # a service may call each of its responses the same
        self._open.append(asked)

    def refused(self, event_id: str) -> None:
        """What asked for a response by this id gets none."""
        self._drop(*(one for one in self._open if event_id and one.event_id == event_id))

    def has(self, response: Mapping[str, Any]) -> bool:
        """The response that begins is beside the conversation; several ask this of the same object."""
        if self._latest[0] is not response:
            self._latest = (response, self._decides(response))
        return self._latest[1]

    def _decides(self, response: Mapping[str, Any]) -> bool:
        response_id, conversation = str(response.get("id") or ""), response.get("conversation_id", "")
        self._names = self._names or bool(conversation)
        beside = conversation is None
        if beside and response_id and response_id in self._known:
            return True
        fitting = [one for one in self._open if one.fits(response) and (beside or not one.apart)]
        if self._names:
            fitting.sort(key=lambda one: not one.apart)
        if beside and self._shared and self._names and not response.get("metadata"):
            fitting = [one for one in fitting if one.apart]  # unmarked it is not ours, or we asked for it so
        asked = fitting[0] if fitting else None
        if beside:
            beside = (self._shared and self._names) if asked is None else asked.apart
        if asked is not None:
            self._drop(asked)
        if beside:
            self._known.append(response_id)
        return beside

    def _drop(self, *asked: _Asked) -> None:
        for one in asked:
            self._open.remove(one)
