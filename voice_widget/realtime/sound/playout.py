"""The ledger of what was played on a websocket session, where the service does not know it.

A service that sends audio by WebSocket cannot say what the caller heard. The kernel can: it knows what came
and how far its player is. From these two the ledger makes the events that a service with a media path sends
by itself (``output_audio_buffer.*``), and the cut (``conversation.item.truncate``) after an interruption.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]
# Audio of a cut response may still be on its way; more responses than these are never in flight.
_REMEMBERED = 64


@dataclass
class _Segment:
    response_id: str
    item_id: str
    content_index: int
    start: float
    end: float


@dataclass(frozen=True)
class Cut:
    """What `Playout.clear` did.

    Attributes:
        events: ``output_audio_buffer.cleared`` for each response cut, for the session.
        requests: For the service, which believes that all of it was said: ``conversation.item.truncate`` for
            the item that was sounding, ``conversation.item.delete`` for those of which nothing was heard (to
            cut at zero is an error at some).
    """

    events: Sequence[Event] = ()
    requests: Sequence[Event] = ()


class Playout:
    """What was appended, and how far it was played. All positions are milliseconds.

    ``played`` is what the player has played since the ledger was made, pauses not counted; ``audio_ms``
    is the call's audio clock at the same moment.

    Example:
        >>> ledger = Playout()
        >>> ledger.append("resp_1", "item_1", 200.0)
        True
        >>> ledger.advance(50.0, 1050.0)
        [{'type': 'output_audio_buffer.started', 'response_id': 'resp_1', 'audio_ms': 1000}]
        >>> ledger.clear(60.0, 1060.0).requests[0]["audio_end_ms"]
        60
    """

    def __init__(self) -> None:
        self._segments: deque[_Segment] = deque()
        self._end = 0.0
        self._played = 0.0
        # When the last sample sounded: a response may be declared complete long after.
        self._dry_at = 0.0
        self._sounding: str | None = None
        self._making: dict[str, None] = {}
        self._beside: deque[str] = deque(maxlen=_REMEMBERED)
        self._latest: str | None = None  # the last that began
        self._complete: deque[str] = deque(maxlen=_REMEMBERED)
        self._over: deque[str] = deque(maxlen=_REMEMBERED)  # of these the ones whose beginning was seen
        self._cut: deque[str] = deque(maxlen=_REMEMBERED)
        # Items with a part that was played to its end.
        self._whole: deque[str] = deque(maxlen=_REMEMBERED)

    @property
    def pending_ms(self) -> float:
        """How much was appended and not played yet."""
        return self._end - self._played

    @property
    def played_ms(self) -> float:
        """How far the player is."""
        return self._played

    @property
    def holds(self) -> bool:
        """Something sounds or will: a player that ran dry in the midst of an answer counts."""
        return bool(self._segments)

    def begin(self, response: Mapping[str, Any], *, aside: bool = False) -> None:
        """A response is being made (``response.created``); it may be cut before any of its audio comes."""
        response_id = str(response.get("id") or "")
        if aside:
            self._beside.append(response_id)
            return  # beside the conversation: nobody talks over it
        if response_id in self._over or response_id in self._cut:
            self._begin_again(response_id)
        self._making[response_id] = None
        self._latest = response_id
        if len(self._making) > _REMEMBERED:
            del self._making[next(iter(self._making))]

    def refuses(self, response_id: str) -> bool:
        """This response was cut: what still comes of its audio is not to be played."""
        return self._of(response_id) in self._cut

    def refuse(self) -> None:
        """Take no more audio of what is being made or played; what was taken still plays."""
        for response_id in (*self._making, *(segment.response_id for segment in self._segments)):
            if response_id not in self._cut:
                self._cut.append(response_id)
        self._making.clear()

    def append(self, response_id: str, item_id: str, ms: float, content_index: int = 0) -> bool:
        """Audio has come. False: it belongs to a response that was cut; do not play it."""
        response_id = self._of(response_id)
        if response_id in self._cut:
            return False
        last = self._segments[-1] if self._segments else None
        if last is not None and (last.response_id, last.item_id, last.content_index) == (
            response_id,
            item_id,
            content_index,
        ):
            last.end += ms
        else:
            self._segments.append(_Segment(response_id, item_id, content_index, self._end, self._end + ms))
        self._end += ms
        return True

    def complete(self, response_id: str, audio_ms: float) -> list[Event]:
        """No more audio of this response will come (``response.done``).

        An end without an id, or by one that nothing had, is that of what is being made or played.
        """
        taken = [*self._making, *(segment.response_id for segment in self._segments)]
        known = response_id in taken or response_id in self._complete or response_id in self._beside
        for ended in dict.fromkeys((response_id,) if known else taken):
            if ended in self._making:
                del self._making[ended]
                self._over.append(ended)
            if ended not in self._complete:
                self._complete.append(ended)
        return self._settle(audio_ms)

    def advance(self, played: float, audio_ms: float) -> list[Event]:
        """The player is at ``played``. Never runs back, never beyond what was appended."""
        before = self._played
        self._played = min(max(before, played), self._end)
        if before < self._played == self._end:
            self._dry_at = audio_ms
        return self._settle(audio_ms)

    def clear(self, played: float, audio_ms: float, *, following: bool = True) -> Cut:
        """Drop what has not been played: the user interrupted. Empty when there is nothing to drop.

        Without the ``following`` answers only the first one is dropped, and they move up to its place.
        """
        before = self.advance(played, audio_ms)
        if not self._segments:
            return Cut(before)
        gone = list(self._segments)
        if not following:
            names = [segment.response_id for segment in gone]
            gone = gone[: len(names) - names[::-1].index(names[0])]
        responses = list(dict.fromkeys(segment.response_id for segment in gone))
        requests: dict[str, Event] = {}
        for segment in gone:
            # Rounded down: one millisecond beyond what exists is refused.
            heard = int(min(self._played, segment.end) - segment.start)
            place = {"item_id": segment.item_id}
            if segment.item_id in requests or segment.item_id in self._whole:
                continue
            if heard > 0:
                where = {**place, "content_index": segment.content_index, "audio_end_ms": heard}
                requests[segment.item_id] = {"type": "conversation.item.truncate", **where}
            else:
                requests[segment.item_id] = {"type": "conversation.item.delete", **place}
        moved = gone[-1].end - self._played
        self._segments = deque(list(self._segments)[len(gone) :])
        for segment in self._segments:
            segment.start, segment.end = segment.start - moved, segment.end - moved
        self._end = self._segments[-1].end if self._segments else self._played
        self._sounding = None
        self._cut.extend(response_id for response_id in responses if response_id not in self._cut)
        cleared = [_buffer("cleared", response_id, audio_ms) for response_id in responses]
        return Cut([*before, *cleared], list(requests.values()))

    def _of(self, response_id: str) -> str:
        """The response whose audio this is: what names none that is known is of the last that began."""
        if response_id in self._making or self._latest is None:
            return response_id
        if response_id in self._complete or response_id in self._beside or response_id in self._cut:
            return response_id
        if response_id and "" in self._making:  # it began without a name, and this is the name
            self._rename("", response_id)
            self._making = {response_id if name == "" else name: None for name in self._making}
            self._latest = response_id
        return self._latest

    def _begin_again(self, response_id: str) -> None:
        """A service calls each of its responses the same: the one until now gets another name."""
        self._rename(response_id, former(response_id))
        self._complete.append(former(response_id))
        for names in (self._complete, self._over, self._cut):
            if response_id in names:
                names.remove(response_id)

    def _rename(self, before: str, after: str) -> None:
        for segment in self._segments:
            if segment.response_id == before:
                segment.response_id = after
        if self._sounding == before:
            self._sounding = after

    def _settle(self, audio_ms: float) -> list[Event]:
        events: list[Event] = []
        while self._segments:
            segment = self._segments[0]
            # The player's reports come in steps: the sound began, and ended, that much before this one.
            if self._sounding != segment.response_id and self._played > segment.start:
                self._sounding = segment.response_id
                events.append(
                    _buffer("started", segment.response_id, audio_ms - (self._played - segment.start))
                )
            if self._played < segment.end:
                break
            following = self._segments[1].response_id if len(self._segments) > 1 else None
            if following is None and segment.response_id not in self._complete:
                break
            self._segments.popleft()
            self._whole.append(segment.item_id)
            if following != segment.response_id and self._sounding == segment.response_id:
                self._sounding = None
                ended = self._dry_at if following is None else audio_ms - (self._played - segment.end)
                events.append(_buffer("stopped", segment.response_id, ended))
        return events


def former(response_id: str) -> str:
    """What a response is called once another one has begun under its id."""
    return f"{response_id}, the former"


def _buffer(what: str, response_id: str, audio_ms: float) -> Event:
    return {
        "type": f"output_audio_buffer.{what}",
        "response_id": response_id,
        "audio_ms": max(0, round(audio_ms)),
    }


def delta_ms(event: Mapping[str, Any], bytes_per_ms: float = 48.0) -> float:
    """How long the audio of a ``response.output_audio.delta`` is, by the length of its base64 text.

    ``bytes_per_ms`` is 48 for PCM16 at 24 kHz, 8 for the two telephone formats.
    """
    text: str = event.get("delta") or ""
    size = len(text) * 3 // 4 - (text[-2:].count("=") if text else 0)
    return size / bytes_per_ms
