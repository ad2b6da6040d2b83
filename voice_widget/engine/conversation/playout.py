"""Which answers wait to be played or are being played to a WebRTC caller, and the events about it. Pure.

Capture of a sideband: `started` comes after the first pieces of the text, `stopped` after ``response.done``.
"""

from __future__ import annotations

from dataclasses import dataclass

from voice_widget.engine.conversation.actions import Action
from voice_widget.engine.conversation.items import Items
from voice_widget.engine.conversation.message import Message
from voice_widget.engine.conversation.wire import Wire


@dataclass
class _Playing:
    response_id: str
    message: Message
    started_ms: float | None = None


class Playout:
    """The answers whose audio is in the speaker, oldest first.

    Args:
        wire: Makes the events.
        items: The conversation, for cutting what was not heard.
    """

    def __init__(self, wire: Wire, items: Items) -> None:
        self._wire = wire
        self._items = items
        self._queue: list[_Playing] = []

    def __bool__(self) -> bool:
        return bool(self._queue)

    @property
    def sounding(self) -> bool:
        """Whether the caller hears something of it."""
        return any(playing.started_ms is not None for playing in self._queue)

    @property
    def item_id(self) -> str | None:
        """What sounds, or will be the next to."""
        return self._queue[0].message.id if self._queue else None

    def holds(self, response_id: str) -> bool:
        """Whether audio of this response is in the speaker."""
        return self._find(response_id) is not None

    def add(self, response_id: str, message: Message) -> None:
        """Audio of this response was made."""
        if not self.holds(response_id):
            self._queue.append(_Playing(response_id, message))

    def started(self, response_id: str, audio_ms: float) -> list[Action]:
        """The caller begins to hear it."""
        playing = self._find(response_id)
        if playing is None or playing.started_ms is not None:
            return []
        playing.started_ms = audio_ms
        return [self._event("started", response_id, audio_ms)]

    def drained(self, response_id: str, audio_ms: float) -> list[Action]:
        """The caller has heard all of it."""
        playing = self._find(response_id)
        if playing is None:
            return []
        self._queue.remove(playing)
        return [self._event("stopped", response_id, audio_ms)]

    def clear(self, played_ms: float | None, audio_ms: float | None) -> list[Action]:
        """All of it is thrown away. ``played_ms`` of the first was heard: the rest of it is cut.

        Documents: `cleared`, and a service cuts by itself what it plays; guess: in this order.
        Every answer that was in the speaker is told of, or nobody would know how it ended. Cutting at 0 ms is
        an error to many clients, so an answer of which nothing was heard is not cut but only cleared.
        """
        out: list[Action] = []
        for place, playing in enumerate(self._queue):
            heard = 0
            if place == 0 and playing.started_ms is not None:
                heard = int(min(played_ms or 0.0, playing.message.length_ms))
                if audio_ms is None:
                    # Playing is paced in real time, so the clock has gone on by what was played.
                    audio_ms = playing.started_ms + heard
            out.append(self._event("cleared", playing.response_id, audio_ms))
            playing.message.truncate(heard)
            if heard > 0 and self._items.find(playing.message.id) is not None:
                out.append(
                    self._wire.send(
                        "conversation.item.truncated",
                        item_id=playing.message.id,
                        content_index=0,
                        audio_end_ms=heard,
                    )
                )
        self._queue.clear()
        return out

    def _event(self, what: str, response_id: str, audio_ms: float | None) -> Action:
        clock = {} if audio_ms is None else {"audio_ms": round(audio_ms)}
        return self._wire.send(f"output_audio_buffer.{what}", response_id=response_id, **clock)

    def _find(self, response_id: str) -> _Playing | None:
        return next((playing for playing in self._queue if playing.response_id == response_id), None)
